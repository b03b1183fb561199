"""ZIP archives against Python's own writer, and what no writer makes."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.catalogers.zip_archive import Allowance, ZipArchive

BIG = 10 << 20


def everything(name: bytes) -> bool:
    return not name.endswith(b"/")


def archive(data: bytes, **options: object) -> ZipArchive:
    return ZipArchive(io.BytesIO(data), everything, **options)  # type: ignore[arg-type]


def contents(found: ZipArchive) -> dict[str, bytes]:
    return {entry.name: found.read(entry, BIG) for entry in found.entries}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
        writer.comment = comment
    return buffer.getvalue()


FILES = {"a.txt": b"text" * 1000, "b/c": b"", "ä": bytes(range(256))}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\nexec java -jar $0\n" * 99])
@pytest.mark.parametrize("comment", [b"", b"PK\x05\x06" * 16_383])
def test_what_is_written_is_read(method, prefix, comment):
    found = archive(prefix + zipped(FILES, method, comment))
    assert contents(found) == FILES
    assert found.reasons == []
    for entry in found.entries:
        with found.open(entry, BIG) as stream:
            assert stream.read() == FILES[entry.name]
            assert stream.seek(-1, io.SEEK_END) == max(0, entry.size - 1)
            assert stream.read(9) == FILES[entry.name][-1:]


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.binary(max_size=99), max_size=5), st.binary(max_size=99))
def test_any_names_and_contents(files, prefix):
    expected: dict[str, bytes] = {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = name.encode("utf-8", "replace").decode()
            writer.writestr(info, content)
            if not name.endswith("/"):
                expected[info.filename.lstrip("/")] = content
    try:
        found = archive(prefix + buffer.getvalue())
    except ValueError:
        assert b"PK" in prefix
        return
    if len(expected) == len([name for name in files if not name.endswith("/")]):
        assert contents(found) == expected


def test_data_descriptors():
    class Unseekable(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise io.UnsupportedOperation

        def tell(self):
            raise io.UnsupportedOperation

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("a", b"content")
    assert contents(archive(stream.getvalue())) == {"a": b"content"}


def test_zip64():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer, writer.open("a", "w", force_zip64=True) as stream:
        stream.write(b"content")
    assert contents(archive(buffer.getvalue())) == {"a": b"content"}
    assert contents(archive(zip64(b""))) == {"a": b"content"}
    assert contents(archive(zip64(b"#!/bin/sh\n"))) == {"a": b"content"}


def zip64(prefix: bytes) -> bytes:
    """Return an archive with a ZIP64 end record and with all fields that may be in the extra field there."""
    content = b"content"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 0, zlib.crc32(content), 7, 7, 1, 0) + b"a" + content
    extra = struct.pack("<HHHHQQQ", 0x9999, 0, 1, 24, 7, 7, 0)
    full = 0xFFFFFFFF
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2", 45, 45, 0, 0, 0, 0, zlib.crc32(content), full, full, 1, len(extra), 0, 0, 0, 0, full,
    )  # fmt: skip
    central += b"a" + extra
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), len(local))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(central), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, full, full, 0)
    return prefix + local + central + end64 + locator + end


def test_of_two_entries_of_a_name_the_last_counts():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer:
        writer.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            writer.writestr("a", b"2")
    assert contents(archive(buffer.getvalue())) == {"a": b"2"}


def test_bytes_behind_the_archive_are_ignored():
    assert contents(archive(zipped({"a": b"1"}) + b"\0" * 500)) == {"a": b"1"}


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"PK\x05\x06", b"text" * 99, b"PK\x05\x06" + b"\xff" * 18, b"\0" * 70_000]
)
def test_what_is_no_archive(data):
    with pytest.raises(ValueError, match="ZIP archive"):
        archive(data)


def one(data: bytes, name: str = "a") -> str:
    """Return why an entry cannot be read."""
    found = archive(data)
    (entry,) = (entry for entry in found.entries if entry.name == name)
    with pytest.raises(ValueError) as error:
        found.read(entry, 1 << 20)
    return str(error.value)


def patched(data: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    at = data.rindex(signature) + offset
    return data[:at] + value + data[at + len(value) :]


def test_damage_has_its_reason():
    data = zipped({"a": b"content" * 99})
    assert one(patched(data, b"PK\1\2", 8, b"\1\0")) == "is encrypted"
    assert one(patched(data, b"PK\1\2", 10, b"\x0c\0")) == "is compressed by method 12"
    assert one(patched(data, b"PK\1\2", 16, b"\0\0\0\0")) == "is damaged: its size or checksum is another"
    assert one(patched(data, b"PK\1\2", 24, b"\1\0\0\0")) == "inflates to more than it declares"
    assert one(patched(data, b"PK\1\2", 24, b"\xff\xff\0\0")) == "is damaged: its size or checksum is another"
    assert one(patched(data, b"PK\1\2", 24, b"\xff\xff\xff\x7f")) == "inflates to 2147483647 bytes, over 1048576"
    assert one(patched(data, b"PK\1\2", 20, b"\xff\xff\0\0")) == "reaches into the directory"
    assert one(patched(data, b"PK\1\2", 42, b"\xff\xff\0\0")) == "lies outside of the archive"
    assert one(patched(data, b"PK\1\2", 42, b"\1\0\0\0")) == "has no local header"
    assert one(patched(data, b"PK\3\4", 31, b"\xff\xff\xff")).startswith("is damaged")
    assert (
        one(patched(zipped({"a": b"x"}, zipfile.ZIP_STORED), b"PK\1\2", 24, b"\2\0\0\0")) == "is stored, with two sizes"
    )


def test_a_name_of_the_local_header_that_is_another_is_noted_and_read():
    found = archive(patched(zipped({"a": b"1"}), b"PK\3\4", 30, b"b"))
    assert contents(found) == {"a": b"1"}
    assert found.reasons == ["a: is called 'b' in its local header"]


@pytest.mark.parametrize("shift", [0, 31])
def test_overlapping_entries_are_not_read(shift):
    """As in Fifield's bombs, where the entries of the directory lead into the same bytes."""
    header = struct.pack("<4s22xHH", b"PK\3\4", 1, 0) + b"a"
    found = archive(zipped({"a": header + bytes(100), "b": b"rest"}, zipfile.ZIP_STORED))
    first, last = found.entries
    assert found.read(first, BIG) == found.read(first, BIG) == header + bytes(100)
    with pytest.raises(ValueError, match="overlaps another entry"):
        found.read(replace(first, name="x", offset=shift, size=100, compressed=100), BIG)
    assert found.read(last, BIG) == b"rest"


def test_a_directory_that_is_cut_off_gives_what_it_has():
    data = zipped({"a": b"1", "b": b"2"})
    second = data.rindex(b"PK\1\2")
    found = archive(data[:second] + b"none" + data[second + 4 :])
    assert contents(found) == {"a": b"1"}
    assert found.reasons == ["its directory has 1 entries and claims 2"]


def test_allowances_count_down_over_archives():
    allowance = Allowance(entries=3, inflated=5, archives=3)
    first = archive(zipped({"a": b"1234", "b": b"2"}), allowance=allowance)
    first.read(first.entries[0], BIG)
    second = archive(zipped({"a": b"1234", "b": b"2"}), allowance=allowance)
    assert [entry.name for entry in second.entries] == ["a"]
    assert second.reasons == ["more entries in one file than are read"]
    with pytest.raises(ValueError, match="more bytes"):
        second.read(second.entries[0], BIG)
    archive(zipped({}), allowance=allowance)
    with pytest.raises(ValueError, match="more archives"):
        archive(zipped({}), allowance=allowance)


@given(st.data())
def test_mutations_raise_nothing_but_value_errors(data):
    content = bytearray(zipped(FILES) if data.draw(st.booleans()) else zip64(b""))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[len(content) - data.draw(st.integers(0, 30)) :]
    try:
        found = archive(bytes(content))
    except ValueError:
        return
    for entry in found.entries:
        try:
            assert len(found.read(entry, BIG)) == entry.size
        except ValueError:
            continue
