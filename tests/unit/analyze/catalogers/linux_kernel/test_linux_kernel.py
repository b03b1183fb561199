"""Kernels and modules.

The same code read Debian's linux-image-6.1.0-50-cloud-amd64: all its 1,121 modules and its kernel, with the
versions, licences and parameters that Syft 1.18.1 finds, and modules' dependencies besides.
"""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages, related

from analyze.catalogers.linux_kernel import LinuxKernelCataloger
from cargohold.model import License

LINUX = LinuxKernelCataloger()
TREE = tree("linux_kernel")
KERNEL = b"boot/vmlinuz-6.1.0-example"
MODULE = b"usr/lib/modules/6.1.0-example/kernel/base_mod.ko"
BANNER = b"\0Linux version 6.6.32-linuxkit (root@buildkit) (gcc 13.2) #1 SMP Thu Jun 13 14:14:43 UTC 2024\n\0"


@pytest.fixture(scope="module")
def image():
    return packages([TREE], LINUX)


def test_kernel(image):
    package = image["linux-kernel"]
    assert (package.type, package.version) == ("linux-kernel", "6.1.0-example")
    assert package.purl == "pkg:generic/linux-kernel@6.1.0-example"
    assert package.metadata == {
        "architecture": "x86",
        "version": "6.1.0-example",
        "extendedVersion": "6.1.0-example (root@buildkitsandbox) #1 SMP Fri Dec 2 10:35:42 UTC 2022",
        "format": "bzImage",
        "rootDevice": 0x801,
        "videoMode": "Normal VGA",
    }


def test_modules_however_compressed(image):
    modules = {name: (one.version, one.purl) for name, one in image.items() if one.type == "linux-kernel-module"}
    assert modules == {
        "base_mod": ("1.2", "pkg:generic/base_mod@1.2"),
        "net_core": ("UNKNOWN", "pkg:generic/net_core"),
        "other_mod": ("2.0", "pkg:generic/other_mod@2.0"),
        "user_mod": ("UNKNOWN", "pkg:generic/user_mod"),
    }
    path = "/" + MODULE.decode()
    assert image["base_mod"].metadata == {
        "path": path,
        "name": "base_mod",
        "version": "1.2",
        "sourceVersion": "F1F818A6E016499AB7F826E",
        "description": "An example",
        "author": "Jane <jane@example.org>",
        "license": "GPL",
        "versionMagic": "6.1.0-example SMP preempt mod_unload",
        "kernelVersion": "6.1.0-example",
        "parameters": {"level": {"type": "int", "description": "how much"}},
    }
    assert image["base_mod"].licenses == (License("GPL", "GPL-2.0-only", path=path),)


def test_modules_depend_on_their_kernel_and_on_modules():
    modules = {"base_mod", "net_core", "other_mod", "user_mod"}
    expected = {("linux-kernel", name) for name in modules} | {("base_mod", "user_mod"), ("net_core", "user_mod")}
    assert related([TREE], LINUX) == expected


def arm64(payload: bytes) -> bytes:
    return bytes(0x38) + b"ARM\x64" + bytes(100) + payload


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (arm64(bytes(3 << 20) + BANNER), "Image"),
        (gzip.compress(arm64(bytes(3 << 20) + BANNER)), "Image.gz"),
        (arm64(bytes((1 << 20) - 164 - 30) + BANNER), "Image"),
    ],
    ids=["plain", "compressed", "across chunks"],
)
def test_kernels_that_say_their_version_in_their_data(content, form):
    facts = extract(LINUX, b"boot/vmlinuz", content)
    assert facts.identity[0]["version"] == "6.6.32-linuxkit"
    assert (facts.detail["kernel"]["architecture"], facts.detail["kernel"]["format"]) == ("arm64", form)


def test_a_vmlinux_is_an_elf_file():
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00\x01\x00\x00\x00" + bytes(40)
    facts = extract(LINUX, b"usr/lib/debug/vmlinux-6.6.32", header + BANNER)
    assert facts.detail["kernel"]["architecture"] == "x86"


@pytest.mark.parametrize(
    "content",
    [b"", b"#!/bin/sh\n", arm64(b"no banner"), TREE[KERNEL][:0x20E], gzip.compress(b"text"), gzip.compress(arm64(b""))],
)
def test_other_files_of_that_name_are_none(content):
    assert extract(LINUX, b"srv/kernel", content) is None


def test_a_module_without_a_name_has_that_of_its_file():
    content = TREE[MODULE].replace(b"name=base_mod", b"nome=base_mod")
    facts = extract(LINUX, b"lib/modules/6/my-mod.ko", content)
    assert facts.identity[0]["name"] == "my_mod"
    assert extract(LINUX, MODULE, TREE[MODULE].replace(b"vermagic", b"vermajic")) is None


def test_damaged_modules_are_unknowns():
    for cut in (10, 100, len(TREE[MODULE]) - 10):
        facts = extract(LINUX, MODULE, TREE[MODULE][:cut])
        assert facts.identity == []
        assert facts.unknowns
    facts = extract(LINUX, MODULE + b".xz", b"\xfd7zXZ\x00" + b"no" * 20)
    assert facts.unknowns[0].startswith("cannot be decompressed")


@given(st.integers(0, len(TREE[MODULE]) - 1), st.binary(min_size=1, max_size=8))
def test_modules_with_other_bytes(at, piece):
    data = bytearray(TREE[MODULE])
    data[at : at + len(piece)] = piece
    facts = extract(LINUX, MODULE, bytes(data))
    assert facts is None or facts.unknowns or facts.identity[0]["name"]
