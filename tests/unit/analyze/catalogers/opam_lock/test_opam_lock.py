"""What opam locks."""

from tests.harness.fixtures import tree
from tests.harness.views import packages

from analyze.catalogers.opam_lock import OpamLockCataloger


def test_packages():
    found = packages([tree("opam_lock")], OpamLockCataloger())
    assert {name: one.purl for name, one in found.items()} == {
        "base-unix": "pkg:opam/base-unix@base",
        "dune": "pkg:opam/dune@3.7.0",
        "ounit2": "pkg:opam/ounit2@2.2.6",
    }
    assert {name for name, one in found.items() if one.metadata.get("development")} == {"ounit2"}
