"""What Conan locks, and vcpkg's manifests override."""

from tests.harness.fixtures import tree
from tests.harness.views import extract, packages, related

from analyze.catalogers.cpp_lock import CppLockCataloger

LOCK = CppLockCataloger()


def test_packages():
    found = packages([tree("cpp_lock")], LOCK)
    assert {name: (one.purl, one.metadata_type) for name, one in found.items()} == {
        "app": ("pkg:conan/app@1.0", "c-conan-lock-entry"),
        "zlib": ("pkg:vcpkg/zlib@1.2.13?port_version=2", "vcpkg-manifest"),
        "sound32": ("pkg:conan/sound32@1.0", "c-conan-lock-v2-entry"),
        "matrix": ("pkg:conan/me/matrix@1.1?channel=st", "c-conan-lock-v2-entry"),
        "cmake": ("pkg:conan/cmake@3.2", "c-conan-lock-v2-entry"),
        "bzip2": ("pkg:vcpkg/bzip2@1.0.8?port_version=6", "vcpkg-manifest"),
        "date": ("pkg:vcpkg/date@2023-01-02", "vcpkg-manifest"),
    }
    assert found["matrix"].metadata == {
        "ref": "matrix/1.1@me/st#905c3f0babc520684c84127378fefdd0%1675278900.0103245",
        "username": "me",
        "channel": "st",
        "recipeRevision": "905c3f0babc520684c84127378fefdd0",
        "timestamp": "1675278900.0103245",
    }
    assert found["bzip2"].metadata == {"version": "1.0.8", "port-version": 6, "full-version": "1.0.8#6"}


def test_the_graph_of_conan_1():
    layer = {path: content for path, content in tree("cpp_lock").items() if path.startswith(b"conan1/")}
    zlib = packages([layer], LOCK)["zlib"]
    assert zlib.metadata["options"] == [{"key": "o", "value": "1"}]
    assert zlib.purl == "pkg:conan/u/zlib@1.2.12?channel=c"
    assert related([layer], LOCK) == {("zlib", "app")}


def test_what_is_no_lock_file_of_either():
    assert extract(LOCK, b"conan.lock", b"{}").unknowns == ["no conan.lock: no requires"]
    assert extract(LOCK, b"conan.lock", b'{"requires": []}') is None
    facts = extract(LOCK, b"conan.lock", b'{"requires": ["a/1", "b"]}')
    assert (facts.identity, facts.unknowns) == ([{"name": "a", "version": "1"}], ["no reference: b"])
