from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from cargohold.model import Location, Package, Relationship
from cargohold.paths import to_text


class ListCataloger:
    """Packages of files named `list`: one a word, `name:version`. `owned` gives files by package name."""

    name = "list"
    version = 1
    type = "deb"

    def __init__(self, owned: dict[str, tuple[str, ...]] | None = None) -> None:
        self.owned = owned or {}

    def patterns(self) -> Patterns:
        return Patterns(basenames=frozenset({b"list"}))

    def extract(self, file: LayerFile) -> Facts | None:
        return facts(*file.read(1 << 20).decode().split())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        for evidence in view.facts(self.name):
            for key in evidence.facts.identity:
                location = Location("/" + to_text(evidence.path), evidence.layer)
                yield Finding(
                    Package(
                        cataloger=self.name,
                        type=self.type,
                        name=key["name"],
                        version=key["version"],
                        purl=f"pkg:{self.type}/{view.distro.id if view.distro else ''}/{key['name']}",
                        locations=(location,),
                        files=self.owned.get(key["name"], ()),
                    ),
                    evidence,
                    key,
                )

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:
        return [Relationship(one.id, other.id, "dependency-of") for one, other in pairwise(packages)]


class FileCataloger(ListCataloger):
    """One package a file named `one`."""

    name = "one"
    type = "npm"

    def patterns(self) -> Patterns:
        return Patterns(basenames=frozenset({b"one"}))


class BrokenCataloger(ListCataloger):
    name = "broken"

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        raise RuntimeError("the cataloger's own fault")


def facts(*words: str, unknowns: tuple[str, ...] = ()) -> Facts:
    pairs = [word.split(":") for word in words]
    return Facts([{"name": name, "version": version} for name, version in pairs], {}, list(unknowns))


@pytest.fixture
def list_cataloger():
    return ListCataloger


@pytest.fixture
def file_cataloger():
    return FileCataloger


@pytest.fixture
def broken_cataloger():
    return BrokenCataloger


@pytest.fixture
def make_facts():
    return facts
