"""What go.mod requires, and what is put in its place."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages

from analyze.catalogers.go_mod import GoModCataloger

MOD = GoModCataloger()


def test_modules():
    found = packages([tree("go_mod")], MOD)
    assert {name: one.purl for name, one in found.items()} == {
        "github.com/z/b": "pkg:golang/github.com/z/b@v1.2.4",
        "github.com/c/d/v2": "pkg:golang/github.com/c/d@v2.0.0#v2",
        "github.com/l/l": "pkg:golang/github.com/l/l@v1.0.0",
        "github.com/e/f": "pkg:golang/github.com/e/f@v0.0.0-20200101000000-abcdefabcdef",
    }
    assert found["github.com/c/d/v2"].metadata == {"indirect": True}
    assert (found["github.com/l/l"].type, found["github.com/l/l"].metadata_type) == ("go-module", "go-module-entry")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('require "a.org/b" v1 // why', [("a.org/b", "v1")]),
        ("require (\n a.org/b v1\n)\nrequire a.org/c v2", [("a.org/b", "v1"), ("a.org/c", "v2")]),
        ("require a.org/b v1\nreplace a.org/b v2 => a.org/c v3", [("a.org/b", "v1")]),
        ("require a.org/b v1\nreplace a.org/b v1 => a.org/c v3", [("a.org/c", "v3")]),
        ("require a.org/b v1\nreplace (\n a.org/b => ../b\n)", [("a.org/b", "v1")]),
        ("require a.org/b v1\nexclude a.org/b v1", None),
        ("replace a.org/b => a.org/c v3", None),
        ("retract v1.0.0\ntool a.org/b\ngodebug x=1", None),
    ],
)
def test_statements(lines, expected):
    facts = extract(MOD, b"go.mod", b"module a.org/m\n" + lines.encode())
    assert (facts and [(key["name"], key["version"]) for key in facts.identity]) == expected
