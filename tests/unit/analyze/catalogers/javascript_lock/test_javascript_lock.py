"""What JavaScript's package managers lock: one project, locked by each of them."""

import orjson
import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages, related

from analyze.catalogers.javascript_lock import JavascriptLockCataloger

LOCK = JavascriptLockCataloger()
# What npm, Yarn 1, pnpm and Bun agree on.
PROJECT = {
    ("@babel/code-frame", "7.24.2"),
    ("@babel/helper-validator-identifier", "7.29.7"),
    ("@babel/highlight", "7.25.9"),
    ("ansi-styles", "3.2.1"),
    ("chalk", "2.4.2"),
    ("color-convert", "1.9.3"),
    ("color-name", "1.1.3"),
    ("debug", "2.6.9"),
    ("debug", "4.4.3"),
    ("escape-string-regexp", "1.0.5"),
    ("fsevents", "2.3.3"),
    ("has-flag", "3.0.0"),
    ("js-tokens", "4.0.0"),
    ("ms", "2.0.0"),
    ("ms", "2.1.3"),
    ("picocolors", "1.1.1"),
    ("semver", "7.8.6"),
    ("supports-color", "5.5.0"),
}
RELATIONS = {
    ("@babel/highlight@7.25.9", "@babel/code-frame@7.24.2"),
    ("picocolors@1.1.1", "@babel/code-frame@7.24.2"),
    ("@babel/helper-validator-identifier@7.29.7", "@babel/highlight@7.25.9"),
    ("chalk@2.4.2", "@babel/highlight@7.25.9"),
    ("js-tokens@4.0.0", "@babel/highlight@7.25.9"),
    ("picocolors@1.1.1", "@babel/highlight@7.25.9"),
    ("color-convert@1.9.3", "ansi-styles@3.2.1"),
    ("ansi-styles@3.2.1", "chalk@2.4.2"),
    ("escape-string-regexp@1.0.5", "chalk@2.4.2"),
    ("supports-color@5.5.0", "chalk@2.4.2"),
    ("color-name@1.1.3", "color-convert@1.9.3"),
    ("ms@2.0.0", "debug@2.6.9"),
    ("ms@2.1.3", "debug@4.4.3"),
    ("has-flag@3.0.0", "supports-color@5.5.0"),
}


@pytest.fixture(scope="module")
def found():
    view = View([tree("javascript_lock")], LOCK)
    return [finding.package for finding in findings(view, LOCK)]


def directory(package):
    return package.locations[0].path.split("/")[1]


@pytest.mark.parametrize("manager", ["npm1", "npm2", "npm3", "yarn1", "pnpm7", "pnpm8", "pnpm9", "bun"])
def test_all_managers_lock_the_same(found, manager):
    mine = {(one.name, one.version) for one in found if directory(one) == manager}
    assert mine - {("app", "1.0.0")} == PROJECT


@pytest.mark.parametrize("manager", ["npm1", "npm2", "npm3", "yarn1", "yarn4", "pnpm7", "pnpm8", "pnpm9", "bun"])
def test_all_managers_relate_the_same(found, manager):
    mine = {one.id: f"{one.name}@{one.version}" for one in found if directory(one) == manager}
    relations = LOCK.relate(View([tree("javascript_lock")], LOCK), found)
    pairs = {(mine[one.parent], mine[one.child]) for one in relations if one.parent in mine}
    if manager == "yarn4":  # which also locks what builds a package from its source
        assert pairs > RELATIONS
        return
    assert {pair for pair in pairs if pair[1] != "app@1.0.0"} == RELATIONS


def test_yarn_4_locks_more(found):
    mine = {(one.name, one.version) for one in found if directory(one) == "yarn4"}
    assert mine > PROJECT
    assert ("node-gyp", "13.1.0") in mine
    assert "app" not in {name for name, _ in mine}


@pytest.mark.parametrize("manager", ["npm1", "npm2", "npm3", "pnpm7", "pnpm8", "pnpm9"])
def test_what_is_only_for_development_is_marked(found, manager):
    marked = {one.name for one in found if directory(one) == manager and one.metadata.get("development")}
    assert marked == {"semver"}


def test_deno(found):
    mine = {one.name: one for one in found if directory(one) == "deno"}
    assert {name: one.purl for name, one in mine.items()} == {
        "chalk": "pkg:npm/chalk@5.3.0",
        "debug": "pkg:npm/debug@4.4.3",
        "ms": "pkg:npm/ms@2.1.3",
    }


def test_purls_types_and_metadata(found):
    package = next(one for one in found if directory(one) == "npm3" and one.name == "@babel/highlight")
    assert (package.type, package.language, package.metadata_type) == (
        "npm",
        "javascript",
        "javascript-npm-package-lock-entry",
    )
    assert package.purl == "pkg:npm/%40babel/highlight@7.25.9"
    assert [one.spdx_expression for one in package.licenses] == ["MIT"]
    assert package.metadata["integrity"].startswith("sha512-llL88")
    assert package.metadata["dependencies"]["chalk"] == "^2.4.2"


def lock(**packages_):
    return {b"package-lock.json": orjson.dumps({"lockfileVersion": 3, "packages": packages_})}


def test_workspaces_are_themselves_and_not_their_links():
    layer = lock(
        **{
            "": {"name": "app", "version": "1"},
            "packages/own": {"version": "0.1.0", "dependencies": {"a": "*"}},
            "node_modules/own": {"resolved": "packages/own", "link": True},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"own": "*"}},
        }
    )
    assert {(one.name, one.version) for one in packages([layer], LOCK).values()} == {
        ("app", "1"),
        ("own", "0.1.0"),
        ("a", "1.0.0"),
    }
    assert related([layer], LOCK) == {("a", "own"), ("own", "a")}


def test_the_nearest_directory_counts():
    layer = lock(
        **{
            "node_modules/a": {"version": "1", "dependencies": {"c": "*"}},
            "node_modules/a/node_modules/b": {"version": "1", "peerDependencies": {"c": "*", "d": "*"}},
            "node_modules/a/node_modules/c": {"version": "2"},
            "node_modules/b": {"version": "2", "optionalDependencies": {"c": "*"}},
            "node_modules/c": {"version": "1"},
            "node_modules/d": {
                "version": "1",
                "peerDependencies": {"c": "*"},
                "peerDependenciesMeta": {"c": {"optional": True}},
            },
        }
    )
    view = View([layer], LOCK)
    found = [finding.package for finding in findings(view, LOCK)]
    names = {one.id: one.name + one.version for one in found}
    assert {(names[one.parent], names[one.child]) for one in LOCK.relate(view, found)} == {
        ("c2", "a1"),
        ("c2", "b1"),
        ("d1", "b1"),
        ("c1", "b2"),
    }


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ('"a@^1.0.0", a@^1.1.0:\n  version "1.2.0"\n', [("a", "1.2.0")]),
        ('"@s/a@^1 || 2":\n  version "2.0.0"\n', [("@s/a", "2.0.0")]),
        ('"b@npm:@s/a@^1":\n  version "1.0.0"\n', [("@s/a", "1.0.0")]),
        ('a@https://example.org/a.tgz:\n  version "1.0.0"\n', [("a", "1.0.0")]),
        ('"a@git+ssh://git@example.org/a.git#v1":\n  version "1.0.0"\n', [("a", "1.0.0")]),
        ("a@1:\n  resolved x\n", None),
    ],
)
def test_blocks_of_yarn_1(block, expected):
    facts = extract(LOCK, b"yarn.lock", b"# yarn lockfile v1\n\n\n" + block.encode())
    assert (facts and [(key["name"], key["version"]) for key in facts.identity]) == expected


def test_blocks_of_yarn_4():
    text = (
        "__metadata:\n  version: 8\n\n"
        '"app@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "app@workspace:."\n\n'
        '"a@npm:^1, a@npm:^1.1":\n  version: 1.2.0\n  resolution: "a@npm:1.2.0"\n  dependencies:\n    b: ^2\n\n'
        '"b@npm:^2":\n  version: 2.0.0\n  resolution: "c@npm:2.0.0"\n\n'
        '"a@patch:a@npm%3A^1#./x.patch::locator=app%40workspace%3A.":\n  version: 1.2.0\n'
        '  resolution: "a@patch:a@npm%3A1.2.0#./x.patch"\n'
    )
    assert {(one.name, one.version) for one in packages([{b"yarn.lock": text.encode()}], LOCK).values()} == {
        ("a", "1.2.0"),
        ("c", "2.0.0"),
    }
    assert related([{b"yarn.lock": text.encode()}], LOCK) == {("c", "a")}


def test_keys_of_pnpm():
    text = (
        "lockfileVersion: '6.0'\npackages:\n"
        "  /@s/a@1.0.0(react@18.0.0)(x@1.0.0):\n    resolution: {integrity: sha512-a==}\n"
        "    dependencies:\n      b: 2.0.0(react@18.0.0)\n      own: link:../own\n"
        "  /b@2.0.0(react@18.0.0):\n    dev: true\n"
        "  github.com/o/c/abcdef:\n    resolution: {tarball: https://example.org/abcdef}\n"
        "    name: c\n    version: 3.0.0\n"
    )
    found = packages([{b"pnpm-lock.yaml": text.encode()}], LOCK)
    assert {(one.name, one.version) for one in found.values()} == {("@s/a", "1.0.0"), ("b", "2.0.0"), ("c", "3.0.0")}
    assert found["c"].metadata["resolution"] == {"tarball": "https://example.org/abcdef"}
    assert found["b"].metadata == {"development": True}
    assert related([{b"pnpm-lock.yaml": text.encode()}], LOCK) == {("b", "@s/a")}
    older = (
        "lockfileVersion: 5.3\npackages:\n  /@s/a/1.0.0_react@17.0.0+x@1:\n"
        "    dependencies:\n      b: 2.0.0_x@1\n  /b/2.0.0_x@1: {}\n"
    )
    assert related([{b"pnpm-lock.yaml": older.encode()}], LOCK) == {("b", "@s/a")}


def test_bun_lists_of_every_source():
    text = """{
      // a comment, with a "quote"
      "packages": {
        "app": ["app@workspace:."],
        "a": ["a@1.0.0", "", { "dependencies": { "b": "1", "url": "*" }, }, "sha512-x=="],
        "b": ["b@git+https://example.org/b.git#abc", {}, "abc"],
        "a/b": ["b@2.0.0", "", {}, "sha512-y=="], /* , } */
        "url": ["url@https://example.org/u.tgz", {}],
      },
    }"""
    found = {(one.name, one.version) for one in packages([{b"bun.lock": text.encode()}], LOCK).values()}
    assert ("url", "https://example.org/u.tgz") in found
    facts = extract(LOCK, b"bun.lock", text.encode())
    assert [key["version"] for key in facts.identity if key["name"] == "b"] == [
        "git+https://example.org/b.git#abc",
        "2.0.0",
    ]
    assert related([{b"bun.lock": text.encode()}], LOCK) == {("b", "a"), ("url", "a")}


def test_deno_in_its_older_form_and_with_other_registries():
    older = {
        "version": "3",
        "packages": {
            "specifiers": {"npm:a@^1": "npm:a@1.0.0", "jsr:@std/path@^1": "jsr:@std/path@1.0.2"},
            "npm": {"a@1.0.0": {"integrity": "x", "dependencies": {"b": "b@2.0.0_c@1.0.0"}}, "b@2.0.0_c@1.0.0": {}},
            "jsr": {"@std/fs@1.0.0": {"dependencies": ["jsr:@std/path@^1", "npm:a@^1"]}, "@std/path@1.0.2": {}},
        },
        "remote": {
            "https://example.org/std@0.100.0/path/mod.ts": "1",
            "https://example.org/std@0.100.0/fs/mod.ts": "2",
            "https://example.org/x.ts": "3",
        },
    }
    layer = {b"deno.lock": orjson.dumps(older)}
    assert {name: one.purl for name, one in packages([layer], LOCK).items()} == {
        "a": "pkg:npm/a@1.0.0",
        "b": "pkg:npm/b@2.0.0",
        "@std/fs": "pkg:npm/%40std/fs@1.0.0?repository_url=https:%2F%2Fjsr.io",
        "@std/path": "pkg:npm/%40std/path@1.0.2?repository_url=https:%2F%2Fjsr.io",
        "example.org/std": "pkg:npm/example.org/std@0.100.0?repository_url=https:%2F%2Fexample.org",
    }
    assert related([layer], LOCK) == {("b", "a"), ("@std/path", "@std/fs"), ("a", "@std/fs")}


def test_deep_and_circular_dependencies_end():
    nested = (
        b'{"lockfileVersion": 1, "dependencies": '
        + b'{"a": {"version": "1", "dependencies": ' * 30
        + b"{}"
        + b"}}" * 30
        + b"}"
    )
    assert extract(LOCK, b"package-lock.json", nested).identity == [{"name": "a", "version": "1"}]
    place = "/".join(["node_modules/a"] * 5000)
    layer = lock(
        **{
            place: {"version": "1", "dependencies": {"a": "*"}},
            "node_modules/a": {"version": "2", "dependencies": {"a": "*"}},
        }
    )
    assert related([layer], LOCK) == set()
