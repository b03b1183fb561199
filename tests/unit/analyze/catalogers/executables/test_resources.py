"""Version resources: of a library that the .NET SDK built, of made ones, and of damaged ones."""

import struct
import time
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.portable import block, fixed_info, library, portable, resource_section, version_info

from analyze.catalogers.executables import Malformed, Pe, Window
from analyze.catalogers.executables.resources import version_resources


def read(content: bytes) -> dict[str, str]:
    return version_resources(Pe(Window(BytesIO(content), 0, len(content))))


def test_what_the_sdk_writes():
    """As Syft 1.18.1 and the .NET SDK's own project file say."""
    assert read(tree("dotnet")[b"srv/tool/ClrLoader.dll"]) == {
        "CompanyName": "ClrLoader",
        "FileDescription": "ClrLoader",
        "FileVersion": "1.0.0.0",
        "InternalName": "ClrLoader.dll",
        "OriginalFilename": "ClrLoader.dll",
        "ProductName": "ClrLoader",
        "ProductVersion": "1.0.0",
        "Assembly Version": "1.0.0.0",
    }


STRINGS = {"ProductName": "Näme \u2122", "FileVersion": "1, 2, 3, 4", "Odd": "x", "Comments": "two words"}


def test_strings_are_what_was_written():
    assert read(library(STRINGS)) == STRINGS


def test_the_fixed_part_gives_versions_that_no_string_does():
    fixed = fixed_info((1, 2, 3, 4), (5, 6, 7, 8))
    assert read(library({"ProductName": "a"}, fixed)) == {
        "ProductName": "a",
        "FileVersion": "1.2.3.4",
        "ProductVersion": "5.6.7.8",
    }
    assert read(library({"FileVersion": "9"}, fixed))["FileVersion"] == "9"


def test_lengths_of_values_are_not_trusted():
    """Compilers disagree on whether they count bytes or characters: the NUL ends a string."""
    one = bytearray(block("ProductName", "name".encode("utf-16-le") + b"\0\0"))
    struct.pack_into("<H", one, 2, 500)
    table = block("StringFileInfo", children=block("040904b0", children=bytes(one)))
    info = block("VS_VERSION_INFO", b"", table, text=False)
    assert read(portable(resource_section(info))) == {"ProductName": "name"}


@pytest.mark.parametrize(
    "content",
    [
        portable(b"", resources=False),
        portable(resource_section(version_info(STRINGS), kind=3)),
        portable(resource_section(b"")),
        portable(resource_section(b"\xff" * 400)),
        portable(b"\xff" * 400),
        portable(resource_section(version_info(STRINGS).replace("VS_".encode("utf-16-le"), b"\0" * 6))),
    ],
)
def test_no_version_resource(content):
    assert read(content) == {}


def test_directories_in_a_circle_end():
    loop = struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, 16, 0x80000000)
    started = time.process_time()
    assert read(portable(loop + bytes(100))) == {}
    assert time.process_time() - started < 5


def test_directories_full_of_entries_take_little_time():
    head = struct.pack("<IIHHHH", 0, 0, 0, 0, 0, 0xFFFF)
    many = head + struct.pack("<II", 16, 0x80000000) * 8000
    started = time.process_time()
    read(portable(many))
    assert time.process_time() - started < 10


@given(st.integers(0, 5200), st.binary(min_size=1, max_size=12))
def test_damaged_files_are_read_or_malformed(at, piece):
    data = bytearray(library(STRINGS, fixed_info((1, 0, 0, 0), (1, 0, 0, 0))))
    data[at : at + len(piece)] = piece
    try:
        found = read(bytes(data))
    except Malformed:
        return
    assert all(isinstance(value, str) for value in found.values())


@given(st.dictionaries(st.text(alphabet="abcXYZ ", min_size=1), st.text(alphabet=st.characters(codec="utf-8"))))
def test_any_strings(strings):
    read(library(strings))
