"""Chisel's manifest."""

import sys

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages
from tests.unit.analyze.catalogers.test_through_layers import tar

from analyze.catalogers import CATALOGERS
from analyze.catalogers.chisel import ChiselCataloger
from analyze.image.assemble import assemble
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.model import Distro, License

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHISEL = ChiselCataloger()
PATH = b"var/lib/chisel/manifest.wall"
TREE = tree("chisel")
UBUNTU = Distro(id="ubuntu", version_id="24.04", id_like=("debian",))


def test_packages_with_their_slices_and_files():
    found = packages([TREE], CHISEL, distro=UBUNTU)
    assert {name: (package.purl, package.files) for name, package in found.items()} == {
        "base-files": ("pkg:deb/ubuntu/base-files@13ubuntu10?arch=amd64&distro=ubuntu-24.04", ("/lib64",)),
        "ca-certificates": (
            "pkg:deb/ubuntu/ca-certificates@20240203?arch=all&distro=ubuntu-24.04",
            ("/etc/ssl/certs/ca-certificates.crt",),
        ),
        "hello": ("pkg:deb/ubuntu/hello@2.10-3build1?arch=amd64&distro=ubuntu-24.04", ("/usr/bin/hello",)),
    }
    hello = found["hello"]
    assert (hello.type, hello.architecture, hello.metadata_type) == ("deb", "amd64", "dpkg-db-entry")
    assert hello.metadata == {
        "package": "hello",
        "version": "2.10-3build1",
        "architecture": "amd64",
        "sha256": "e68cf4365b7aa9c4e2af4af6eee1710d6f967059b7b4af62786e8870d7366333",
        "slices": ["bins"],
    }
    assert found["base-files"].metadata["slices"] == ["lib", "var"]


def test_digests_are_those_after_the_installation():
    facts = extract(CHISEL, PATH, TREE[PATH])
    files = {one["name"]: one["files"] for one in facts.detail["packages"]}
    digest = "6d84ab71cb726c0641b0af84303c316e3fa50db941dc8507d09045eb2fa5d238"
    assert files["ca-certificates"] == [["/etc/ssl/certs/ca-certificates.crt", digest, ""]]
    assert files["base-files"] == [["/lib64", "", "usr/lib64"]]


def test_without_a_distribution_they_are_ubuntus():
    assert packages([TREE], CHISEL)["hello"].purl == "pkg:deb/ubuntu/hello@2.10-3build1?arch=amd64"


def test_licences_are_those_of_a_copyright_file_that_a_slice_ships(tmp_path):
    layer = {**TREE, b"usr/share/doc/hello/copyright": b"License: GPL-3+\n"}
    with Scratch(tmp_path, "r", budget=1 << 20, memory=1 << 20) as scratch:
        record = walk_layer(
            [tar(layer)], blob_digest="", diff_id="", catalogers=CATALOGERS, limits=DEFAULT, scratch=scratch
        )
    found = {one.name: one for one in assemble([record], CATALOGERS, b"{}").packages if one.type == "deb"}
    path = "/usr/share/doc/hello/copyright"
    assert found["hello"].licenses == (License("GPL-3+", "GPL-3.0-or-later", path=path),)
    assert [one.path for one in found["hello"].locations] == ["/" + PATH.decode(), path]
    assert found["base-files"].licenses == ()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"jsonwall":"1.0"}', b"\x28\xb5\x2f", zstd.compress(b"other")])
def test_other_files_of_that_name_are_none(content):
    assert extract(CHISEL, b"srv/manifest.wall", content) is None


def test_a_damaged_manifest_is_an_unknown():
    facts = extract(CHISEL, PATH, TREE[PATH][:9] + b"\xff" * 20)
    assert facts.identity == []
    assert facts.unknowns[0].startswith("cannot be decompressed")


def test_lines_of_other_kinds_and_types_are_left_out():
    lines = [
        b'{"jsonwall":"1.0"}',
        b"[]",
        b"7",
        b'{"kind":"package"}',
        b'{"kind":"package","name":["a"]}',
        b'{"kind":"package","name":"a","version":7}',
        b'{"kind":"path","path":"/x","slices":"a_b"}',
        b'{"kind":"path","path":"relative","slices":["a_b"]}',
        b'{"kind":"path","path":"/y","slices":["a_b", 7, null]}',
        b'{"kind":"slice"}',
        b"{broken",
    ]
    facts = extract(CHISEL, PATH, zstd.compress(b"\n".join(lines)))
    assert facts.identity == [{"name": "a", "version": "UNKNOWN", "architecture": ""}]
    assert facts.detail["packages"] == [{"name": "a", "files": [["/y", "", ""]]}]
    assert len(facts.unknowns) == 1


def test_a_bomb_is_cut_off(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.chisel.cataloger._INFLATED", 1000)
    bomb = zstd.compress(b'{"jsonwall":"1.0"}\n' + b" " * 10_000_000)
    assert extract(CHISEL, PATH, bomb).unknowns == ["cut off after 1000 bytes"]
