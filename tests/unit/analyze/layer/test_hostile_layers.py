"""Layers that are built to exhaust their reader: a code for each, and no more memory than any other layer takes."""

import gzip
import itertools
import time
import tracemalloc
import zlib

import pytest
from backports import zstd
from tests.harness import raw_tars as tars
from tests.harness.raw_tars import END, file, symlink

from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT, Limits
from analyze.scratch import Scratch
from cargohold.errors import DeadlineExceeded, HostileContent, ImageTooLarge, TruncatedContent

_NAME = 64 << 10
_MOST = 24 << 20  # bytes that Python may hold for a layer without many entries: parts in flight, an inflated window


def _bounded(parts, scratch, error, *, most=_MOST, limits=DEFAULT, deadline=None, match="."):
    tracemalloc.start()
    try:
        with pytest.raises(error, match=match):
            walk_layer(
                parts, blob_digest="", diff_id="", catalogers=(), limits=limits, scratch=scratch, deadline=deadline
            )
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "name",
    [b"n" * _NAME, b"d/" * (_NAME // 2) + b"f", b"./" * (_NAME // 2) + b"d/" * 5000 + b"f"],
    ids=["one component", "all components", "many after dots"],
)
@pytest.mark.parametrize("dialect", ["gnu", "pax"])
def test_names_of_64_kib_are_refused(scratch, name, dialect):
    extended = tars.gnu_long(name) if dialect == "gnu" else tars.pax([(b"path", name)])
    _bounded([extended + file(b"short") + END], scratch, HostileContent, match="a path of")


def test_a_long_way_round_to_a_short_name_is_that_name(walk):
    record = walk(tars.gnu_long(b"./" * (_NAME // 2) + b"f") + file(b"short") + END)
    assert record.entries.paths == [b"f"]


@pytest.mark.parametrize("dialect", ["gnu", "pax"])
def test_link_targets_of_64_kib_count_as_names(walk, scratch, dialect):
    target = b"t/" * (_NAME // 2)
    extended = tars.gnu_long(target, b"K") if dialect == "gnu" else tars.pax([(b"linkpath", target)])
    assert len(walk(extended + symlink(b"l", b"x") + END).entries) == 1
    enough = DEFAULT.layer_names // _NAME
    links = (extended + symlink(b"%d" % number, b"x") for number in range(enough + 1))
    # All of them are held until the limit is reached, and a target again while it is read.
    _bounded(links, scratch, ImageTooLarge, most=DEFAULT.layer_names + _MOST, match="the names in")


def test_a_path_through_links_of_64_kib_is_an_unknown(walk):
    links = b"".join(
        tars.gnu_long(b"../" * 5000 + b"%d" % (number + 1), b"K") + symlink(b"%d" % number, b"x") for number in range(9)
    )
    record = walk(links + file(b"0/file") + END)
    assert [unknown.reason for unknown in record.unknowns] == ["a path through too many symbolic links"]


def test_cycles_of_links_end(walk):
    pair = symlink(b"a", b"b") + symlink(b"b", b"a") + file(b"a/x") + tars.hard_link(b"h", b"b/y")
    chain = b"".join(symlink(b"c%d" % number, b"c%d" % ((number + 1) % 500)) for number in range(500))
    own = symlink(b"self", b"self/self/self") + file(b"self/x")
    record = walk(pair + chain + file(b"c7/x") + own + END)
    assert len(record.entries) == 503
    assert {unknown.path for unknown in record.unknowns} == {"/a/x", "/h", "/c7/x", "/self/x"}


def test_a_zstd_bomb_is_stopped_by_its_ratio_in_bounded_memory(scratch):
    bomb = itertools.repeat(zstd.compress(bytes(64 << 20), 19))
    head = zstd.compress(tars.header(b"zeros", size=1 << 60))
    _bounded(itertools.chain([head], bomb), scratch, HostileContent, match="come out of every byte")


def test_a_gzip_bomb_is_stopped_by_its_size_in_bounded_memory(scratch):
    bomb = itertools.repeat(gzip.compress(bytes(16 << 20), 9))  # deflate ends at 1032 to 1, as files of zeros are
    head = gzip.compress(tars.header(b"zeros", size=1 << 60))
    limits = Limits(layer_uncompressed=256 << 20)
    _bounded(itertools.chain([head], bomb), scratch, ImageTooLarge, limits=limits)


def test_a_layer_that_never_ends_is_stopped_by_its_size(scratch):
    part = bytes(1 << 20)
    parts = itertools.chain([tars.header(b"endless", size=1 << 60)], itertools.repeat(part))
    limits = Limits(layer_uncompressed=32 << 20)
    _bounded(parts, scratch, ImageTooLarge, limits=limits)


def test_a_layer_that_never_ends_is_stopped_by_the_deadline(scratch, monkeypatch):
    now, read = time.monotonic, itertools.count()

    def parts():
        yield tars.header(b"endless", size=1 << 60)
        for _ in read:
            yield bytes(1 << 16)

    clock = itertools.count(now())
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))  # every look at it takes a second
    _bounded(parts(), scratch, DeadlineExceeded, deadline=now() + 100)
    assert next(read) < 110


def test_the_end_of_a_tar_that_never_ends_is_read_no_further_than_its_size(scratch):
    parts = itertools.chain([file(b"a") + END], itertools.repeat(b"\x01" * (1 << 20)))
    limits = Limits(layer_uncompressed=32 << 20)
    _bounded(parts, scratch, ImageTooLarge, limits=limits)


def test_extended_headers_that_never_end_are_stopped_by_the_size(scratch):
    parts = itertools.repeat(tars.gnu_long(b"n" * _NAME))
    limits = Limits(layer_uncompressed=32 << 20)
    _bounded(parts, scratch, ImageTooLarge, limits=limits)


def test_a_sparse_map_that_never_ends_is_stopped_by_the_size(scratch):
    tail = bytearray(167)
    tail[482 - 345] = 1
    head = tars.header(b"s", kind=b"S", size=0, magic=b"ustar  \0", tail=bytes(tail))
    more = bytes(504) + b"\1" + bytes(7)
    limits = Limits(layer_uncompressed=32 << 20)
    _bounded(itertools.chain([head], itertools.repeat(more * 2048)), scratch, ImageTooLarge, limits=limits)


@pytest.mark.parametrize("stated", [1 << 40, (1 << 63) - 1])
def test_a_size_that_is_a_lie_reserves_nothing(scratch, stated):
    head = tars.header(b"var/lib/dpkg/status", size=tars.base256(stated, 12))
    _bounded([head + b"Package: a\n"], scratch, TruncatedContent)


def test_empty_members_of_gzip_are_not_read_at_the_price_of_full_ones(scratch):
    empty = zlib.compressobj(9, zlib.DEFLATED, 31)
    member = empty.compress(b"") + empty.flush()
    tar = gzip.compress(file(b"a", b"x") + END)
    started = time.process_time()
    record = walk_layer(
        [member * 50_000 + tar], blob_digest="", diff_id="", catalogers=(), limits=DEFAULT, scratch=scratch
    )
    assert record.entries.paths == [b"a"]
    assert time.process_time() - started < 20  # 0.1 s on a machine at rest


@pytest.fixture
def scratch(tmp_path):
    with Scratch(tmp_path, "hostile", budget=1 << 20, memory=1 << 20) as scratch:
        yield scratch
