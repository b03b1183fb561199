"""Where the local Postgres keeps its files, and as whom it runs.

An ordinary user's is below the user's own CARGOHOLD_HOME. Postgres refuses to run as root, so root's
runs as `postgres` or `nobody`, with its files under /var/lib/cargohold, because that user could not
reach a directory below /root. Permissions of directories that are not ours are never changed.
"""

import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cargohold.errors import LocalPostgresFailed

SHARED = Path("/var/lib/cargohold")
SOCKET = ".s.PGSQL.5432"

_SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7), without its closing zero


@dataclass(frozen=True, slots=True)
class Place:
    """The directories of one server and the account that owns and runs them."""

    directory: Path
    account: pwd.struct_passwd

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.directory / "log" / "postgres.log"

    @property
    def sockets(self) -> Path:
        """The directory of the socket, elsewhere when the path would be too long for one."""
        directory = self.directory / "run"
        if len(os.fsencode(directory / SOCKET)) <= _SOCKET_PATH_LIMIT:
            return directory
        return Path(tempfile.gettempdir()) / f"cargohold-{self.account.pw_uid}-{_hash(self.directory)}"

    @property
    def configuration(self) -> Path:
        """The directory of its configuration, which the server may read but not change."""
        return self.directory / "configuration"

    @property
    def for_another(self) -> bool:
        """Whether the server runs as another user than we do."""
        return self.account.pw_uid != os.geteuid()

    @property
    def borrowed(self) -> bool:
        """Whether all of it belongs to another user: to be used while it runs, and left alone otherwise.

        What root writes into a directory of somebody else can be led astray by links.
        """
        return self.for_another and self.directory.stat().st_uid != os.geteuid()

    def prepare(self) -> None:
        """Make the directories that are missing."""
        for directory in (*reversed(self.directory.parents), self.directory, self.configuration):
            if not directory.exists():
                directory.mkdir(exist_ok=True)
                if self.for_another:
                    directory.chmod(0o755)  # whatever the umask, the server's user passes through
        for directory in (self.data, self.sockets, self.log.parent):
            self.own(directory)

    def own(self, directory: Path) -> None:
        """Make `directory`, for the server alone; raises `LocalPostgresFailed` when it is someone else's."""
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            found = directory.lstat()
            # In a directory that others may write to, the name could be theirs.
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (self.account.pw_uid, os.geteuid()):
                raise LocalPostgresFailed(reason=f"{directory} belongs to someone else") from None
            if found.st_uid != os.geteuid():
                if found.st_mode & 0o077:
                    raise LocalPostgresFailed(reason=f"{directory} is open to others") from None
                return
        directory.chmod(0o700)
        if self.for_another:
            os.chown(directory, self.account.pw_uid, self.account.pw_gid)


def place_of(home: Path, shared: Path = SHARED) -> Place:
    """Return the place of the server of `home`; raises `LocalPostgresFailed`."""
    home = home.expanduser().resolve()  # as /proc shows it
    if os.geteuid() != 0:
        return Place(home / "postgres", _account(os.geteuid()))
    owned = home / "postgres" / "data"
    if owned.exists() and owned.stat().st_uid != 0:
        return Place(home / "postgres", _account(owned.stat().st_uid))
    for name in ("postgres", "nobody"):
        try:
            return Place(shared.resolve() / _hash(home), pwd.getpwnam(name))
        except KeyError:
            continue
    raise LocalPostgresFailed(reason="it does not run as root, and there is no user 'postgres' or 'nobody'")


def _account(user: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(user)
    except KeyError:
        raise LocalPostgresFailed(reason=f"the user {user} has no name, and Postgres needs one") from None


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
