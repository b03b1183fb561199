"""What an analysis can be rendered as. SBOMs are made on request from the documents, never stored.

A format is a module with `render(reader, request)`, which yields parts of bytes: the same analysis and
the same request give the same bytes, and of an image nothing but its list of packages is held in memory.
This module is light, so that a command line is read without importing any of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from cargohold.model import Scope

if TYPE_CHECKING:
    from api.analyses import AnalysisReader

SCOPES: dict[str, tuple[Scope, ...]] = {scope.value: (scope,) for scope in Scope} | {"all": tuple(Scope)}


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name: the module that renders it, and its versions, the default first."""

    name: str
    module: str
    about: str
    versions: tuple[str, ...] = ()


FORMATS = {
    one.name: one
    for one in (
        Format("table", "table", "packages and unknowns for people"),
        Format("json", "native", "packages, relationships and unknowns as Cargohold keeps them"),
        Format("syft-json", "syft_json", "Syft's own JSON"),
        Format("cyclonedx-json", "cyclonedx", "CycloneDX", ("1.6", "1.7", "1.5")),
        Format("spdx-json", "spdx", "SPDX", ("2.3", "3.0.1")),
        Format("spdx-tag-value", "spdx.tag_value", "SPDX as text", ("2.3",)),
    )
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A format in one of its versions; `version` is "" for a format that has none."""

    format: Format
    version: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of an analysis beside its format.

    `registry` and `repository` name the image, "" when no name is known; `creator` is the address (e-mail
    or URL) of who makes the SBOM.
    """

    scope: Literal["visible", "hidden", "declared", "all"] = "visible"
    registry: str = ""
    repository: str = ""
    creator: str = ""
    version: str = ""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes that `scope` means."""
        return SCOPES[self.scope]


def choose(text: str) -> Choice:
    """Return the format that `FORMAT` or `FORMAT@VERSION` names; raises `ValueError` that lists what there is."""
    name, at, version = text.partition("@")
    if name not in FORMATS:
        raise ValueError(f"there is no format {name!r}; choose from {', '.join(FORMATS)}")
    versions = FORMATS[name].versions
    if at and version not in versions:
        known = f"its versions are {', '.join(versions)}" if versions else "it has no versions"
        raise ValueError(f"there is no {name} {version!r}; {known}")
    return Choice(FORMATS[name], version or (versions[0] if versions else ""))


def render(choice: Choice, reader: "AnalysisReader", request: Request) -> Iterator[bytes]:
    """Render an analysis; yields parts of bytes, and raises what reading its documents raises."""
    from dataclasses import replace

    from api.formats.scoped import Scoped

    module = import_module(f"api.formats.{choice.format.module}")
    parts: Iterator[bytes] = module.render(Scoped(reader, request.scopes), replace(request, version=choice.version))
    return parts
