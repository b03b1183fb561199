"""The Postgres of one machine: started when needed, reachable by its own user only, kept running.

The server listens on a Unix socket in a directory of mode 0700 and nowhere else, and accepts by peer
credentials its own user and the one who started it. Postgres refuses to run as root, so root starts
it as `postgres` or `nobody`, with the data under /var/lib/cargohold, because that user could not
reach a directory below /root. Permissions of directories that are not ours are never changed.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import socket
import stat
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

SHARED = Path("/var/lib/cargohold")
SUPERUSER = "cargohold"

_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), without its closing zero
_START_SECONDS = 60
_LOG_BYTES = 1 << 20

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
        home = home.expanduser().resolve()  # as /proc shows it
        self._shared = shared = shared.resolve()
        self._settings = _SETTINGS | dict(settings or {})
        self._find_binaries = find_binaries
        self._progress = progress
        self._directory = home / "postgres"
        self._account = _own_account()
        if os.geteuid() == 0:
            self._account, self._directory = _account_of_root(home, shared)
        self._data = self._directory / "data"
        self._sockets = self._socket_directory()

    @property
    def url(self) -> str:
        """The DATABASE_URL of the server."""
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(self._sockets), safe='')}"

    def start(self) -> str:
        """Start the server unless it runs already, and return its DATABASE_URL."""
        if self._answers():
            return self.url
        self._prepare_directories()
        with self._lock():
            if not self._answers():  # another command may have started it meanwhile
                binaries = self._binaries()
                if not (self._data / "PG_VERSION").exists():
                    self._initialize(binaries)
                self._write_configuration()
                self._launch(binaries)
        return self.url

    def stop(self) -> None:
        """Stop the server, breaking off what it does; nothing happens when it does not run."""
        if not self._pid():
            return
        with self._lock():
            if self._pid():
                self._run([self._binaries().directory / "pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop"])

    def status(self) -> Status:
        """Return what is known without starting anything."""
        pid = self._pid()
        return Status(running=self._answers(), pid=pid, major=self._data_major() or 0, directory=self._directory)

    # Where things are ------------------------------------------------------------------------

    def _socket_directory(self) -> Path:
        directory = self._directory / "run"
        if len(os.fsencode(directory / _SOCKET)) <= _SOCKET_PATH_LIMIT:
            return directory
        name = f"cargohold-{self._account.pw_uid}-{_hash(self._directory)}"
        return Path(tempfile.gettempdir()) / name

    def _prepare_directories(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        for directory in (self._data, self._sockets, self._directory / "log"):
            try:
                directory.mkdir(mode=0o700)
            except FileExistsError:
                found = directory.lstat()
                # In a directory that others may write to, the name could be theirs.
                if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (self._account.pw_uid, os.geteuid()):
                    raise LocalPostgresFailed(reason=f"{directory} belongs to someone else") from None
                if found.st_uid == self._account.pw_uid:
                    continue
            directory.chmod(0o700)
            if self._account.pw_uid != os.geteuid():
                os.chown(directory, self._account.pw_uid, self._account.pw_gid)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self._directory / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _binaries(self) -> Binaries:
        binaries = self._find_binaries(self._data_major())
        if self._account.pw_uid == os.geteuid():
            return binaries
        return reachable(binaries, self._account.pw_uid, self._account.pw_gid, self._shared / "binaries")

    def _data_major(self) -> int | None:
        try:
            return int((self._data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None

    # Whether it runs -------------------------------------------------------------------------

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _pid(self) -> int:
        # The directory of every Postgres process is its data directory; a number alone may be another's by now.
        lines = self._pid_file()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        if not pid:
            return 0
        if Path("/proc/self/cwd").exists():
            return pid if pid in _processes_in(self._data) else 0
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return 0
        except PermissionError:
            return pid
        return pid

    def _answers(self) -> bool:
        # Line 8 of postmaster.pid is the state: PostgreSQL, src/include/utils/pidfile.h.
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self._sockets / _SOCKET))
            except OSError:
                return False
        return True

    # Making and starting ---------------------------------------------------------------------

    def _initialize(self, binaries: Binaries) -> None:
        self._progress(f"Preparing the local database (Postgres {binaries.major}), once")
        for leftover in self._data.iterdir():  # of an initialization that was killed
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        command: list[str | Path] = [binaries.directory / "initdb", "-D", self._data, "-U", SUPERUSER, "-A", "reject"]
        self._run([*command, "-E", "UTF8", "--no-locale", "--no-instructions"])

    def _write_configuration(self) -> None:
        users = {self._account.pw_name, _name_of(os.geteuid())}
        quoted = {name: value.replace("'", "''") for name, value in self._settings.items()}
        for name, lines in {
            "pg_hba.conf": [f"local all {SUPERUSER} peer map=cargohold"],
            "pg_ident.conf": [f'cargohold "{user}" {SUPERUSER}' for user in sorted(users)],
            "postgresql.conf": [f"{key} = '{value}'" for key, value in quoted.items()],
        }.items():
            path = self._data / name
            path.write_text("\n".join([*lines, ""]))
            if self._account.pw_uid != os.geteuid():
                os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _launch(self, binaries: Binaries) -> None:
        self._progress("Starting the local database")
        log = self._directory / "log" / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        command: list[str | Path] = [
            binaries.directory / "pg_ctl",
            "-D",
            self._data,
            "-l",
            log,
            "-w",
            "-t",
            str(_START_SECONDS),
        ]
        command += ["-o", f"-k {shlex.quote(str(self._sockets))}", "start"]
        deadline = time.monotonic() + _START_SECONDS
        while True:
            began = log.stat().st_size if log.exists() else 0
            try:
                self._run(command)
            except LocalPostgresFailed as error:
                # After kill -9 the server's own processes need a moment to notice; and the number in
                # its pid file, by now someone else's, makes it refuse although nobody uses the data.
                survivors = _processes_in(self._data)
                stale = (self._data / "postmaster.pid").exists()
                if not (survivors or stale) or time.monotonic() > deadline:
                    raise LocalPostgresFailed(reason=f"{error.fields['reason']} {_tail(log, began)}") from None
                if not survivors:
                    self._remove_stale_pid_file(error)
                time.sleep(0.2)
            else:
                return

    def _remove_stale_pid_file(self, error: LocalPostgresFailed) -> None:
        if not Path("/proc/self/cwd").exists():
            raise error
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, command: Sequence[str | Path]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment |= {"LC_ALL": "C", "HOME": str(self._directory)}
        others = self._account.pw_uid != os.geteuid()
        # A file, not a pipe: the server inherits its end and a reader would wait for the server's.
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._data,
                check=False,
                user=self._account.pw_uid if others else None,
                group=self._account.pw_gid if others else None,
                extra_groups=() if others else None,
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


def _account_of_root(home: Path, shared: Path) -> tuple[pwd.struct_passwd, Path]:
    owned = home / "postgres" / "data"
    if owned.exists() and owned.stat().st_uid != 0:
        return pwd.getpwuid(owned.stat().st_uid), home / "postgres"  # root acts for the user whose data it is
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name), shared / _hash(home)
        except KeyError:
            continue
    raise LocalPostgresFailed(reason="it does not run as root, and there is no user 'postgres' or 'nobody'")


def _own_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(os.geteuid())
    except KeyError:
        raise LocalPostgresFailed(reason=f"the user {os.geteuid()} has no name; Postgres needs one") from None


def _name_of(user: int) -> str:
    return pwd.getpwuid(user).pw_name


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _processes_in(directory: Path) -> set[int]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
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
