"""What Mix and Rebar lock."""

from tests.harness.fixtures import tree
from tests.harness.views import packages, related

from analyze.catalogers.hex_lock import HexLockCataloger

LOCK = HexLockCataloger()


def test_packages():
    found = packages([tree("hex_lock")], LOCK)
    assert {name: (one.purl, one.language) for name, one in found.items()} == {
        "bunt": ("pkg:hex/bunt@0.2.0", "elixir"),
        "credo": ("pkg:hex/credo@1.6.6", "elixir"),
        "file_system": ("pkg:hex/file_system@0.2.10", "elixir"),
        "jason": ("pkg:hex/jason@1.3.0", "elixir"),
        "certifi": ("pkg:hex/certifi@2.9.0", "erlang"),
    }
    assert found["certifi"].metadata == {
        "name": "certifi",
        "version": "2.9.0",
        "pkgHash": "6F2A475689DD47F19FB74334859D460A2DC4E3252A3324BD2111B8F0429E7E21",
        "pkgHashExt": "266DA46BDB06D6C6D35FDE799BCB28D36D985D424AD7C08B5BB48F5B5CDD4641",
    }
    assert found["jason"].metadata["pkgHashExt"].startswith("53fc1f51")
    assert related([tree("hex_lock")], LOCK) == {("bunt", "credo"), ("file_system", "credo"), ("jason", "credo")}
