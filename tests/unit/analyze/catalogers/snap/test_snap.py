"""What the files of snaps say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages

from analyze.catalogers.snap import SnapCataloger
from analyze.catalogers.snap.yaml_subset import lists, scalars
from cargohold.model import Scope

SNAP = SnapCataloger()
TREE = tree("snap")
KERNEL = b"snap/pc-kernel/doc/linux-modules-5.4.0-195-generic/changelog.Debian.gz"


@pytest.fixture(scope="module")
def image():
    return packages([TREE], SNAP)


def test_purls(image):
    assert {name: package.purl for name, package in image.items()} == {
        "adduser": "pkg:deb/ubuntu/adduser@3.118ubuntu2",
        "apparmor": "pkg:deb/ubuntu/apparmor@2.13.3-7ubuntu5.3",
        "gcc-10-base": "pkg:deb/ubuntu/gcc-10-base@10.5.0-1ubuntu1~20.04?arch=amd64",
        "grub-efi-amd64-signed": "pkg:deb/ubuntu/grub-efi-amd64-signed@1.202%2B2.12-1ubuntu7?arch=amd64",
        "shim-signed": "pkg:deb/ubuntu/shim-signed@1.56%2B15.7-0ubuntu1?arch=amd64",
        "linux-image-5.4.0-195-generic": "pkg:deb/ubuntu/linux-image-5.4.0-195-generic@5.4.0-195.215",
        "test-snap": "pkg:generic/snap/test-snap@1.0.0?arch=amd64&base=core20&type=app",
        "libc6": "pkg:deb/ubuntu/libc6?arch=amd64",
        "libseccomp2": "pkg:deb/ubuntu/libseccomp2@2.5.1-1ubuntu1~20.04.2?arch=amd64",
        "core22": "pkg:generic/snap/core22?arch=amd64&type=app",
        "grub-efi": "pkg:deb/ubuntu/grub-efi?arch=amd64",
    }


def test_metadata_has_the_names_of_syft(image):
    assert image["shim-signed"].metadata == {
        "snapType": "app",
        "base": "core24",
        "snapName": "pc",
        "snapVersion": "24-0.1",
        "architecture": "amd64",
    }
    assert image["gcc-10-base"].metadata == {"snapType": "base", "architecture": "amd64"}
    assert image["adduser"].metadata == {"snapType": "base"}
    assert {package.type for package in image.values()} == {"deb"}


def test_what_was_to_be_staged_is_declared(image):
    declared = {name for name, package in image.items() if package.scope is Scope.DECLARED}
    assert declared == {"libc6", "libseccomp2", "core22", "grub-efi"}


def test_a_package_database_speaks_for_its_kernels():
    assert list(packages([{KERNEL: TREE[KERNEL]}], SNAP)) == ["linux-image-5.4.0-195-generic"]
    system = b"usr/share/doc/linux-modules-5.4.0-195-generic/changelog.Debian.gz"
    assert packages([{system: TREE[KERNEL], b"var/lib/dpkg/status": b""}], SNAP) == {}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (KERNEL, b"no gzip"),
        (KERNEL.replace(b"5.4.0", b"6.8.0"), TREE[KERNEL]),
        (b"a/meta/snap.yaml", b"version: 1\n"),
        (b"a/snap.yaml", b"name: a\nversion: 1\n"),
        (b"a/usr/share/snappy/dpkg.yaml", b"packages:\n- a\n- =1\n- b=\n"),
        (b"snap/manifest.yaml", b"name: a\nversion: 1\n"),
    ],
)
def test_what_names_no_package_is_none(path, content):
    assert extract(SNAP, path, content) is None


def test_the_subset_of_yaml():
    text = """
a: 1
b: 'x: y'
c:
- one # comment
- "two"
d:
  e:
    - three
  f: [four, 'five']
# g: 7
h: |
  - no
"""
    assert scalars(text) == {"a": "1", "b": "x: y"}
    assert lists(text) == {"c": ["one", "two"], "e": ["three"], "f": ["four", "five"]}


@given(st.text(alphabet="ab: -\n[]'\"#|,", max_size=200))
def test_any_text_is_read(text):
    assert all(isinstance(value, str) for value in scalars(text).values())
    assert all(isinstance(item, str) for items in lists(text).values() for item in items)
