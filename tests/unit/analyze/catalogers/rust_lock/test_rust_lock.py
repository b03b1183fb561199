"""What Cargo locks."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, findings

from analyze.catalogers.rust_lock import RustLockCataloger

LOCK = RustLockCataloger()


def relations(directory):
    layer = {path: content for path, content in tree("rust_lock").items() if path.startswith(directory)}
    view = View([layer], LOCK)
    found = [finding.package for finding in findings(view, LOCK)]
    names = {one.id: f"{one.name} {one.version}" for one in found}
    return found, {(names[one.parent], names[one.child]) for one in LOCK.relate(view, found)}


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        (b"v1/", {("libc 0.2.140", "app 0.1.0")}),
        (
            b"v3/",
            {
                ("memchr 2.5.0", "aho-corasick 0.7.20"),
                ("memchr 1.0.2", "app 0.1.0"),
                ("aho-corasick 0.7.20", "app 0.1.0"),
                ("libc 0.2.140", "memchr 1.0.2"),
            },
        ),
        (
            b"v4/",
            {
                ("alpha 1.0.0", "app 0.1.0"),
                ("alpha 2.0.0", "app 0.1.0"),
                ("alpha 2.0.0", "beta 0.3.0"),
                ("beta 0.3.0", "app 0.1.0"),
            },
        ),
    ],
)
def test_relations_name_versions_where_they_must(directory, expected):
    assert relations(directory)[1] == expected


@pytest.mark.parametrize("directory", [b"v1/", b"v3/"])
def test_metadata(directory):
    libc = next(one for one in relations(directory)[0] if one.name == "libc")
    assert libc.purl == "pkg:cargo/libc@0.2.140"
    assert (libc.type, libc.language, libc.metadata_type) == ("rust-crate", "rust", "rust-cargo-lock-entry")
    assert libc.metadata == {
        "name": "libc",
        "version": "0.2.140",
        "source": "registry+https://crates.example.org/index",
        "checksum": "99227334921fae1a979cf0bfdfcc6b3e5ce376ef57e16fb6fb3ea2ed6095f80c",
    }
