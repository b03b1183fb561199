"""The tar dialect, trap A9: Go's archive/tar decides, Python's tarfile and GNU tar agree where they can."""

import io
import subprocess
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness import raw_tars as tars
from tests.harness.raw_tars import END, file, pax

from analyze.layer.entries import EntryType
from cargohold.errors import CargoholdError, HostileContent, InvalidImage, TruncatedContent

pytestmark = pytest.mark.trap("A9")


def only(record):
    assert len(record.entries) == 1
    return record.entries


def test_gnu_long_names_and_links(walk):
    name, target = b"d/" + b"n" * 300, b"t" * 400
    tar = tars.gnu_long(target, b"K") + tars.gnu_long(name) + tars.symlink(b"short", b"short") + END
    entries = only(walk(tar))
    assert (entries.paths, entries.links) == ([name], {0: target})


def test_a_gnu_long_name_wins_over_a_pax_path(walk):
    tar = pax([(b"path", b"from-pax")]) + tars.gnu_long(b"from-gnu") + file(b"short") + END
    assert only(walk(tar)).paths == [b"from-gnu"]


def test_the_ustar_prefix_counts_and_the_gnu_one_does_not(walk):
    assert only(walk(file(b"name", prefix=b"pre") + END)).paths == [b"pre/name"]
    assert only(walk(file(b"name", magic=b"ustar  \0", tail=b"00000000000\0") + END)).paths == [b"name"]
    assert only(walk(file(b"name", magic=b"ustar  \0", tail=b"pre/fix") + END)).paths == [b"pre/fix/name"]
    assert only(walk(file(b"name", magic=bytes(8), tail=b"pre") + END)).paths == [b"name"]


def test_star_has_a_shorter_prefix(walk):
    tail = b"pre".ljust(131, b"\0") + b"00000000000 " * 2
    assert only(walk(file(b"name", tail=tail.ljust(163, b"\0") + b"tar\0") + END)).paths == [b"pre/name"]


def test_base_256_numbers(walk):
    tar = tars.header(
        b"f", size=tars.base256(3, 12), uid=tars.base256(3_000_000, 8), mtime=tars.base256(-5, 12)
    ) + tars.padded(b"abc")
    entries = only(walk(tar + END))
    assert (entries.sizes[0], entries.uids[0], entries.mtimes[0]) == (3, 3_000_000, -5)


def test_pax_overrides(walk):
    records = [
        (b"path", b"real"),
        (b"size", b"5"),
        (b"uid", b"4000000000"),
        (b"mtime", b"-1.5"),
        (b"SCHILY.xattr.security.capability", b"\1\0\0\2\0 \0\0"),
    ]
    entries = only(walk(pax(records) + tars.header(b"fake", size=2) + tars.padded(b"12345") + END))
    assert (entries.paths, entries.sizes[0], entries.uids[0], entries.mtimes[0]) == ([b"real"], 5, 4_000_000_000, -2)
    assert entries.digest(0) == tars.digest(b"12345")
    assert entries.capabilities == {0: b"\1\0\0\2\0 \0\0"}


def test_an_empty_pax_value_keeps_the_header(walk):
    assert only(walk(pax([(b"path", b"")]) + file(b"kept") + END)).paths == [b"kept"]


def test_the_second_pax_header_replaces_the_first(walk):
    tar = pax([(b"path", b"one"), (b"uid", b"7")]) + pax([(b"path", b"two")]) + file(b"x") + END
    entries = only(walk(tar))
    assert (entries.paths, entries.uids[0]) == ([b"two"], 0)


def test_a_global_pax_header_changes_nothing_and_is_named(walk):
    record = walk(pax([(b"path", b"global")], b"g") + file(b"x") + END)
    assert only(record).paths == [b"x"]
    assert "global" in record.unknowns[0].reason
    assert walk(pax([(b"comment", b"commit")], b"g") + file(b"x") + END).unknowns == []


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_header_only_types_carry_no_data(walk, kind):
    tar = file(b"target") + tars.header(b"odd", kind=kind, size=512, link=b"target") + file(b"next", b"n") + END
    assert walk(tar).entries.paths[-1] == b"next"


def test_a_legacy_directory(walk):
    tar = tars.header(b"old/", kind=b"\0", size=512) + file(b"next", b"n") + END
    entries = walk(tar).entries
    assert entries.paths == [b"old", b"next"]
    assert entries.types[0] == EntryType.DIRECTORY


def test_sparse_files_are_never_expanded(walk):
    old = b"sparse".ljust(100, b"\0")
    tail = bytearray(167)
    tail[482 - 345] = 1
    tail[483 - 345 : 495 - 345] = tars.octal(1 << 32, 12)
    extension = bytearray(512)
    tar = (
        tars.header(old, kind=b"S", size=4, magic=b"ustar  \0", tail=bytes(tail))
        + bytes(extension)
        + tars.padded(b"data")
        + pax([(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", b"newer")])
        + file(b"GNUSparseFile.0/newer", b"0\n")
        + file(b"next", b"n")
        + END
    )
    record = walk(tar)
    assert record.entries.paths == [b"sparse", b"newer", b"next"]
    assert record.entries.sizes[0] == 1 << 32
    assert [record.entries.digest(number) for number in (0, 1)] == ["", ""]
    assert [unknown.path for unknown in record.unknowns] == ["/sparse", "/newer"]


@pytest.mark.parametrize("key", [b"path", b"linkpath", b"uname"])
def test_a_nul_in_a_pax_path_is_hostile(walk, key):
    with pytest.raises(HostileContent):
        walk(pax([(key, b"a\0b")]) + file(b"x") + END)


@pytest.mark.parametrize(
    "content",
    [b"x", b"99 path=a\n", b"7 path\n\n", b"10 path=ab", b"-9 path=a\n", b"4 =\n", b"6  =a\n\n", b"1_0 path=a\n"],
)
def test_broken_pax_records_are_refused(walk, content):
    with pytest.raises(InvalidImage):
        walk(file(b"pax", content, kind=b"x") + file(b"x") + END)


def test_extended_headers_are_bounded(walk):
    with pytest.raises(HostileContent):
        walk(tars.header(b"pax", kind=b"x", size=1 << 30) + bytes(1024))


@pytest.mark.parametrize(
    "fields",
    [
        {"checksum": b"0000000\0"},
        {"size": b"99999999999"},
        {"size": b"1_0"},
        {"size": tars.base256(-1, 12)},
        {"size": b"\xff" * 12},
        {"size": b"\xbf" + b"\xff" * 11},
        {"mode": b"0o7"},
        {"mtime": b"x"},
    ],
)
def test_broken_headers_are_refused(walk, fields):
    with pytest.raises(InvalidImage):
        walk(tars.header(b"x", **fields) + END)


@pytest.mark.parametrize("key", [b"mtime", b"atime", b"ctime"])
@pytest.mark.parametrize("value", [b"9223372036854775808", b"-9223372036854775809", b"9999999999999999999.5", b"1e3"])
def test_times_that_go_refuses_are_refused(walk, key, value):
    with pytest.raises(InvalidImage):
        walk(tars.pax([(key, value)]) + tars.header(b"x") + END)


@pytest.mark.parametrize("value", [b"9223372036854775807.9", b"-9223372036854775808", b"-9223372036854775808.9"])
def test_the_first_and_last_times_are_kept(walk, value):
    assert walk(tars.pax([(b"mtime", value)]) + tars.header(b"x") + END).entries.mtimes[0] == int(
        value.partition(b".")[0]
    )


def test_signed_checksums_of_old_tars_pass(walk):
    block = bytearray(tars.header(b"caf\xe9"))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(byte - 256 if byte > 127 else byte for byte in block)
    assert only(walk(bytes(block) + END)).paths == [b"caf\xe9"]


def test_a_checksum_off_by_the_modulus_of_adler_is_refused(walk):
    block = bytearray(tars.header(b"\xff" * 100, link=b"\xff" * 100, prefix=b"\xff" * 155))
    stated = int(block[148:154], 8)
    block[148:156] = b"%06o\0 " % (stated - 65521 if stated > 65521 else stated + 65521)
    with pytest.raises(InvalidImage):
        walk(bytes(block) + END)


_component = st.binary(min_size=1, max_size=60).filter(lambda b: not set(b) & {0, 47} and not b.startswith(b"."))
_path = st.lists(_component, min_size=1, max_size=6).map(b"/".join)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.dictionaries(_path, st.binary(max_size=1500), max_size=8),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_tarfile_writes_and_reads_the_same(walk, files, dialect):
    tops = {path.split(b"/")[0]: path for path in files}
    files = {path: files[path] for path in tops.values()}  # no file below another
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dialect, errors="surrogateescape") as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path.decode("utf-8", "surrogateescape"))
            info.size, info.mtime, info.uid = len(content), 1.5 if dialect == tarfile.PAX_FORMAT else 1, 1 << 31
            archive.addfile(info, io.BytesIO(content))
    record = walk(buffer.getvalue())
    assert {path: record.entries.digest(number) for number, path in enumerate(record.entries.paths)} == {
        path: tars.digest(content) for path, content in files.items()
    }
    assert set(record.entries.mtimes) <= {1}
    assert set(record.entries.uids) <= {1 << 31}


@pytest.mark.parametrize("dialect", ["gnu", "pax", "ustar", "oldgnu", "posix"])
def test_gnu_tar_as_oracle(walk, tmp_path, dialect):
    root = tmp_path / "tree"
    (root / "d" / ("long" * 20)).mkdir(parents=True)
    (root / "d" / ("long" * 20) / ("name" * 20)).write_bytes(b"content" * 300)
    (root / "link").symlink_to("d")
    (root / "hard").hardlink_to(root / "d" / ("long" * 20) / ("name" * 20))
    done = subprocess.run(["tar", "-C", root, f"--format={dialect}", "-cf", "-", "."], check=True, capture_output=True)
    entries = walk(done.stdout).entries
    expected = sorted(str(path.relative_to(root)).encode() for path in root.rglob("*"))
    assert sorted(entries.paths) == expected
    assert len(entries.bound) == 1
    assert {entries.digest(n) for n, kind in enumerate(entries.types) if kind == EntryType.FILE} == {
        tars.digest(b"content" * 300)
    }


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.data())
def test_damaged_tars_give_entries_or_an_error_of_ours(walk, data):
    tar = bytearray(
        pax([(b"path", b"p" * 120)]) + file(b"a", b"1") + tars.gnu_long(b"l" * 120) + tars.hard_link(b"b", b"a") + END
    )
    for _ in range(data.draw(st.integers(1, 6))):
        tar[data.draw(st.integers(0, len(tar) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(tar)))
    try:
        walk(bytes(tar[:cut]))
    except CargoholdError as error:
        assert error.permanent  # noqa: PT017 -- either outcome is right
        assert isinstance(error, InvalidImage | HostileContent | TruncatedContent)  # noqa: PT017
