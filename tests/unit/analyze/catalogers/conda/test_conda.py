"""Records of Conda environments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages, related

from analyze.catalogers.conda import CondaCataloger
from analyze.catalogers.conda.record import package as read
from cargohold.model import License

CONDA = CondaCataloger()
PATH = b"opt/conda/conda-meta/a-1-0.json"


@pytest.fixture(scope="module")
def image():
    return packages([tree("conda")], CONDA)


def test_purls(image):
    assert {name: package.purl for name, package in image.items()} == {
        "_libgcc_mutex": "pkg:conda/_libgcc_mutex@0.1?build=main&channel=main&subdir=linux-64&type=conda",
        "libzlib": "pkg:conda/libzlib@1.2.11?build=h90dfc92_1014&channel=conda-forge&subdir=osx-arm64&type=tar.bz2",
        "zlib": "pkg:conda/zlib@1.2.11?build=h90dfc92_1014&channel=conda-forge&subdir=osx-arm64&type=tar.bz2",
    }


def test_metadata_has_the_names_of_syft(image):
    assert image["zlib"].metadata == {
        "arch": "arm64",
        "name": "zlib",
        "version": "1.2.11",
        "build": "h90dfc92_1014",
        "build_number": 1014,
        "channel": "https://conda.anaconda.org/conda-forge/",
        "subdir": "osx-arm64",
        "license": "Zlib",
        "license_family": "Other",
        "md5": "348a30b1350c9d91a4dbf05f5e46e0bb",
        "sha256": "a70c028fd3b9af1d7ea3d7099d810f3d2588096237bb472db331a51a36f931c0",
        "size": 86757,
        "timestamp": 1648307332172,
        "fn": "zlib-1.2.11-h90dfc92_1014.tar.bz2",
        "url": "https://conda.anaconda.org/conda-forge/osx-arm64/zlib-1.2.11-h90dfc92_1014.tar.bz2",
        "extracted_package_dir": "/Users/example-user/Library/Caches/rattler/cache/pkgs/zlib-1.2.11-h90dfc92_1014",
        "depends": ["libzlib 1.2.11 h90dfc92_1014"],
        "link": {
            "source": "/Users/example-user/Library/Caches/rattler/cache/pkgs/zlib-1.2.11-h90dfc92_1014",
            "type": 1,
        },
    }
    assert image["_libgcc_mutex"].metadata["build_number"] == 0


def test_files_licences_and_type(image):
    zlib = image["zlib"]
    assert zlib.files[:2] == ("/opt/conda/include/zconf.h", "/opt/conda/include/zlib.h")
    assert image["libzlib"].files == ("/opt/conda/lib/libz.1.dylib", "/opt/conda/lib/libz.1.2.11.dylib")
    path = "/opt/conda/conda-meta/zlib-1.2.11-h90dfc92_1014.json"
    assert zlib.licenses == (License("Zlib", "Zlib", path=path),)
    assert (zlib.type, zlib.metadata_type, zlib.architecture) == ("conda", "conda-metadata-entry", "arm64")


def test_dependencies_stay_in_their_environment():
    assert related([tree("conda")], CONDA) == {("libzlib", "zlib")}
    needs = b'{"name": "a", "version": "1", "depends": ["conda-forge::b>=1", "c[version=2]", "__glibc", ">=1", ""]}'
    layer = {
        b"one/conda-meta/a.json": needs,
        b"one/conda-meta/b.json": b'{"name": "b", "version": "1"}',
        b"two/conda-meta/c.json": b'{"name": "c", "version": "1"}',
    }
    assert related([layer], CONDA) == {("b", "a")}
    assert related([{**layer, b"one/conda-meta/c.json": layer[b"two/conda-meta/c.json"]}], CONDA) >= {("c", "a")}


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"name": ""}', b'{"name": 3, "version": "1"}', b"null"])
def test_what_names_no_package_is_none(content):
    assert extract(CONDA, PATH, content) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"name": "a",}', b"[" * 99_999])
def test_no_json_is_an_unknown(content):
    facts = extract(CONDA, PATH, content)
    assert facts.identity == []
    assert len(facts.unknowns) == 1


def test_wrong_types_are_absent():
    document = {
        "name": "a\ud800",
        "version": "1\0",
        "build_number": True,
        "size": -1,
        "timestamp": 1 << 70,
        "depends": "b",
        "files": {"a": 1},
        "paths_data": {"paths": 3},
        "link": {"type": "1"},
    }
    assert read(document) == {"name": "a\ufffd", "version": "1\ufffd"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one)))
def test_any_value_anywhere(value):
    keys = ("version", "build", "build_number", "depends", "files", "paths_data", "link")
    record = read({"name": "a", **dict.fromkeys(keys, value)})
    assert record["name"] == "a"
