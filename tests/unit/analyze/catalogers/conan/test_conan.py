"""Conan's packages: in the cache of Conan 1, in that of Conan 2, and deployed."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings

from analyze.catalogers.conan import ConanCataloger
from analyze.catalogers.conan.references import parse
from cargohold.model import Scope

CONAN = ConanCataloger()
TREE = tree("conan")
ONE = {path: content for path, content in TREE.items() if path.startswith(b"root/.conan/")}
TWO = {path: content for path, content in TREE.items() if path.startswith(b"root/.conan2/")}
DEPLOYED = {path: content for path, content in TREE.items() if path.startswith(b"srv/")}
CACHE = b"root/.conan2/p/cache.sqlite3"


def found(*layers, scope=Scope.VISIBLE):
    return [one.package for one in findings(View(layers, CONAN, scope=scope), CONAN)]


def related(layer):
    view = View([layer], CONAN)
    packages = [one.package for one in findings(view, CONAN)]
    names = {one.id: f"{one.name}/{one.version}" for one in packages}
    return {(names[one.parent], names[one.child]) for one in CONAN.relate(view, packages)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zlib/1.2.13", ("zlib", "1.2.13", "", "", "")),
        ("zlib/1.2.13@_/_", ("zlib", "1.2.13", "", "", "")),
        ("mfast/1.2.2@my_user/my_channel#c6f6", ("mfast", "1.2.2", "my_user", "my_channel", "")),
        ("boost/1.75.0:dc8aedd2", ("boost", "1.75.0", "", "", "dc8aedd2")),
        ("a/1@u/c#rev:package#prev%1670000000.5", ("a", "1", "u", "c", "package")),
        ("a/[>=1.0 <2]", None),
        ("zlib", None),
        ("", None),
    ],
)
def test_references(text, expected):
    one = parse(text)
    assert (one and (one.name, one.version, one.user, one.channel, one.package_id)) == expected


def test_conan_1_by_path():
    """What Syft finds in the same file (its `parse_conaninfo_test.go`), but for zlib, whose own folder is there."""
    assert {package.purl: package.metadata for package in found(ONE)} == {
        "pkg:conan/my_user/mfast@1.2.2?channel=my_channel": {
            "ref": "mfast/1.2.2@my_user/my_channel#c6f6387c9b99780f0ee05e25f99d0f39",
            "package_id": "9d1f076b471417647c2022a78d5e2c1f834289ac",
        },
        **{
            f"pkg:conan/{name}@{version}": {"ref": f"{name}/{version}:{package_id}", "package_id": package_id}
            for name, version, package_id in [
                ("boost", "1.75.0", "dc8aedd23a0f0a773a5fcdcfe1ae3e89c4205978"),
                ("bzip2", "1.0.8", "c32092bf4d4bb47cf962af898e02823f499b017e"),
                ("libbacktrace", "cci.20210118", "dfbe50feef7f3c6223a476cd5aeadb687084a646"),
                ("tinyxml2", "9.0.0", "6557f18ca99c0b6a233f43db00e30efaa525e27e"),
            ]
        },
        "pkg:conan/zlib@1.2.13": {
            "ref": "zlib/1.2.13#13c96f538b52e1600c40b88994de240f",
            "package_id": "dfbe50feef7f3c6223a476cd5aeadb687084a646",
        },
    }
    needed = {"boost/1.75.0", "bzip2/1.0.8", "libbacktrace/cci.20210118", "tinyxml2/9.0.0", "zlib/1.2.13"}
    assert related(ONE) == {(one, "mfast/1.2.2") for one in needed}


def test_conan_2_by_the_database_of_its_cache():
    packages = {package.name: package for package in found(TWO)}
    assert packages["app"].purl == "pkg:conan/me/app@2.0?channel=stable"
    assert packages["zlib"].purl == "pkg:conan/zlib@1.3.1"
    folder = "/root/.conan2/p/b/zlib843967eeaa2ce/p/"
    assert [one.path for one in packages["zlib"].locations] == [
        "/" + CACHE.decode(),
        folder + "conaninfo.txt",
        folder + "conanmanifest.txt",
    ]
    assert packages["zlib"].files == (folder + "conaninfo.txt", folder + "lib.txt")
    assert related(TWO) == {("zlib/1.3.1", "app/2.0")}


def test_a_cache_whose_folders_are_gone_has_no_packages():
    assert found({CACHE: TWO[CACHE]}) == []
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE packages (reference, rrev, pkgid, prev, path)")
        empty = connection.serialize()
    assert len(found({CACHE: TWO[CACHE]}, {CACHE: empty}, scope=Scope.HIDDEN)) == 2


def test_deployed_packages():
    assert sorted(package.purl for package in found(DEPLOYED)) == ["pkg:conan/app@2.0", "pkg:conan/zlib@1.3.1"]
    assert related(DEPLOYED) == {("zlib/1.3.1", "app/2.0")}


def test_relations_stay_in_their_cache():
    assert ("zlib/1.2.13", "app/2.0") not in related(TREE)


@pytest.mark.parametrize(
    ("wanted", "version", "expected"),
    [("1.Y.Z", "1.2.3", True), ("1.Y.Z", "2.0.0", False), ("1.2", "1.2.3", True), ("1.Y.Z", "1", False)],
)
def test_versions_that_a_reference_admits(wanted, version, expected):
    assert parse(f"a/{wanted}").admits(version) is expected


def test_other_databases_are_declined_and_damaged_ones_unknown():
    assert extract(CONAN, b"srv/cache.sqlite3", TWO[CACHE]) is None
    assert extract(CONAN, CACHE, b"text") is None
    facts = extract(CONAN, CACHE, TWO[CACHE][:5000])
    assert facts.identity == []
    assert facts.unknowns


def test_paths_of_a_database_stay_in_its_cache():
    facts = extract(CONAN, CACHE, TWO[CACHE].replace(b"b/zlib843967eeaa2ce", b"../../../../etc/abc"))
    assert [one["name"] for one in facts.identity] == ["app"]


@given(st.text(alphabet="[]#/:@.\n =%ab1_fulreqis", max_size=200))
def test_any_text(text):
    facts = extract(CONAN, b"a/1/_/_/package/x/conaninfo.txt", f"[full_requires]\n{text}".encode())
    assert facts.identity[0] == {"name": "a", "version": "1", "package_id": "x"}
    assert len(facts.identity) == 1 + len(facts.detail["required"])
