"""What pub locks."""

from tests.harness.fixtures import tree
from tests.harness.views import packages

from analyze.catalogers.dart_lock import DartLockCataloger

LOCK = DartLockCataloger()


def test_packages():
    found = packages([tree("dart_lock")], LOCK)
    assert {name: one.purl for name, one in found.items()} == {
        "ale": "pkg:pub/ale@3.3.0",
        "priv": "pkg:pub/priv@0.1.0?hosted_url=my.example.org",
        "g": "pkg:pub/g@1.0.0?vcs_url=git%40github.com:me%2Fg.git%40cf5c4b0a",
    }
    assert (found["ale"].type, found["ale"].language) == ("dart-pub", "dart")
    assert found["ale"].metadata == {"name": "ale", "version": "3.3.0"}
    assert {name for name, one in found.items() if one.metadata.get("development")} == {"priv"}
