"""Audit data of cargo-auditable, in every format of executables."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import elf, fat, macho, pe
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.rust import RustCataloger

RUST = RustCataloger()
CRATES = [
    {"name": "app", "version": "1.0.0", "source": "local", "dependencies": [1, 2, 3], "root": True},
    {"name": "libc", "version": "0.2.153", "source": "crates.io"},
    {"name": "cc", "version": "1.0.83", "source": "crates.io", "kind": "build", "dependencies": [1]},
    {"name": "ring", "version": "0.17.8", "source": "git+https://example.org/ring", "dependencies": [1, 3, 99, "x"]},
]


def section(value: object) -> dict[str, bytes]:
    return {".text": b"code", ".dep-v0": zlib.compress(json.dumps(value).encode())}


@pytest.fixture(scope="module")
def image():
    view = View([tree("rust")], RUST)
    return {finding.package.name: finding.package for finding in findings(view, RUST)}


def test_crates(image):
    assert {name: (one.version, one.purl) for name, one in image.items()} == {
        "crate_with_features": ("0.1.0", "pkg:cargo/crate_with_features@0.1.0"),
        "library_crate": ("0.1.0", "pkg:cargo/library_crate@0.1.0"),
        "no_deps": ("0.1.0", "pkg:cargo/no_deps@0.1.0"),
    }
    assert image["no_deps"].metadata == {"name": "no_deps", "version": "0.1.0", "source": "local"}
    assert {(one.type, one.language) for one in image.values()} == {("rust-crate", "rust")}


def test_crates_depend_on_crates():
    assert related([tree("rust")], RUST) == {("library_crate", "crate_with_features")}


def test_what_only_builds_is_left_out():
    layer = {b"usr/bin/app": elf(section({"packages": CRATES}))}
    facts = extract(RUST, b"usr/bin/app", layer[b"usr/bin/app"])
    assert [key["name"] for key in facts.identity] == ["app", "libc", "ring"]
    assert related([layer], RUST) == {("libc", "app"), ("ring", "app"), ("libc", "ring")}


@pytest.mark.parametrize("make", [elf, pe, macho, lambda sections: fat(macho({}), macho(sections))])
def test_all_formats(make):
    facts = extract(RUST, b"app", make(section({"packages": CRATES[:2]})))
    assert facts.identity == [{"name": "app", "version": "1.0.0"}, {"name": "libc", "version": "0.2.153"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut off"),
        (b"no zlib", "damaged"),
        (zlib.compress(b"{}" * 99)[:-9], "cut off"),
        (zlib.compress(b" " * (17 << 20)), "larger than"),
        (zlib.compress(b"[" * 100), "nests deeper"),
        (zlib.compress(b"[]"), "without packages"),
        (zlib.compress(b'{"packages": [1]}'), "no object"),
        (zlib.compress(b'{"packages": [{"version": "1"}]}'), "without a name"),
    ],
)
def test_damaged_audit_data_is_an_unknown(content, reason):
    facts = extract(RUST, b"x", elf({".dep-v0": content}))
    assert facts.identity == []
    assert reason in facts.unknowns[0]


@pytest.mark.parametrize("content", [elf({".text": b"x"}), pe({".data": b"x"}), elf(section({}), kind=1), b"\x7fELF"])
def test_what_has_no_audit_data(content):
    assert extract(RUST, b"x", content) is None


JSON = st.recursive(st.none() | st.integers(-9, 9) | st.text(max_size=9), lambda one: st.lists(one, max_size=4))
CRATE = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "version", "kind", "dependencies"), JSON))


@given(st.lists(CRATE | JSON, max_size=6))
def test_any_json_is_read(packages):
    content = elf(section({"packages": packages}))
    facts = extract(RUST, b"x", content)
    for key in facts.identity:
        assert key["name"].strip("/ ")
    related([{b"x": content}], RUST)
