"""The readers of rpm's formats against what SQLite itself says, and against damage."""

import io
import random
import sqlite3
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings

from analyze.catalogers.rpm import RpmCataloger, bdb, ndb, sqlite
from analyze.catalogers.rpm.header import Header
from analyze.catalogers.rpm.signatures import signature
from analyze.catalogers.sqlite import Tree
from analyze.catalogers.sqlite.log import _checksum
from analyze.catalogers.text import Reasons

RPM = RpmCataloger()
TREE = tree("rpm")
DATABASE = b"var/lib/rpm/rpmdb.sqlite"
SCHEMA = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"
SIZES = st.integers(0, 3000)


def header(name: str, *entries: tuple[int, int, int, bytes]) -> bytes:
    """Return a header; `entries` are tag, type, count and data."""
    index, data = b"", b""
    for tag, kind, count, content in [(1000, 6, 1, name.encode() + b"\0"), (1001, 6, 1, b"1\0"), *entries]:
        data += b"\0" * (-len(data) % 8)
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += content
    return struct.pack(">II", len(index) // 16, len(data)) + index + data


def padded(name: str, size: int) -> bytes:
    return header(name, (1005, 6, 1, b"d" * size + b"\0"))


def rows(content: bytes) -> tuple[list[tuple[int, bytes]], list[str]]:
    reasons = Reasons()
    found = list(sqlite.blobs(io.BytesIO(content), len(content), reasons, Tree()))
    return found, reasons.listed()


@given(st.sampled_from([512, 1024, 4096, 65536]), st.lists(SIZES, max_size=60), st.integers(0, 30), st.booleans())
def test_sqlite_rows_are_those_that_sqlite_reads(page, sizes, tables, delete):
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"PRAGMA page_size={page}")
        for number in range(tables):
            connection.execute(f"CREATE TABLE other{number} (a TEXT, b INTEGER)")
        connection.execute(SCHEMA)
        connection.executemany("INSERT INTO Packages(blob) VALUES (?)", [(b"x" * (size + 1),) for size in sizes])
        if delete:
            connection.execute("DELETE FROM Packages WHERE hnum % 3 = 0")
        connection.commit()
        expected = connection.execute("SELECT hnum, blob FROM Packages ORDER BY hnum").fetchall()
        content = connection.serialize()
    assert rows(content) == (expected, [])


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([512, 1024, 4096]), st.booleans())
def test_database_and_log_give_the_rows_that_sqlite_reads(tmp_path_factory, seed, page, moved):
    rng = random.Random(seed)
    path = tmp_path_factory.mktemp("wal") / "rpmdb.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size={page}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(SCHEMA)
    connection.execute("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
    number = 0
    for step in range(2):
        for _ in range(rng.randrange(40)):
            known = [row[0] for row in connection.execute("SELECT hnum FROM Packages")]
            action = rng.random()
            connection.execute("BEGIN")
            if action < 0.6 or not known:
                blob = padded(f"p{number}", rng.choice([0, 100, 400, 1500, 9000]))
                connection.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,))
                connection.execute("INSERT INTO Name VALUES (?, ?, 0)", (f"p{number}", number))
                number += 1
            elif action < 0.85:
                connection.execute("DELETE FROM Packages WHERE hnum=?", (rng.choice(known),))
            else:  # as rpm does when the state of a file changes: the same size, other bytes
                row = rng.choice(known)
                blob = connection.execute("SELECT blob FROM Packages WHERE hnum=?", (row,)).fetchone()[0]
                connection.execute("REPLACE INTO Packages VALUES (?, ?)", (row, blob.replace(b"d\0", b"e\0")))
            connection.execute("ROLLBACK" if rng.random() < 0.1 else "COMMIT")
        if not step and moved:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    expected = sorted(Header(blob, {1000}).text(1000) for (blob,) in connection.execute("SELECT blob FROM Packages"))
    main, log = path.read_bytes(), path.with_name("rpmdb.sqlite-wal").read_bytes()
    connection.close()
    view = View([{DATABASE: main, DATABASE + b"-wal": log}], RPM)
    assert sorted(finding.package.name for finding in findings(view, RPM)) == expected
    for found in view.facts("rpm"):
        assert found.facts.unknowns == []


def logged(*, commit: bool = True) -> tuple[bytes, list[int]]:
    """Return the log of the fixture, and where its frames start."""
    log = TREE[b"srv/log/var/lib/rpm/rpmdb.sqlite-wal"]
    assert isinstance(log, bytes)
    return log, list(range(32, len(log), 24 + 512))


@pytest.mark.trap("A11")
def test_a_log_counts_up_to_its_last_whole_commit():
    log, frames = logged()
    names = []
    for end in [*frames, len(log)]:
        facts = extract(RPM, DATABASE + b"-wal", log[:end])
        names.append(facts and [one["name"] for one in facts.identity])
    assert names[-1] == ["gamma"]
    assert names[-2] != ["gamma"]
    assert names[0] is None
    for at in frames[-1] + 4, frames[-1] + 8, frames[-1] + 16, frames[-1] + 30:  # commit, salt, checksum, content
        damaged = bytearray(log)
        damaged[at] ^= 1
        facts = extract(RPM, DATABASE + b"-wal", bytes(damaged))
        assert facts is None or facts.identity == []


def test_a_log_of_the_other_byte_order():
    log, frames = logged()
    swapped = bytearray(log[:32])
    swapped[3] |= 1
    sums = _checksum(">", bytes(swapped[:24]), (0, 0))
    swapped[24:32] = struct.pack(">II", *sums)
    for at in frames:
        frame = log[at : at + 24 + 512]
        sums = _checksum(">", frame[24:], _checksum(">", frame[:8], sums))
        swapped += frame[:16] + struct.pack(">II", *sums) + frame[24:]
    assert extract(RPM, DATABASE + b"-wal", bytes(swapped)) == extract(RPM, DATABASE + b"-wal", log)


@given(st.lists(st.binary(max_size=200), max_size=20), st.integers(1, 3))
def test_ndb(contents, pages):
    slots, body, at = b"", b"", pages * 4096
    for number, content in enumerate(contents, 1):
        blob = b"BlbS" + struct.pack("<III", number, 1, len(content)) + content
        blob = blob + b"\0" * (-(len(blob) + 12) % 16) + b"\0" * 8 + b"BlbE"
        slots += b"Slot" + struct.pack("<III", number, at // 16, len(blob) // 16)
        body, at = body + blob, at + len(blob)
    head = (b"RpmP" + struct.pack("<IIII", 0, 1, pages, 99)).ljust(32, b"\0") + slots
    head += (b"Slot" + bytes(12)) * ((pages * 4096 - len(head)) // 16)
    reasons = Reasons()
    assert list(ndb.blobs(io.BytesIO(head + body), len(head + body), reasons)) == list(enumerate(contents, 1))
    assert reasons.listed() == []


@pytest.mark.parametrize("path", [path for path in TREE if b"manifest" not in path])
def test_every_cut_is_told(path):
    """What is whole is still found; only SQLite's log is cut without being damaged."""
    whole = extract(RPM, path, TREE[path])
    for size in range(20, len(TREE[path]), 97):
        facts = extract(RPM, path, TREE[path][:size])
        if facts is None:
            assert path.endswith(b"-wal")
            continue
        assert facts.unknowns or path.endswith(b"-wal") or facts.identity == whole.identity
        assert all(one in whole.identity for one in facts.identity)


def hostile(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def test_pages_that_lead_to_each_other():
    content = TREE[b"usr/share/rpm/rpmdb.sqlite"]
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size=512")
    connection.execute(SCHEMA)
    connection.executemany("INSERT INTO Packages(blob) VALUES (?)", [(b"x" * 100,) for _ in range(100)])
    connection.commit()
    content = connection.serialize()
    root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name='Packages'").fetchone()[0]
    found, reasons = rows(hostile(content, (root - 1) * 512 + 8, struct.pack(">I", root)))
    assert 0 < len(found) < 100
    assert reasons == [f"page {root} lies outside the file, or belongs to two tables or rows"]


def test_overflow_pages_that_lead_to_each_other():
    content = TREE[b"var/lib/rpm/Packages"]
    for page in range(1, len(content) // 512):
        if content[page * 512 + 25] == 7:
            content = hostile(content, page * 512 + 16, struct.pack("<I", page))
    facts = extract(RPM, b"var/lib/rpm/Packages", content)
    assert facts.identity == []
    assert len(facts.unknowns) == 4


def test_blobs_that_overlap():
    slots = b"".join(b"Slot" + struct.pack("<III", 1, 256, 60_000) for _ in range(254))
    head = (b"RpmP" + struct.pack("<IIII", 0, 1, 1, 9)).ljust(32, b"\0") + slots
    blob = b"BlbS" + struct.pack("<III", 1, 1, 900_000) + bytes(960_000)
    reasons = Reasons()
    assert len(list(ndb.blobs(io.BytesIO(head + blob), len(head + blob), reasons))) == 1
    assert reasons.listed() == ["blobs that overlap"]


@pytest.mark.parametrize("byte", [0, 0x0F, 0x7F, 0xFF])
def test_absurd_numbers_everywhere(byte):
    for path, content in TREE.items():
        for at in range(0, min(len(content), 1200), 7):
            for width in (1, 4):
                extract(RPM, path, hostile(content, at, bytes([byte]) * width))


def test_bombs_of_paths():
    """A million characters of directory, for each of 100,000 files."""
    count = 100_000
    blob = header(
        "bomb",
        (1116, 4, count, bytes(4 * count)),
        (1117, 8, count, b"a\0" * count),
        (1118, 8, 1, b"/" + b"d" * 1_000_000 + b"\0"),
    )
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA)
    connection.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,))
    connection.commit()
    facts = extract(RPM, DATABASE, connection.serialize())
    assert [one["name"] for one in facts.identity] == ["bomb"]
    assert facts.unknowns == ["row 1: more than 300000 files, or 33554432 characters of their paths"]


@pytest.mark.parametrize(
    "entries",
    [
        [(1117, 8, 9, b"a\0b\0"), (1116, 4, 9, bytes(36)), (1118, 8, 1, b"/\0")],
        [(1117, 8, 1, b"a\0"), (1116, 4, 1, b"\0\0\0\1"), (1118, 8, 1, b"/\0")],
        [(1117, 8, 2, b"a\0b\0"), (1116, 4, 1, bytes(4)), (1118, 8, 1, b"/\0")],
        [(1117, 8, 1, b"a\0"), (1116, 4, 1, bytes(4)), (1118, 8, 1, b"/\0"), (1030, 3, 2, bytes(4))],
        [(1117, 4, 1, bytes(4))],
        [(1003, 4, 0xFFFFFFFF, bytes(4))],
        [(1047, 8, 0xFFFFFFFF, b"a\0")],
        [(1047, 8, 600_000, b"ab\0" * 600_000)],
        [(1116, 4, 600_000, bytes(4 * 600_000)), (1117, 8, 1, b"a\0"), (1118, 8, 1, b"/\0")],
        [(268, 7, 0xFFFFFFFF, b"\x89")],
        [(268, 7, 4, b"\x89\x01\x02\x03")],
        [(278, 8, 1, b"AAAA\0")],
    ],
)
def test_damage_in_a_header_costs_only_what_it_is_of(entries):
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA)
    connection.execute("INSERT INTO Packages(blob) VALUES (?)", (header("a", *entries),))
    connection.commit()
    facts = extract(RPM, DATABASE, connection.serialize())
    assert facts.identity == [{"name": "a", "version": "1", "architecture": ""}]
    assert len(facts.unknowns) == 1
    assert facts.unknowns[0].startswith("row 1: ")


def test_old_lists_of_whole_paths_and_later_entries():
    blob = header("a", (1027, 8, 2, b"/bin/a\0/etc/b\0"), (1001, 6, 1, b"2\0"))
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA)
    connection.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,))
    connection.commit()
    view = View([{DATABASE: connection.serialize()}], RPM)
    package = findings(view, RPM)[0].package
    assert (package.version, package.files) == ("2", ("/bin/a", "/etc/b"))


def test_a_package_that_is_called_none_has_no_name():
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA)
    connection.execute("INSERT INTO Packages(blob) VALUES (?)", (header("(none)"),))
    connection.commit()
    facts = extract(RPM, DATABASE, connection.serialize())
    assert (facts.identity, facts.unknowns) == ([], ["row 1: a package without a name"])
    connection.close()


@given(st.binary(max_size=300))
def test_arbitrary_signatures(packet):
    try:
        signature(packet)
    except ValueError:
        return


def test_signatures_of_both_versions():
    third = b"\x89\x00\x15\x03\x05\x00" + struct.pack(">I", 1_000_000_000) + bytes(range(8)) + b"\x11\x02" + b"\0\0"
    assert signature(third) == {
        "algo": "DSA",
        "hash": "SHA1",
        "created": "Sun Sep  9 01:46:40 2001",
        "issuer": "0001020304050607",
    }
    hashed = b"\x05\x02" + struct.pack(">I", 1_600_000_000)
    unhashed = b"\x16\x21\x04" + bytes(12) + bytes(range(8))
    body = b"\x04\x00\x16\x0a" + struct.pack(">H", len(hashed)) + hashed + struct.pack(">H", len(unhashed)) + unhashed
    assert signature(bytes([0xC2, len(body)]) + body) == {
        "algo": "EdDSA",
        "hash": "SHA512",
        "created": "Sun Sep 13 12:26:40 2020",
        "issuer": "0001020304050607",
    }


def test_which_files_are_berkeley_databases():
    assert bdb.is_bdb(TREE[b"var/lib/rpm/Packages"][:16])
    assert bdb.is_bdb(TREE[b"srv/big-endian/var/lib/rpm/Packages"][:16])
    assert not bdb.is_bdb(b"")
    assert not bdb.is_bdb(bytes(16))
