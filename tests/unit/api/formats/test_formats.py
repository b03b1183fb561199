"""What all formats have in common: names and versions, scopes, and the same bytes for the same image."""

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.analyses import EPOCH, analysis_id, package, store_analysis
from tests.harness.renderings import IMAGE, MemoryAnalysis, head, numbered, rendered

from api.analyses import StoredAnalysis
from api.formats import FORMATS, Request, choose, render
from cargohold.model import FileRecord, Package, Relationship, Scope, Unknown
from cargohold.objects.drivers.memory import MemoryStore

EVERY = [
    f"{one.name}@{version}" if version else one.name for one in FORMATS.values() for version in one.versions or ("",)
]


def sample() -> MemoryAnalysis:
    scopes = [Scope.VISIBLE] * 20 + [Scope.DECLARED, Scope.HIDDEN]
    packages = numbered(
        package(f"p{number}", scope=scope, licenses=(), metadata={"author": f"Author {number} <a{number}@b.example>"})
        for number, scope in enumerate(scopes)
    )
    ids = [one.id for one in packages]
    related = [Relationship(ids[number], ids[(number * 7 + 1) % 20], "dependency-of") for number in range(20)]
    unknowns = [Unknown(f"/x{number}", number % 2, "npm", "odd") for number in range(5)]
    return MemoryAnalysis(head(), packages, related, (), unknowns)


def names(content: bytes) -> set[str]:
    return {row["name"] for row in json.loads(content)["packages"]}


def test_a_format_is_chosen_by_name_and_version() -> None:
    assert (choose("cyclonedx-json").version, choose("cyclonedx-json@1.7").version) == ("1.6", "1.7")
    assert (choose("spdx-json").version, choose("table").version) == ("2.3", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("xml", "there is no format 'xml'; choose from table, json, syft-json, cyclonedx-json"),
        ("spdx-json@2.2", "its versions are 2.3, 3.0.1"),
        ("table@1", "it has no versions"),
        ("spdx-json@", "its versions are 2.3, 3.0.1"),
        ("", "choose from"),
    ],
)
def test_a_wrong_choice_lists_the_right_ones(text: str, words: str) -> None:
    with pytest.raises(ValueError) as raised:
        choose(text)
    assert words in str(raised.value)


def test_scopes_choose_packages_and_what_relates_them() -> None:
    reader = sample()
    assert len(names(rendered(reader, "json"))) == 20
    assert names(rendered(reader, "json", scope="declared")) == {"p20"}
    assert names(rendered(reader, "json", scope="hidden")) == {"p21"}
    assert len(names(rendered(reader, "json", scope="all"))) == 22
    assert json.loads(rendered(reader, "json", scope="hidden"))["relationships"] == []


def test_of_packages_with_one_id_the_first_is_kept() -> None:
    twice = [package("a", id="1" * 16), package("a", id="1" * 16, scope=Scope.HIDDEN)]
    assert len(json.loads(rendered(MemoryAnalysis(head(), twice), "json", scope="all"))["packages"]) == 1


def test_the_table_shows_unknowns_and_no_control_characters() -> None:
    reader = MemoryAnalysis(head(), [package("evil\x1b[2J")], all_unknowns=[Unknown("/a", 0, "npm", "no\x07name")])
    assert rendered(reader, "table").decode() == (
        "NAME          VERSION  TYPE\nevil\\x1b[2J   1        npm\n\nNOT READ  REASON\n/a        no\\x07name\n"
    ).replace("[2J   1", "[2J  1").replace("NAME          VERSION", "NAME         VERSION")
    assert "SCOPE" in rendered(reader, "table", scope="all").decode()
    assert rendered(MemoryAnalysis(head()), "table") == b"No packages found.\n"


@pytest.mark.parametrize("name", EVERY)
def test_what_is_stored_renders_as_what_was_found(name: str) -> None:
    found: list[Package] = numbered([package("a"), package("b")])
    store = MemoryStore()
    identifier = analysis_id(EPOCH)
    store_analysis(store, IMAGE, identifier, found)
    stored = StoredAnalysis(store, IMAGE, identifier)
    reader = MemoryAnalysis(stored.analysis, found)
    reader.manifest = reader.config = lambda: b"{}"  # type: ignore[method-assign]
    request = Request(repository="shop/checkout")
    expected = b"".join(render(choose(name), reader, request))
    assert b"".join(render(choose(name), stored, request)) == expected


@pytest.mark.parametrize("name", EVERY)
def test_no_document_is_held_whole(name: str) -> None:
    class Large(MemoryAnalysis):
        def files(self) -> Iterator[FileRecord]:
            return (FileRecord(f"/{number}", "file", 0o644, 0, 0, 1, 0, IMAGE, "", "text") for number in range(10_000))

        def unknowns(self) -> Iterator[Unknown]:
            return (Unknown(f"/{number}", 0, "one", "cut off") for number in range(1_000))

    reader = Large(head(), sample().all_packages)
    choice, request = choose(name), Request(scope="all")
    sum(map(len, render(choice, reader, request)))  # what is imported and cached once is not counted
    tracemalloc.start()
    size = sum(map(len, render(choice, reader, request)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000, f"{peak} bytes for a document of {size}"


def digests() -> str:
    """Print a digest of each format's rendering; for other processes."""
    return " ".join(hashlib.sha256(rendered(sample(), name, scope="all")).hexdigest() for name in EVERY)


def test_two_processes_write_the_same_bytes() -> None:
    root = Path(__file__).parents[4]
    code = (
        "import importlib.util as u; s = u.spec_from_file_location('formats', sys.argv[1]);"
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m.digests())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", f"import sys; {code}", __file__],
            check=True,
            capture_output=True,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {digests()}
