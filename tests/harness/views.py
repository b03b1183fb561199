"""A file and an image in memory, as small as catalogers' tests need: no whiteouts, no hard links."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from analyze.catalogers.contract import Cataloger, Facts, FileFacts, Finding
from analyze.layer.content import HEAD, classify
from analyze.layer.matcher import Matcher
from cargohold.model import Distro, Package, Relationship, Scope


class MemoryFile:
    """A `LayerFile` over bytes."""

    def __init__(self, path: bytes, content: bytes) -> None:
        self.path = path
        self.size = len(content)
        self._content = content

    def head(self, size: int) -> bytes:
        return self._content[:size]

    def read(self, limit: int) -> bytes:
        if self.size > limit:
            raise ValueError(f"{self.size} bytes are more than {limit}")
        return self._content

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)


@dataclass(frozen=True)
class Link:
    """A symbolic link in a layer."""

    target: bytes


Layer = Mapping[bytes, bytes | Link]


def wants(cataloger: Cataloger, path: bytes, content: bytes) -> bool:
    """Tell whether a walk would show the file to the cataloger."""
    return bool(Matcher([cataloger]).match(path, content[:HEAD], classify(content[:HEAD])))


def extract(cataloger: Cataloger, path: bytes, content: bytes) -> Facts | None:
    """Run `extract` as a walk would: only on what the cataloger wants."""
    return cataloger.extract(MemoryFile(path, content)) if wants(cataloger, path, content) else None


class View:
    """An `ImageView` over layers that only add and replace."""

    def __init__(
        self,
        layers: Sequence[Layer],
        cataloger: Cataloger,
        distro: Distro | None = None,
        scope: Scope = Scope.VISIBLE,
        others: Sequence[Cataloger] = (),
    ) -> None:
        self.scope = scope
        self.distro = distro
        self._layers = layers
        self._facts = {one.name: self._extracted(one) for one in (cataloger, *others)}

    def _extracted(self, cataloger: Cataloger) -> list[FileFacts]:
        found: list[FileFacts] = []
        for number, layer in enumerate(self._layers):
            for entry, (path, content) in enumerate(layer.items()):
                if isinstance(content, Link):
                    continue
                facts = extract(cataloger, path, content)
                if facts is not None:
                    visible = not any(path in upper for upper in self._layers[number + 1 :])
                    digest = "sha256:" + hashlib.sha256(content).hexdigest()
                    found.append(FileFacts(path, number, entry, visible, digest, facts))
        return sorted(found, key=lambda one: (one.path, one.layer))

    def facts(self, cataloger: str) -> Iterator[FileFacts]:
        found = self._facts.get(cataloger, ())
        return (one for one in found if one.visible is (self.scope is not Scope.HIDDEN))

    def facts_at(self, cataloger: str, path: bytes, *, seen_from: int | None = None) -> FileFacts | None:
        top = len(self._layers) - 1 if seen_from is None else seen_from
        real = self._resolved(path, top)
        found = [facts for facts in self._facts.get(cataloger, ()) if facts.path == real and facts.layer <= top]
        return found[-1] if found else None

    def exists(self, path: bytes) -> bool:
        return self.resolve(path) is not None

    def resolve(self, path: bytes) -> bytes | None:
        return self._resolved(path, len(self._layers) - 1)

    def children(self, directory: bytes) -> Sequence[bytes]:
        prefix = directory + b"/" if directory else b""
        paths = {path for layer in self._layers for path in layer if path.startswith(prefix)}
        return sorted({path[len(prefix) :].partition(b"/")[0] for path in paths})

    def _resolved(self, path: bytes, top: int) -> bytes | None:
        merged = {name: content for layer in self._layers[: top + 1] for name, content in layer.items()}
        parts, done = path.split(b"/"), b""
        for _ in range(100):
            if not parts:
                break
            part = parts.pop(0)
            if part == b"..":
                done = done.rpartition(b"/")[0]
                continue
            at = done + b"/" + part if done else part
            target = merged.get(at)
            if isinstance(target, Link):
                parts = target.target.strip(b"/").split(b"/") + parts
                done = b"" if target.target.startswith(b"/") else done
            else:
                done = at
        return done if done in merged or any(name.startswith(done + b"/") for name in merged) else None


def findings(view: View, cataloger: Cataloger) -> list[Finding]:
    """Assemble, and give each package an id as the assembler does."""
    found = list(cataloger.assemble(view))
    for number, finding in enumerate(found):
        finding.package.id = f"{number:016x}"
    return found


def packages(layers: Sequence[Layer], cataloger: Cataloger, **options: object) -> dict[str, Package]:
    """Return the packages of an image by name."""
    view = View(layers, cataloger, **options)  # type: ignore[arg-type]
    return {finding.package.name: finding.package for finding in findings(view, cataloger)}


def related(layers: Sequence[Layer], cataloger: Cataloger) -> set[tuple[str, str]]:
    """Return (dependency, dependent) names of an image's relations."""
    view = View(layers, cataloger)
    found = [finding.package for finding in findings(view, cataloger)]
    names = {package.id: package.name for package in found}
    relations: list[Relationship] = list(cataloger.relate(view, found))
    assert all(relation.kind == "dependency-of" for relation in relations)
    return {(names[relation.parent], names[relation.child]) for relation in relations}
