"""Making packages of PHP interpreters and extensions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.php_interpreter.reading import read
from cargohold.model import Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 512 << 20
_INTERPRETERS = frozenset({"php-cli-binary", "php-fpm-binary", "php-apache-binary"})
_PATHS = (
    rb"(?>(?:.*/)?)(?:php[0-9.]*|php-fpm[^/]*|(?:libphp|mod_php)[0-9.]*\.so)",
    rb"(?>(?:[^/]*/)*?php[^/]*/).*\.so",
)


class PhpInterpreterCataloger:
    """Interpreters and the shared objects below a directory named after PHP. Facts: see `reading`."""

    name: ClassVar[str] = "php_interpreter"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want what the docker images of PHP, Debian and Alpine call interpreters and extensions."""
        return Patterns(paths=_PATHS, max_size=_LIMIT, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one file."""
        return read(file)

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            at = location(evidence)
            # Syft's purl of the Apache module is php's own.
            name = "php" if key["name"] == "libphp" else key["name"]
            match = {
                "classifier": key["classifier"],
                "location": {"path": at.path, "accessPath": at.path, "annotations": {"evidence": "primary"}},
            }
            package = Package(
                cataloger="php_interpreter",
                type="binary",
                name=key["name"],
                version=key["version"],
                purl=purl("generic", "", name, key["version"]),
                locations=(at,),
                metadata_type="binary-signature",
                metadata={"matches": [match]},
            )
            yield Finding(package, evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate extensions to the interpreters that load them: those of the same build."""
        builds = {"/" + to_text(found.path): found.facts.detail.get("api", "") for found in view.facts(self.name)}
        interpreters = [package for package in packages if _classifier(package) in _INTERPRETERS]
        for extension in packages:
            if _classifier(extension) in _INTERPRETERS:
                continue
            build = builds.get(extension.locations[0].path)
            for interpreter in interpreters:
                theirs = builds.get(interpreter.locations[0].path)
                if not build or not theirs or build == theirs:
                    yield Relationship(extension.id, interpreter.id, "dependency-of")


def _classifier(package: Package) -> str:
    return str(package.metadata["matches"][0]["classifier"])
