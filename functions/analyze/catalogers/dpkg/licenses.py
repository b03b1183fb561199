"""What a package's copyright file says of its licences, and why there is nothing to say.

Machine-readable files (DEP-5) name licences; of the others, the paths below `/usr/share/common-licenses` name some, and
their texts and notices are read by `license_text`.
"""

from dataclasses import dataclass

from analyze.catalogers.contract import FileFacts
from analyze.catalogers.license_text import concluded as concluded_of
from analyze.catalogers.spdx import expression
from cargohold.model import License
from cargohold.paths import to_text

NO_FILE = "no copyright file"
NO_NAME = "the copyright file names no licence that is known"


@dataclass(frozen=True, slots=True)
class Stated:
    """The licences, and "" or the reason why there are none."""

    licenses: tuple[License, ...]
    reason: str


def stated(found: FileFacts | None, text: FileFacts | None) -> Stated:
    """Return what `found`, the facts of the copyright file, and `text`, those of its text, say.

    A path to a licence says its version; whether later ones are allowed too, says the notice beside it.
    """
    if found is None:
        return Stated((), NO_FILE)
    at = "/" + to_text(found.path)
    concluded = {} if text is None else {one.spdx_expression: one for one in concluded_of(text)}
    declared = []
    for value in found.facts.detail.get("licenses", ()):
        said = expression(value, "debian")
        later = said.removesuffix("-only") + "-or-later"
        if said.endswith("-only") and said not in concluded and later in concluded:
            said = later
        declared.append(License(value, said, path=at))
        concluded.pop(said, None)
    licenses = (*declared, *concluded.values())
    return Stated(licenses, "" if licenses else NO_NAME)
