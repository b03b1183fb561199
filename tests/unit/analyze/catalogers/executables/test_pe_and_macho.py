"""PE and Mach-O files, universal ones among them."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import BASE, PE_BASE, START, fat, macho, pe

from analyze.catalogers.executables import Malformed, executables, is_program, open_executable
from analyze.catalogers.executables.pe import EXPORTS
from analyze.catalogers.executables.symbols import addresses


def opened(data):
    return open_executable(io.BytesIO(data), len(data))


@pytest.mark.parametrize(("bits", "base", "architecture"), [(64, PE_BASE, "amd64"), (32, BASE, "386")])
def test_pe_sections_and_directories(bits, base, architecture):
    image = opened(pe({".text": b"code", ".rsrc": b"tree"}, bits=bits, directories={2: (START + 4096, 4)}))
    assert (image.format, image.bits, image.base, image.architecture) == ("pe", bits, base, architecture)
    assert image.section(".rsrc").address == base + START + 4096
    assert image.read_rva(START, 4) == b"code"
    assert image.read_rva(image.directory(2).rva, image.directory(2).size) == b"tree"
    assert image.directory(0) is None
    assert image.directory(99) is None


def test_pe_exports():
    head = struct.pack("<10I", 0, 0, 0, 0, 1, 2, 2, START + 100, START + 120, START + 140)
    table = head.ljust(100, b"\0") + struct.pack("<II", 0x5000, 0x6000)
    table = table.ljust(120, b"\0") + struct.pack("<II", START + 160, START + 170)
    table = (table.ljust(140, b"\0") + struct.pack("<HH", 1, 0)).ljust(160, b"\0") + b"sbom\0".ljust(10) + b"other\0"
    image = opened(pe({".edata": table}, directories={EXPORTS: (START, len(table))}))
    assert addresses(image, ("sbom", "sbom_length")) == {"sbom": PE_BASE + 0x6000}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["little", "big"])
def test_macho_sections_symbols_and_libraries(bits, order):
    data = macho(
        {"__text": b"code", "__go_buildinfo": b"words"},
        bits=bits,
        order=order,
        symbols={"_sbom": BASE + START},
        libraries=["/usr/lib/libSystem.B.dylib"],
    )
    image = opened(data)
    assert (image.format, image.bits, image.order, image.architecture) == ("macho", bits, order, "amd64")
    assert image.read(image.section("__go_buildinfo"), 100) == b"words"
    assert image.read_address(BASE + START, 4) == b"code"
    assert image.needed == ("/usr/lib/libSystem.B.dylib",)
    assert addresses(image, ("sbom",)) == {"sbom": BASE + START}


def test_every_architecture_of_a_universal_file():
    data = fat(macho({"__text": b"one"}), macho({"__text": b"two"}, cpu=0x0100000C))
    found = executables(io.BytesIO(data), len(data))
    assert [image.architecture for image in found] == ["amd64", "arm64"]
    assert [image.read(image.section("__text"), 9) for image in found] == [b"one", b"two"]


def test_a_java_class_is_no_universal_file():
    java = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100)
    assert not is_program(java[:64])
    assert opened(java) is None


def test_a_slice_that_is_not_there():
    data = b"\xca\xfe\xba\xbe" + struct.pack(">6I", 1, 7, 3, 4096, 1 << 31, 12)
    with pytest.raises(Malformed):
        opened(data)


@pytest.mark.parametrize("data", [b"MZ" + bytes(70), b"MZ".ljust(60, b"\0") + b"\xff\xff\xff\x7f" + bytes(99), b"MZ"])
def test_programs_of_ms_dos_are_none(data):
    assert opened(data) is None


def test_headers_that_are_cut_off():
    with pytest.raises(Malformed, match="optional header"):
        opened(pe({".text": b"x"})[:100])
    with pytest.raises(Malformed, match="not in a file"):
        _ = opened(pe({".text": b"x"})[:330]).sections


FILES = [pe({".data": b"x"}), macho({"__data": b"x"}, symbols={"_a": 1}), fat(macho({"__data": b"x"}))]


@given(st.sampled_from(FILES), st.integers(0, 600), st.binary(min_size=1, max_size=9))
def test_damaged_headers_are_malformed_at_worst(data, at, damage):
    damaged = data[:at] + damage + data[at + len(damage) :]
    try:
        for image in executables(io.BytesIO(damaged), len(damaged)):
            _ = image.sections, image.segments, image.needed, image.soname, addresses(image, ("sbom",))
    except Malformed:
        pass
