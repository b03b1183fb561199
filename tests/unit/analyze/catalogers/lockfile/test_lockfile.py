"""What all catalogers of lock files have in common: which files count, scopes, relations, bounds."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages

from analyze.catalogers.go_mod import GoModCataloger
from analyze.catalogers.javascript_lock import JavascriptLockCataloger
from analyze.catalogers.lockfile import Entries, number
from analyze.catalogers.lockfile.managed import is_managed
from analyze.catalogers.rust_lock import RustLockCataloger
from analyze.catalogers.swift_lock import SwiftLockCataloger
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons
from cargohold.model import Scope

NPM = JavascriptLockCataloger()
LOCK = b'{"packages": {"node_modules/a": {"version": "1.0.0"}}}'


@pytest.mark.parametrize(
    "path",
    [
        b"app/node_modules/a/package-lock.json",
        b"node_modules/package-lock.json",
        b"usr/lib/python3/dist-packages/a/package-lock.json",
        b"usr/local/lib/python3.11/site-packages/a/static/package-lock.json",
        b"app/vendor/a/b/package-lock.json",
        b"opt/tool/third_party/a/package-lock.json",
        b"usr/local/bundle/gems/a-1.0/package-lock.json",
        b"go/pkg/mod/example.org/a@v1/package-lock.json",
        b"root/.cargo/registry/src/x/a-1/package-lock.json",
        b"app/exploded/META-INF/package-lock.json",
    ],
)
def test_lock_files_of_what_a_package_manager_unpacked_are_left_out(path):
    assert is_managed(path)
    assert extract(NPM, path, LOCK) is None


@pytest.mark.parametrize(
    "path", [b"package-lock.json", b"app/package-lock.json", b"app/tests/fixtures/package-lock.json"]
)
def test_all_others_count(path):
    assert not is_managed(path)
    assert extract(NPM, path, LOCK).identity == [{"name": "a", "version": "1.0.0"}]


def test_packages_are_declared():
    assert {one.scope for one in packages([tree("rust_lock")], RustLockCataloger()).values()} == {Scope.DECLARED}


def test_what_a_file_declares_is_related_within_that_file_alone():
    other = b'{"packages": {"node_modules/a": {"version": "1", "dependencies": {"b": "*"}}}}'
    both = other[:-2] + b', "node_modules/b": {"version": "2"}}}'
    view = View([{b"x/package-lock.json": other, b"y/package-lock.json": both}], NPM)
    found = [finding.package for finding in findings(view, NPM)]
    places = {one.id: (one.name, one.locations[0].path) for one in found}
    assert [(places[one.parent], places[one.child]) for one in NPM.relate(view, found)] == [
        (("b", "/y/package-lock.json"), ("a", "/y/package-lock.json"))
    ]


def test_nothing_declared_is_nothing():
    assert extract(NPM, b"package-lock.json", b"{}") is None
    assert extract(NPM, b"yarn.lock", b"# yarn lockfile v1\n\n\n") is None


def test_what_is_no_lock_file_is_an_unknown():
    for cataloger, name in (
        (NPM, b"package-lock.json"),
        (GoModCataloger(), b"go.mod"),
        (RustLockCataloger(), b"Cargo.lock"),
    ):
        facts = extract(cataloger, name, b"nonsense [")
        assert facts.identity == []
        assert facts.unknowns[0].startswith(f"no {name.decode()}: ")


def test_a_name_that_its_type_of_purl_cannot_hold_gives_a_generic_one():
    pins = b'{"pins": [{"identity": "a", "location": "https://example.org/ /.git", "state": {"version": "1"}}]}'
    (package,) = packages([{b"Package.resolved": pins}], SwiftLockCataloger()).values()
    assert package.purl == "pkg:generic/a@1"


def test_entries_keep_each_package_once():
    entries = Entries(Reasons())
    assert [entries.add("a", "1"), entries.add("a", "2"), entries.add("a", "1"), entries.add("", "1")] == [0, 1, 0, -1]
    assert entries.add("a", "1", qualifiers={"platform": "x"}) == 2
    assert entries.add("b", None) == 3
    entries.relate(0, 1)
    entries.relate(0, 1)
    entries.relate(0, 0)
    entries.relate(-1, 0)
    entries.relate(0, -1)
    assert entries.found == [
        {"name": "a", "version": "1", "needs": [1]},
        {"name": "a", "version": "2"},
        {"name": "a", "version": "1", "qualifiers": {"platform": "x"}},
        {"name": "b", "version": UNKNOWN_VERSION},
    ]
    assert len({tuple(key.values()) for key in entries.identity()}) == 4


def test_entries_are_bounded(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.lockfile.entries.PACKAGES", 2)
    monkeypatch.setattr("analyze.catalogers.lockfile.entries.PATHS", 1)
    reasons = Reasons()
    entries = Entries(reasons)
    assert [entries.add(name, "1") for name in "abc"] == [0, 1, -1]
    entries.relate(0, 1)
    entries.relate(1, 0)
    assert reasons.listed() == ["more than 2 packages", "more than 1 dependencies"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1), ("7", 7), (-1, 0), (True, 0), ("x", 0), (1.5, 0), ("9" * 5000, 0), (10**30, 0), ("²", 0)],
)
def test_numbers(value, expected):
    assert number(value) == expected
