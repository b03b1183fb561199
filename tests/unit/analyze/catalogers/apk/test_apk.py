"""apk: fields, files, relations, and the release when no os-release tells."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages, related

from analyze.catalogers.apk import ApkCataloger
from analyze.catalogers.apk.repositories import release
from cargohold.model import Distro

APK = ApkCataloger()
INSTALLED = b"lib/apk/db/installed"


@pytest.fixture(scope="module")
def image():
    return packages([tree("apk")], APK, distro=Distro(id="alpine", version_id="3.19.1"))


def test_packages(image):
    assert sorted(image) == ["busybox", "busybox-binsh", "musl", "no-version", "zlib"]
    assert image["musl"].purl == "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1"
    assert image["busybox-binsh"].purl.endswith("?arch=x86_64&distro=alpine-3.19.1&upstream=busybox")
    assert (image["busybox-binsh"].source_name, image["busybox-binsh"].source_version) == ("busybox", "1.36.1-r5")
    assert (image["no-version"].version, image["no-version"].purl) == (
        "UNKNOWN",
        "pkg:apk/alpine/no-version?distro=alpine-3.19.1",
    )


def test_metadata_has_the_names_of_syft(image):
    assert image["musl"].metadata_type == "apk-db-entry"
    assert image["musl"].metadata == {
        "pullChecksum": "Q1otALzX1d1D0kVawy06IairTXS0=",
        "package": "musl",
        "version": "1.2.4-r2",
        "architecture": "x86_64",
        "size": 390000,
        "installedSize": 640000,
        "description": "the musl c library (libc) implementation",
        "url": "https://musl.example.org/",
        "originPackage": "musl",
        "maintainer": "Jane Doe <jane@example.org>",
        "gitCommitOfApkPort": "e6c226fbe17bb8f856dce5f0d9bc088b333e6225",
        "provides": ["so:libc.musl-x86_64.so.1=1"],
    }


def test_files_are_joined_to_their_directory(image):
    assert image["musl"].files == ("/lib/ld-musl-x86_64.so.1", "/rootfile")


def test_licences_are_one_expression_or_words(image):
    assert [found.value for found in image["busybox-binsh"].licenses] == ["GPL-2.0-only AND MIT"]
    assert image["busybox-binsh"].licenses[0].spdx_expression == "GPL-2.0-only AND MIT"
    assert [found.value for found in image["busybox"].licenses] == ["GPL2", "LGPL2+"]


def test_relations_by_name_and_provided_token():
    assert related([tree("apk")], APK) == {
        ("musl", "zlib"),
        ("busybox", "busybox-binsh"),
        ("musl", "busybox-binsh"),
        ("musl", "busybox"),
    }


def test_bad_values_are_unknowns():
    facts = extract(APK, INSTALLED, tree("apk")[INSTALLED])
    assert facts.unknowns == ["line 27 is no number", "the package at line 42 has no version"]


def test_repositories_tell_the_release():
    layer = tree("apk")
    assert "distro=alpine-3.19" in packages([layer], APK)["musl"].purl
    moved = {b"usr/lib/apk/db/installed": layer[INSTALLED], b"etc/apk/repositories": layer[b"etc/apk/repositories"]}
    assert packages([moved], APK)["musl"].purl.startswith("pkg:apk/alpine/musl@")
    assert packages([{INSTALLED: layer[INSTALLED]}], APK)["musl"].purl == "pkg:apk/musl@1.2.4-r2?arch=x86_64"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a/alpine/edge/main\n", "edge"),
        ("@tag http://a/alpine/v3.9/main\n", "3.9"),
        ("#http://a/alpine/v3.9/main\n", ""),
        ("http://a/wolfi/os\n", ""),
    ],
)
def test_release(text, expected):
    assert release(text) == expected


def test_files_of_one_database_are_bounded(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.apk.installed.PATHS", 3)
    facts = extract(APK, INSTALLED, b"P:a\nV:1\nR:1\nR:2\n\nP:b\nV:1\nR:1\nR:2\nR:3\n")
    assert [len(package["files"]) for package in facts.detail["packages"]] == [2, 1]
    assert facts.unknowns == ["more than 3 files"]
