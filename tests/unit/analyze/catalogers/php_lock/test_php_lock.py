"""What Composer locks."""

from tests.harness.fixtures import tree
from tests.harness.views import packages, related

from analyze.catalogers.php_lock import PhpLockCataloger

LOCK = PhpLockCataloger()


def test_packages():
    found = packages([tree("php_lock")], LOCK)
    assert {name: one.purl for name, one in found.items()} == {
        "Acme/Alpha": "pkg:composer/acme/alpha@v1.2.0",
        "acme/beta": "pkg:composer/acme/beta@2.1.0",
        "acme/gamma": "pkg:composer/acme/gamma@dev-main",
        "acme/tester": "pkg:composer/acme/tester@0.1",
    }
    alpha = found["Acme/Alpha"]
    assert (alpha.type, alpha.language, alpha.metadata_type) == ("php-composer", "php", "php-composer-lock-entry")
    assert [one.value for one in alpha.licenses] == ["MIT", "GPL-2.0-or-later"]
    assert alpha.metadata["authors"] == [{"name": "Jo", "email": "jo@example.org"}]
    assert {name for name, one in found.items() if one.metadata.get("development")} == {"acme/tester"}


def test_packages_are_required_by_what_they_provide_and_replace():
    assert related([tree("php_lock")], LOCK) == {
        ("acme/beta", "Acme/Alpha"),
        ("acme/gamma", "Acme/Alpha"),
        ("acme/gamma", "acme/beta"),
    }
