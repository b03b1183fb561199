"""ELF files of both classes and byte orders, and those that lie about themselves."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import BASE, START, elf

from analyze.catalogers.executables import Elf, Malformed, is_program, open_executable
from analyze.catalogers.executables.elf import notes
from analyze.catalogers.executables.symbols import addresses

EVERY = pytest.mark.parametrize(("bits", "order"), [(32, "little"), (32, "big"), (64, "little"), (64, "big")])


def opened(data: bytes) -> Elf:
    found = open_executable(io.BytesIO(data), len(data))
    assert isinstance(found, Elf)
    return found


@EVERY
def test_sections_and_addresses(bits, order):
    image = opened(elf({".text": b"code", ".data": b"words"}, bits=bits, order=order))
    assert (image.format, image.bits, image.order) == ("elf", bits, order)
    section = image.section(".data")
    assert (section.address, section.offset, section.size) == (BASE + START + 4096, START + 4096, 5)
    assert image.read(section, 100) == b"words"
    assert image.read(section, 2, 1) == b"or"
    assert image.read_address(BASE + START, 4) == b"code"
    assert image.read_address(BASE - 1, 4) == b""
    assert image.section(".bss") is None
    assert image.names_section(b".data")
    assert not image.names_section(b".dat")


@EVERY
def test_what_is_loaded_with_it(bits, order):
    strings = b"\0libc.so.6\0libm.so.6\0libself.so\0"
    dynamic = [(1, 1), (1, 11), (14, 21), (5, BASE + START)]
    image = opened(elf({".dynstr": strings}, bits=bits, order=order, dynamic=dynamic))
    assert image.needed == ("libc.so.6", "libm.so.6")
    assert image.soname == "libself.so"
    assert opened(elf({}, bits=bits, order=order)).needed == ()


@EVERY
def test_notes_with_and_without_sections(bits, order):
    sign = "<" if order == "little" else ">"
    note = struct.pack(sign + "III", 4, 5, 7) + b"GNU\0" + b"hello\0\0\0"
    for table in (True, False):
        found = list(opened(elf({".note.x": note * 2}, bits=bits, order=order, table=table)).notes())
        assert [(one.name, one.type, one.content) for one in found] == [("GNU", 7, b"hello")] * 2


@EVERY
def test_symbols(bits, order):
    image = opened(elf({".data": b"x"}, bits=bits, order=order, symbols={"a_sbom": 7, "sbom": BASE + START}))
    assert addresses(image, ("sbom", "sbom_length")) == {"sbom": BASE + START}


def test_a_file_without_sections_is_read_by_its_segments():
    image = opened(elf({".data": b"words"}, table=False))
    assert image.sections == ()
    assert not image.has_sections
    assert image.read_address(BASE + START, 5) == b"words"


@pytest.mark.parametrize(("kind", "expected"), [(1, False), (2, True), (3, True), (4, False)])
def test_only_programs_and_libraries_are_programs(kind, expected):
    for order in ("little", "big"):
        assert is_program(elf({}, kind=kind, order=order)[:64]) is expected


def test_architectures():
    assert opened(elf({}, machine=183)).architecture == "arm64"
    assert opened(elf({}, machine=21, order="big")).architecture == "ppc64"
    assert opened(elf({}, machine=8, bits=32, order="little")).architecture == "mipsle"
    assert opened(elf({}, machine=9999)).architecture == ""


def test_a_thousand_thousand_sections_by_extended_numbering_are_refused():
    data = bytearray(elf({".data": b"x"}))
    table = int.from_bytes(data[40:48], "little")
    struct.pack_into("<H", data, 60, 0)
    struct.pack_into("<Q", data, table + 32, 1_000_000)
    with pytest.raises(Malformed, match="1000000 section headers"):
        _ = opened(bytes(data)).sections


@pytest.mark.parametrize(
    ("offset", "layout", "value", "reason"),
    [
        (40, "<Q", 1 << 60, "not in a file of"),  # e_shoff
        (58, "<H", 7, "section headers of 7 bytes"),  # e_shentsize
        (62, "<H", 900, "names in section 900"),  # e_shstrndx
    ],
)
def test_section_tables_that_cannot_be(offset, layout, value, reason):
    data = bytearray(elf({".data": b"x"}))
    struct.pack_into(layout, data, offset, value)
    with pytest.raises(Malformed, match=reason):
        _ = opened(bytes(data)).sections


def test_a_header_that_is_cut_off():
    with pytest.raises(Malformed, match="cut off"):
        opened(elf({})[:40])


@given(st.binary(max_size=200), st.sampled_from(["little", "big"]))
def test_notes_of_anything(data, order):
    for note in notes(data, order):
        assert len(note.content) < len(data)


@given(st.integers(0, 200), st.binary(min_size=1, max_size=9), st.sampled_from([(32, "big"), (64, "little")]))
def test_damaged_headers_are_malformed_at_worst(at, damage, kind):
    bits, order = kind
    data = bytearray(elf({".data": b"x", ".note.n": bytes(40)}, bits=bits, order=order, dynamic=[(1, 1), (5, BASE)]))
    data[at : at + len(damage)] = damage
    try:
        image = open_executable(io.BytesIO(data), len(data))
        if image is not None:
            assert len(image.sections) < 100
            _ = image.segments, image.needed, image.soname, addresses(image, ("sbom",))
    except Malformed:
        pass
