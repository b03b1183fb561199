"""What Stack and Cabal lock."""

from tests.harness.fixtures import tree
from tests.harness.views import View, findings

from analyze.catalogers.haskell_lock import HaskellLockCataloger

LOCK = HaskellLockCataloger()


def test_packages():
    found = [finding.package for finding in findings(View([tree("haskell_lock")], LOCK), LOCK)]
    assert {(one.locations[0].path, one.purl) for one in found} == {
        ("/cabal/cabal.project.freeze", "pkg:hackage/Cabal@3.2.1.0"),
        ("/cabal/cabal.project.freeze", "pkg:hackage/HTTP@4000.3.16"),
        ("/stack/stack.yaml.lock", "pkg:hackage/HTTP@4000.3.16"),
    }
    assert {(one.type, one.language) for one in found} == {("hackage", "haskell")}
    assert found[-1].metadata == {
        "pkgHash": "6042643c15a0b43e522a6693f1e322f05000d519543a84149cb80aeffee34f71",
        "snapshotURL": "https://stackage.example.org/18.yaml",
    }
