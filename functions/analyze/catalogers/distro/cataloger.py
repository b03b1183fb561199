"""Reading the files that name a distribution."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.distro import files
from analyze.catalogers.text import content, decoded
from cargohold.model import Package, Relationship

_LIMIT = 5 << 20  # a BusyBox executable is the largest of them
_RELEASE_FILES = (
    "redhat centos fedora rocky almalinux oracle enterprise system sl mariner azurelinux photon amazon suse sles"
)


def _version(text: str) -> dict[str, str]:
    line = files.first_line(text)[:200]
    return {"version": line} if line else {}


_READERS: dict[bytes, Callable[[str], dict[str, str]]] = {
    b"os-release": files.assignments,
    b"initrd-release": files.assignments,
    b"lsb-release": files.assignments,
    b"debian_version": _version,
    b"alpine-release": _version,
    b"system-release-cpe": files.cpe,
    **{f"{name}-release".encode(): files.release for name in _RELEASE_FILES.split()},
}


class DistroCataloger:
    """The distribution, for the image's reduce to choose from; it makes no packages.

    Facts: `detail["file"]` is the base name (os-release, debian_version, alpine-release, lsb-release,
    redhat-release, ..., system-release-cpe, busybox), `detail["fields"]` what it says, see `files`.
    """

    name: ClassVar[str] = "distro"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the release files and BusyBox."""
        return Patterns(basenames=frozenset({*_READERS, b"busybox"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it says nothing."""
        name = file.path.rpartition(b"/")[2]
        if name != b"busybox" and name not in _READERS:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        fields = files.busybox(data) if name == b"busybox" else _READERS[name](decoded(data))
        return Facts(detail={"file": name.decode(), "fields": fields}) if fields else None

    def assemble(self, view: ImageView) -> Iterable[Finding]:  # noqa: ARG002
        """Return nothing: a distribution is no package."""
        return ()

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Return nothing."""
        return ()
