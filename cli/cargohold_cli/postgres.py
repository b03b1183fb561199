"""The Postgres of one machine: started when needed, reachable by its own user only, kept running.

The server listens on a Unix socket in a directory of mode 0700 and nowhere else, and accepts, by
peer credentials, its own user and the one who started it. `postgres_place` says where it keeps its
files and as whom it runs.
"""

import fcntl
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cargohold.errors import LocalPostgresFailed
from cargohold_cli.postgres_binaries import Binaries, find, reachable
from cargohold_cli.postgres_place import SHARED, SOCKET, place_of

SUPERUSER = "cargohold"

_START_SECONDS = 60
_LOG_BYTES = 1 << 20
_PROCESSES = Path("/proc/self")  # absent where the system has no such view
# Length and code of SSLRequest: PostgreSQL documentation, "Message Formats".
_SSL_REQUEST = bytes.fromhex("00000008 04d2162f")

# Small: some 30 MB resident when idle. Durable: fsync stays on.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "64MB",
    "work_mem": "16MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What `cargohold doctor` shows. `pid` is 0 when nothing runs, `major` when there is no data yet."""

    running: bool
    pid: int
    major: int
    directory: Path


class LocalPostgres:
    """The server that belongs to a CARGOHOLD_HOME. Methods raise `LocalPostgresFailed`."""

    def __init__(
        self,
        home: Path,
        *,
        shared: Path = SHARED,
        settings: Mapping[str, str] | None = None,
        find_binaries: Callable[[int | None], Binaries] = find,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._place = place_of(home, shared)
        self._shared = shared
        self._settings = _SETTINGS | dict(settings or {})
        self._find_binaries = find_binaries
        self._progress = progress

    @property
    def url(self) -> str:
        """The DATABASE_URL of the server."""
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(self._place.sockets), safe='')}"

    def start(self) -> str:
        """Start the server unless it runs already, and return its DATABASE_URL."""
        if self._answers():
            return self.url
        self._refuse_borrowed()
        self._place.prepare()
        with self._lock():
            if not self._answers():  # another command may have started it meanwhile
                binaries = self._binaries()
                if not (self._place.data / "PG_VERSION").exists():
                    self._initialize(binaries)
                self._write_configuration()
                self._launch(binaries)
        return self.url

    def stop(self) -> None:
        """Stop the server, breaking off what it does; nothing happens when it does not run."""
        if not self._pid():
            return
        self._refuse_borrowed()
        with self._lock():
            if self._pid():
                self._run([self._binaries().directory / "pg_ctl", "-D", self._place.data, "-m", "fast", "-w", "stop"])

    def status(self) -> Status:
        """Return what is known without starting anything."""
        directory = self._place.directory
        return Status(running=self._answers(), pid=self._pid(), major=self._data_major() or 0, directory=directory)

    def _refuse_borrowed(self) -> None:
        if self._place.directory.exists() and self._place.borrowed:
            name = self._place.account.pw_name
            raise LocalPostgresFailed(reason=f"{self._place.directory} is {name}'s: run the command as {name}")

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self._place.directory / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _binaries(self) -> Binaries:
        binaries = self._find_binaries(self._data_major())
        if not self._place.for_another:
            return binaries
        account = self._place.account
        return reachable(binaries, account.pw_uid, account.pw_gid, self._shared / "binaries")

    def _data_major(self) -> int | None:
        try:
            return int((self._place.data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None

    def _pid_file(self) -> list[str]:
        try:
            return (self._place.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _pid(self) -> int:
        lines = self._pid_file()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        if not pid:
            return 0
        if _PROCESSES.exists():
            return pid if pid in _processes_in(self._place.data) else 0
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return 0
        return pid

    def _answers(self) -> bool:
        # Line 8 of postmaster.pid is the state: PostgreSQL, src/include/utils/pidfile.h.
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                # The kernel accepts for a process that is dying; only a live one answers.
                connection.connect(str(self._place.sockets / SOCKET))
                connection.sendall(_SSL_REQUEST)
                return connection.recv(1) in (b"N", b"S")
            except OSError:
                return False

    def _initialize(self, binaries: Binaries) -> None:
        self._progress(f"Preparing the local database (Postgres {binaries.major}), once")
        # Under another name until it is whole: initdb may be killed.
        partial = self._place.directory / "data.partial"
        if partial.exists():
            shutil.rmtree(partial)
        self._place.own(partial)
        command: list[str | Path] = [binaries.directory / "initdb", "-D", partial, "-U", SUPERUSER, "-A", "reject"]
        self._run([*command, "-E", "UTF8", "--no-locale", "--no-instructions"])
        partial.rename(self._place.data)

    def _write_configuration(self) -> None:
        directory = self._place.configuration
        files = {"hba_file": directory / "pg_hba.conf", "ident_file": directory / "pg_ident.conf"}
        settings = self._settings | {name: str(path) for name, path in files.items()}
        quoted = {name: value.replace("'", "''") for name, value in settings.items()}
        users = {self._place.account.pw_name, *(pwd.getpwuid(user).pw_name for user in (0, os.geteuid()))}
        for name, lines in {
            "pg_hba.conf": [f"local all {SUPERUSER} peer map=cargohold"],
            "pg_ident.conf": [f'cargohold "{user}" {SUPERUSER}' for user in sorted(users)],
            "postgresql.conf": [f"{key} = '{value}'" for key, value in quoted.items()],
        }.items():
            path = directory / name
            path.write_text("\n".join([*lines, ""]))
            path.chmod(0o644)

    def _launch(self, binaries: Binaries) -> None:
        self._progress("Starting the local database")
        data, log = self._place.data, self._place.log
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        command: list[str | Path] = [binaries.directory / "pg_ctl", "-D", data, "-l", log, "-w"]
        options = ["-k", self._place.sockets, "-c", f"config_file={self._place.configuration / 'postgresql.conf'}"]
        command += ["-t", str(_START_SECONDS), "-o", shlex.join(map(str, options)), "start"]
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():  # a start that was broken off may succeed after all
            began = log.stat().st_size if log.exists() else 0
            try:
                self._run(command)
            except LocalPostgresFailed as error:
                # After kill -9 the server's own processes need a moment to notice; and the number in
                # its lock files, by now someone else's, makes it refuse although nobody uses the data.
                survivors = _processes_in(data)
                locks = [data / "postmaster.pid", self._place.sockets / f"{SOCKET}.lock"]
                stale = [lock for lock in locks if lock.exists() and _PROCESSES.exists()]
                if not (survivors or stale) or time.monotonic() > deadline:
                    raise LocalPostgresFailed(reason=f"{error.fields['reason']} {_tail(log, began)}") from None
                if not survivors:
                    for lock in stale:
                        lock.unlink(missing_ok=True)
                time.sleep(0.2)

    def _run(self, command: Sequence[str | Path]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment |= {"LC_ALL": "C", "HOME": str(self._place.directory)}
        account, another = self._place.account, self._place.for_another
        # A file, not a pipe: the server inherits its end and a reader would wait for the server's.
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._place.directory,
                check=False,
                user=account.pw_uid if another else None,
                group=account.pw_gid if another else None,
                extra_groups=() if another else None,
            )
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
        if result.returncode:
            raise LocalPostgresFailed(reason=f"{Path(command[0]).name} failed: {' '.join(text.split())[-600:]}")


def start(home: Path, *, progress: Callable[[str], None] = lambda _: None) -> str:
    """Start the server of `home` unless it runs, and return its DATABASE_URL."""
    return LocalPostgres(home, progress=progress).start()


def stop(home: Path) -> None:
    """Stop the server of `home` if it runs."""
    LocalPostgres(home).stop()


def status(home: Path) -> Status:
    """Return the state of the server of `home`."""
    return LocalPostgres(home).status()


def _processes_in(directory: Path) -> set[int]:
    # Every process of a Postgres works in its data directory; a number alone may be another's by now.
    found = set()
    for process in _PROCESSES.parent.glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == directory:
                found.add(int(process.name))
        except OSError:
            continue
    return found


def _tail(log: Path, offset: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(offset)
        return " ".join(file.read(4000).decode(errors="replace").split())
