"""Executables that cargo-auditable built, whole."""

import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import extract

from analyze.catalogers.rust import RustCataloger


@pytest.mark.parametrize(
    ("file", "expected"),
    [("auditable.elf", ["crate_with_features", "library_crate"]), ("auditable-no-deps.elf", ["no_deps"])],
)
def test_crates(file, expected):
    facts = extract(RustCataloger(), b"app", corpus("rust", file).read_bytes())
    assert [(key["name"], key["version"]) for key in facts.identity] == [(name, "0.1.0") for name in expected]
    assert facts.unknowns == []
