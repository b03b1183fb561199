"""Reading the texts of licences, for the catalogers whose packages lie beside them. Makes no packages itself."""

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.license_text.matching import licenses
from analyze.catalogers.license_text.names import COPYRIGHT, EXTENSION, NAMES
from cargohold.model import Package, Relationship

_LIMIT = 16 << 20
_READ = 256 << 10  # bytes of a file that are looked at; longer ones are collections of others' licences
_DOCUMENT = re.compile(rb"(?:.*/)?usr/share/doc/[^/]+/copyright", re.DOTALL)
_COMMON = rb"usr/share/common-licenses/[^/]+"  # where Debian's packages link their LICENSE to
_MACHINE_READABLE = re.compile(rb"\s*Format(?:-Specification)?:", re.IGNORECASE)


class LicenseTextCataloger:
    """Texts of licences. Facts: `detail["licenses"]`, SPDX expressions; none for texts that are not known.

    Of Debian's copyright files only those in free form: the machine-readable ones name their licences (DEP-5).
    """

    name: ClassVar[str] = "license_text"
    version: ClassVar[int] = 2

    def patterns(self) -> Patterns:
        """Want files that are called after licences, Debian's copyright files and its common licences."""
        names = NAMES | {COPYRIGHT}
        return Patterns(basenames=names, extensions=frozenset({EXTENSION}), paths=(_COMMON,), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is of no licence that is known."""
        if file.size > _LIMIT:
            return Facts(unknowns=[f"larger than {_LIMIT} bytes"])
        copyrights = file.path.rpartition(b"/")[2] == COPYRIGHT
        if copyrights and (not _DOCUMENT.fullmatch(file.path) or _MACHINE_READABLE.match(file.head(256))):
            return None
        data = file.head(_READ)
        names = [] if b"\0" in data else licenses(data)
        return Facts(detail={"licenses": names}) if names else None

    def assemble(self, view: ImageView) -> Iterable[Finding]:  # noqa: ARG002
        """Make no packages: others look the facts up, see `beside`."""
        return ()

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Relate nothing."""
        return ()
