"""Making packages of Java installations."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.jvm.release import release, vendor_and_product, version
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.text import content
from cargohold.model import Package, Relationship, Scope
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 500_000
_FILES = 20_000  # of one installation; a development kit has some 500


class JvmCataloger:
    """Java installations. Facts: `detail["release"]`, see `release`."""

    name: ClassVar[str] = "jvm"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every file that is named `release`."""
        return Patterns(basenames=frozenset({b"release"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is not of a Java installation."""
        if b'="' not in file.head(64):
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        fields = release(data)
        if fields is None:
            return None
        return Facts([{"name": "java", "version": version(fields)}], {"release": fields})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(view, key, evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Return nothing: an installation says nothing of what it needs."""
        return iter(())


def _package(view: ImageView, key: dict[str, Any], evidence: FileFacts) -> Package:
    at = location(evidence)
    fields = evidence.facts.detail["release"]
    files = _files(view, evidence.path.rpartition(b"/")[0])
    has_compiler = any(path.endswith("/bin/javac") for path in files)
    vendor, product = vendor_and_product(fields, at.path, has_compiler=has_compiler)
    repository = fields.get("sourceRepo") or fields.get("buildSourceRepo", "")
    return Package(
        cataloger="jvm",
        type="binary",
        name=product,
        version=key["version"],
        purl=purl("generic", vendor, product, key["version"], {"repository_url": repository}),
        namespace=vendor,
        architecture=fields.get("osArch", ""),
        locations=(at,),
        files=files,
        metadata_type="java-jvm-installation",
        metadata={"release": fields},
    )


def _files(view: ImageView, directory: bytes) -> tuple[str, ...]:
    """Return the files of an installation, none for one at the root; what links lead to is another's.

    A hidden installation has none: what the merged image has at its place is not its own.
    """
    if view.scope is Scope.HIDDEN or not directory:
        return ()
    found: list[bytes] = []
    directories = [view.resolve(directory) or directory]
    while directories and len(found) < _FILES:
        parent = directories.pop()
        for name in view.children(parent):
            path = parent + b"/" + name
            if view.resolve(path) != path:
                continue
            if view.children(path):
                directories.append(path)
            else:
                found.append(path)
    return tuple("/" + to_text(path) for path in sorted(found[:_FILES]))
