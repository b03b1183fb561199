"""What Swift's package manager and CocoaPods lock."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import packages, related

from analyze.catalogers.swift_lock import SwiftLockCataloger
from analyze.catalogers.swift_lock.swiftpm import place
from analyze.catalogers.text import UNKNOWN_VERSION

LOCK = SwiftLockCataloger()


def test_packages():
    found = packages([tree("swift_lock")], LOCK)
    assert {name: one.purl for name, one in found.items()} == {
        "Alamofire": "pkg:swift/github.com/Alamofire/Alamofire@5.5.0",
        "swift-nio": "pkg:swift/github.com/apple/swift-nio@2.34.0",
        "br": "pkg:swift/github.com/me/br",
        "AppCenter": "pkg:cocoapods/AppCenter@4.2.0",
        "AppCenter/Analytics": "pkg:cocoapods/AppCenter@4.2.0#Analytics",
        "AppCenter/Core": "pkg:cocoapods/AppCenter@4.2.0#Core",
        "AppCenter/Crashes": "pkg:cocoapods/AppCenter@4.2.0#Crashes",
        "GoogleUtilities/NSData+zlib": "pkg:cocoapods/GoogleUtilities@7.5.2#NSData%2Bzlib",
        "KeychainAccess": "pkg:cocoapods/KeychainAccess@4.2.1",
    }
    assert found["br"].version == UNKNOWN_VERSION
    assert found["br"].metadata["revision"] == "777"
    assert (found["br"].type, found["KeychainAccess"].type) == ("swift", "pod")
    assert found["AppCenter/Core"].metadata == {"checksum": "87ef6eefd8ade4df59e88951288587429f3dd2a5"}


def test_relations():
    assert related([tree("swift_lock")], LOCK) == {
        ("AppCenter/Analytics", "AppCenter"),
        ("AppCenter/Crashes", "AppCenter"),
        ("AppCenter/Core", "AppCenter/Analytics"),
        ("AppCenter/Core", "AppCenter/Crashes"),
    }


@pytest.mark.parametrize(
    "location",
    [
        "https://example.org/o/n",
        "https://example.org/o/n.git",
        "https://user:word@example.org/o/n.git/",
        "git@example.org:o/n.git",
        "ssh://git@example.org/o/n.git",
    ],
)
def test_places_of_repositories(location):
    assert place(location) == "example.org/o/n"
