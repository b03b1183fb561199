"""Making packages of installed gems."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.prototypes import finding
from analyze.catalogers.ruby.relations import relations
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import content, decoded
from cargohold.model import License, Package, Relationship, Scope
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 4 << 20
_DIRECTORY = b"/specifications/"
_DEFAULT = b"/gems/default/"


class RubyCataloger:
    """Gems that RubyGems installed or Ruby brings along. Facts: `detail["gem"]`, see `gemspec`.

    A gemspec elsewhere is that of a source tree, and says nothing of what is installed.
    """

    name: ClassVar[str] = "ruby"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every gemspec."""
        return Patterns(extensions=frozenset({b"gemspec"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it lies elsewhere."""
        from analyze.catalogers.ruby.gemspec import specification

        if _DIRECTORY not in b"/" + file.path:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        gem = specification(decoded(data))
        if gem is None:
            return Facts(unknowns=["no literal name and version"])
        key = {"name": gem["name"], "version": gem["version"], "platform": gem.get("platform", "")}
        return Facts([key], {"gem": gem})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        texts = Texts(view)
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            directory = _directory(evidence.path)
            # A default gem's files lie where the interpreter was built to look, which its gemspec does not say.
            located = _DEFAULT not in directory and (view.scope is Scope.HIDDEN or view.exists(directory[1:]))
            make = partial(_package, key, evidence, directory, located=located)
            found = finding(evidence, position, key, make, (located,))
            found.package.licenses = texts.completed(found.package.licenses, evidence, directory[1:])
            yield found

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate the gems that a gem needs at run time to it."""
        return relations(packages)


def _package(key: dict[str, Any], evidence: FileFacts, directory: bytes, *, located: bool) -> Package:
    gem = evidence.facts.detail["gem"]
    at = location(evidence)
    prefix = to_text(directory) + "/"
    described = {field: value for field, value in gem.items() if field not in ("licenses", "files")}
    if _DEFAULT in directory:
        described["default"] = True
    if not located and "files" in gem:
        described["files"] = gem["files"]
    return Package(
        cataloger="ruby",
        type="gem",
        language="ruby",
        name=gem["name"],
        version=gem["version"],
        purl=purl("gem", "", gem["name"], gem["version"], {"platform": key["platform"]}),
        licenses=tuple(License(value, expression(value), path=at.path) for value in gem.get("licenses", ())),
        locations=(at,),
        files=tuple(dict.fromkeys(prefix + path for path in gem.get("files", ()))) if located else (),
        metadata_type="ruby-gemspec",
        metadata=described,
    )


def _directory(gemspec: bytes) -> bytes:
    """Return where a gem's files are, with a leading "/"."""
    home, _, below = (b"/" + gemspec).rpartition(_DIRECTORY)
    return home + b"/gems/" + below.removesuffix(b".gemspec")
