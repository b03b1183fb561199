"""Packages that are one file, and packages that bring something to run.

Source of the vocabulary: BSI TR-03183-2, section 5.2.2: filename, executable, archive, structured. What
is not known for certain is None: a package of many files is neither an archive nor no archive.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from api.formats.facts.hashes import Hash, of_digest, stated
from cargohold.model import FileRecord, Package

_ARCHIVES = frozenset({"java-archive", "jenkins-plugin"})
_PLAIN = frozenset({"binary", "linux-kernel", "linux-kernel-module"})
_EXECUTABLE = frozenset({"elf", "pe", "script"})


@dataclass(frozen=True, slots=True)
class Artifact:
    """The file that a package is; `filename` is "" for a package that is not one file."""

    filename: str = ""
    path: str = ""
    hashes: tuple[Hash, ...] = ()
    executable: bool | None = None
    archive: bool | None = None
    structured: bool | None = None


def artifact(package: Package, executables: frozenset[str]) -> Artifact:
    """Return what is known of the file that a package is; `executables` are the paths of `runnable`."""
    place = next((at for at in package.locations if at.evidence == "primary"), None)
    if place is None or not _is_file(package):
        runs = True if any(path in executables for path in package.files) else None
        return Artifact(executable=runs)
    archive = package.type in _ARCHIVES
    return Artifact(
        filename=place.path.rpartition("/")[2],
        path=place.path,
        hashes=tuple(dict.fromkeys([*of_digest(place.digest), *stated(package)])),
        executable=None if archive else place.path in executables or None,
        archive=archive,
        structured=archive,
    )


def runnable(files: Iterable[FileRecord]) -> frozenset[str]:
    """Return the paths of an image that can be run: a format that runs, and a mode that allows it."""
    return frozenset(one.path for one in files if one.content in _EXECUTABLE and one.mode & 0o111)


def _is_file(package: Package) -> bool:
    metadata = package.metadata
    if package.type in _ARCHIVES:
        return ":" not in str(metadata.get("virtualPath", ""))  # an archive within another has no file of its own
    if package.type == "go-module":
        return metadata.get("mainModule") == package.name
    if package.type == "binary" or package.metadata_type == "dotnet-portable-executable-entry":
        return True
    return package.type in _PLAIN
