"""package.json in its many forms, and where node finds a dependency."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import Link, View, extract, findings, related

from analyze.catalogers.npm import NpmCataloger

NPM = NpmCataloger()


@pytest.fixture(scope="module")
def image():
    found = findings(View([tree("npm")], NPM), NPM)
    return {(finding.package.name, finding.package.version): finding.package for finding in found}


def test_packages_and_purls(image):
    assert {key: package.purl for key, package in image.items()} == {
        ("app", "1.0.0"): "pkg:npm/app@1.0.0",
        ("left", "1.3.0"): "pkg:npm/left@1.3.0",
        ("@scope/right", "2.0.0-beta.1+build"): "pkg:npm/%40scope/right@2.0.0-beta.1%2Bbuild",
        ("left", "UNKNOWN"): "pkg:npm/left",
        ("ms", "2.1.3"): "pkg:npm/ms@2.1.3",
    }
    assert image["@scope/right", "2.0.0-beta.1+build"].namespace == "@scope"


def test_metadata_has_the_names_of_syft(image):
    assert image["left", "1.3.0"].metadata == {
        "name": "left",
        "version": "1.3.0",
        "author": "Jane <j@example.org> (https://example.org), Joe <joe@example.org>",
        "homepage": "https://example.org",
        "url": "git+https://example.org/left.git",
    }
    assert image["@scope/right", "2.0.0-beta.1+build"].metadata["url"] == "github:scope/right"
    assert image["app", "1.0.0"].metadata["private"] is True


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('"license": "MIT"', ["MIT"]),
        ('"license": {"type": "MIT", "url": "x"}', ["MIT"]),
        ('"license": ["MIT", {"type": "ISC"}]', ["MIT", "ISC"]),
        ('"licenses": [{"type": "MIT"}, "MIT"]', ["MIT"]),
        ('"licenses": "MIT"', ["MIT"]),
        ('"license": 7, "licenses": {"type": null}', []),
    ],
)
def test_licences(fields, expected):
    facts = extract(NPM, b"package.json", b'{"name": "a", "version": "1", ' + fields.encode() + b"}")
    assert facts.detail["packages"][0].get("licenses", []) == expected


def test_what_names_no_package_is_none():
    assert extract(NPM, b"package.json", b'{"type": "module"}') is None
    assert extract(NPM, b"package.json", b'{"name": 1, "version": "1"}') is None
    assert extract(NPM, b"package.json", b'["name"]') is None


def test_several_documents_and_the_last_of_two_keys():
    facts = extract(
        NPM, b"package.json", b'{"name": "a", "name": "b", "version": "1"} \n {"name": "c", "version": "2"}'
    )
    assert facts.identity == [{"name": "b", "version": "1"}, {"name": "c", "version": "2"}]


def test_text_that_databases_reject_is_replaced():
    facts = extract(NPM, b"package.json", b'\xef\xbb\xbf{"name": "a\\ud800", "version": "1\\u0000", "author": "\xff"}')
    assert facts.identity == [{"name": "a\ufffd", "version": "1\ufffd"}]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"nul", b'"\\', b"1" * 5000])
def test_no_json_is_an_unknown(content):
    facts = extract(NPM, b"package.json", content)
    assert facts is None or (facts.identity == [] and len(facts.unknowns) == 1)


def test_dependencies_are_found_as_node_finds_them():
    view = View([tree("npm")], NPM)
    found = [finding.package for finding in findings(view, NPM)]
    names = {package.id: (package.name, package.version) for package in found}
    assert {(names[one.parent], names[one.child]) for one in NPM.relate(view, found)} == {
        (("left", "1.3.0"), ("app", "1.0.0")),
        (("@scope/right", "2.0.0-beta.1+build"), ("app", "1.0.0")),
        (("left", "UNKNOWN"), ("@scope/right", "2.0.0-beta.1+build")),
    }


@pytest.mark.trap("A1")
def test_dependencies_are_found_through_the_links_of_pnpm():
    store = b"app/node_modules/.pnpm/"
    layer = {
        b"app/package.json": b'{"name": "app", "version": "1", "dependencies": {"b": "*"}}',
        b"app/node_modules/b": Link(b".pnpm/b@1/node_modules/b"),
        store + b"b@1/node_modules/b/package.json": b'{"name": "b", "version": "1", "dependencies": {"@s/c": "*"}}',
        store + b"b@1/node_modules/@s/c": Link(b"../../../c@1/node_modules/@s/c"),
        store + b"c@1/node_modules/@s/c/package.json": b'{"name": "@s/c", "version": "1"}',
    }
    assert related([layer], NPM) == {("b", "app"), ("@s/c", "b")}


def test_names_that_are_no_paths_find_nothing():
    hostile = b'{"name": "a", "version": "1", "dependencies": {"../../etc": "*", "": "*", "/": "*", "\\ud800": "*"}}'
    assert related([{b"a/package.json": hostile, b"a/node_modules/x/package.json": b'{"name": "x"}'}], NPM) == set()
