"""Making packages of pacman's local database."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.alpm.packages import package, relations
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import Lookup, sightings
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content, is_name
from cargohold.model import Package, Relationship

_LIMIT = 16 << 20
_FILE = rb"(?:.*/)?var/lib/pacman/local/[^/]+/(desc|files|mtree)"
_PATH = re.compile(_FILE, re.DOTALL)


class AlpmCataloger:
    """Packages that pacman installed, with the files that they own.

    Facts: `detail["kind"]` is desc, with `package` (see `desc.package`), files, with `files` and `backup`
    (see `desc.owned`), or mtree, with `files` (see `mtree.files`).
    """

    name: ClassVar[str] = "alpm"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the three files of each package."""
        return Patterns(paths=(_FILE,), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it lies elsewhere, or when a desc names no package."""
        from analyze.catalogers.alpm import desc, mtree

        match = _PATH.fullmatch(file.path)
        if match is None:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        detail: dict[str, Any] = {"kind": match[1].decode()}
        identity: list[dict[str, Any]] = []
        if match[1] == b"mtree":
            detail["files"] = mtree.files(data, reasons)
        elif match[1] == b"files":
            detail |= desc.owned(data, reasons)
        else:
            found = desc.package(data, reasons)
            if not is_name(found.get("package", "")):
                return Facts(unknowns=[*reasons.listed(), "no package has a name here"]) if data.strip() else None
            if "version" not in found:
                reasons.add("no %VERSION%")
            detail["package"] = found
            identity.append(
                {
                    "name": found["package"],
                    "version": found.get("version", UNKNOWN_VERSION),
                    "architecture": found.get("architecture", ""),
                }
            )
        return Facts(identity, detail, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the package of each desc, with what lies beside it."""
        lookup = Lookup(view, self.name)
        found = [one for one in lookup.found if one.facts.detail.get("kind") == "desc"]
        for evidence, _, key in sightings(view, self.name, found):
            directory = evidence.path.rpartition(b"/")[0]
            files, listed = (_read(lookup.at(directory + b"/" + name, evidence)) for name in (b"files", b"mtree"))
            yield Finding(package(evidence, files, listed, view.distro), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package depends on to it, within one database."""
        return relations(packages)


def _read(found: FileFacts | None) -> FileFacts | None:
    """Leave out what could not be read at all."""
    return found if found is not None and "kind" in found.facts.detail else None
