"""Package notes of ELF files."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import elf
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages

from analyze.catalogers.elf_note import ElfNoteCataloger
from cargohold.model import Scope

NOTE = ElfNoteCataloger()
TOOL = {"type": "apk", "name": "tool", "version": "1.0-r0"}


def note(value: object, order: str = "little") -> bytes:
    content = json.dumps(value).encode() + b"\0"
    return struct.pack(("<" if order == "little" else ">") + "III", 4, len(content), 0xCAFE1A7E) + b"FDO\0" + content


@pytest.fixture(scope="module")
def image():
    return packages([tree("elf_note")], NOTE)


def test_purls_and_types(image):
    assert {name: (one.type, one.version, one.purl) for name, one in image.items()} == {
        "coreutils": ("rpm", "9.1-8.fc38", "pkg:rpm/fedora/coreutils@9.1-8.fc38?distro=fedora-38"),
        "systemd": ("deb", "252.38-1~deb12u1", "pkg:deb/debian/systemd@252.38-1~deb12u1"),
        "tool": ("binary", "1.2.3", "pkg:generic/ACME/tool@1.2.3"),
    }


def test_metadata_has_the_names_of_syft(image):
    assert image["coreutils"].metadata == {
        "type": "rpm",
        "architecture": "x86_64",
        "osCPE": "cpe:/o:fedoraproject:fedora:38",
    }
    assert image["tool"].metadata == {
        "type": "vendored",
        "system": "ACME",
        "vendor": "Example",
        "sourceRepo": "https://example.org/tool.git",
        "commit": "0123abc",
    }
    assert [one.spdx_expression for one in image["tool"].licenses] == ["MIT"]


def test_files_of_one_note_are_one_package(image):
    assert [one.path for one in image["coreutils"].locations] == ["/usr/bin/cat", "/usr/bin/ls"]


def test_a_file_that_is_replaced_is_hidden_and_the_package_stays():
    lower = {b"bin/a": elf({".note.package": note(TOOL)}), b"bin/b": elf({".note.package": note(TOOL)})}
    upper = {b"bin/a": elf({".note.package": note(TOOL | {"name": "other"})})}
    view = View([lower, upper], NOTE, scope=Scope.HIDDEN)
    assert [[at.path for at in one.package.locations] for one in findings(view, NOTE)] == [["/bin/a"]]
    assert [at.path for at in packages([lower, upper], NOTE)["tool"].locations] == ["/bin/b"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"os": "alpine", "osVersion": "3.19"}, "pkg:apk/alpine/tool@1.0-r0?distro=alpine-3.19"),
        ({"osCpe": "cpe:2.3:o:alpine:alpine_linux:*:*"}, "pkg:apk/alpine_linux/tool@1.0-r0"),
        ({"osCpe": "no cpe", "system": "s"}, "pkg:apk/s/tool@1.0-r0"),
        ({"osCpe": "cpe:/o"}, "pkg:apk/tool@1.0-r0"),
        ({"type": 5}, "pkg:generic/tool@1.0-r0"),
    ],
)
def test_distributions(fields, expected):
    layer = {b"x": elf({".note.package": note(TOOL | fields)})}
    assert packages([layer], NOTE)["tool"].purl == expected


@pytest.mark.parametrize(("bits", "order"), [(32, "little"), (32, "big"), (64, "little"), (64, "big")])
def test_both_classes_and_byte_orders(bits, order):
    content = elf({".note.package": note(TOOL, order)}, bits=bits, order=order)
    assert extract(NOTE, b"x", content).identity == [{"name": "tool", "version": "1.0-r0"}]


@pytest.mark.parametrize(
    "value", [{"name": "a"}, {"version": "1"}, {"name": " ", "version": "1"}, {"name": 1, "version": 2}, [], 7]
)
def test_notes_that_name_no_package(value):
    assert extract(NOTE, b"x", elf({".note.package": note(value)})) is None


@pytest.mark.parametrize("content", [b"{", b"\0" * 99, b"[" * 1000, b"x" * 70_000])
def test_damaged_notes_are_an_unknown(content):
    facts = extract(NOTE, b"x", elf({".note.package": content}))
    assert facts.identity == []
    assert len(facts.unknowns) == 1


def test_files_without_a_note():
    assert extract(NOTE, b"x", elf({".note.gnu.build-id": b"x"})) is None
    assert extract(NOTE, b"x", elf({".note.package": note(TOOL)}, kind=1)) is None
    assert extract(NOTE, b"x", elf({".note.package": b""})) is None


@given(st.dictionaries(st.sampled_from(["name", "version", "os", "osCpe", "type", "system"]), st.text(max_size=12)))
def test_any_text_makes_a_purl(fields):
    layer = {b"x": elf({".note.package": note(fields)})}
    for package in packages([layer], NOTE).values():
        assert package.purl.startswith("pkg:")
