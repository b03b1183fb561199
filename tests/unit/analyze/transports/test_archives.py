"""Tar files read in place: the index, links, gzip with places to come back to, and hostile ones."""

import gzip
import io
import itertools
import tarfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyze.transports.archive import Archive
from analyze.transports.inflate import Forward
from cargohold.errors import HostileContent, ImageNotFound, ImageTooLarge, InvalidImage, TruncatedContent

LARGEST = 1 << 30
FILES = {"a": b"a" * 10, "dir/b": bytes(range(256)) * 5000, "empty": b"", "c" * 150: b"long name", "é": b"unicode"}


def add(tar: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    for field, value in fields.items():
        setattr(entry, field, value)
    tar.addfile(entry, io.BytesIO(content))


def archive(path: Path, *, compressed: bool, members: int = 1, format: int = tarfile.PAX_FORMAT) -> Path:  # noqa: A002
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=format) as tar:
        for name, content in FILES.items():
            add(tar, name, content)
        add(tar, "one/layer.tar", type=tarfile.SYMTYPE, linkname="../dir/b")
        add(tar, "two/layer.tar", type=tarfile.SYMTYPE, linkname="../one/layer.tar")
        add(tar, "hard", type=tarfile.LNKTYPE, linkname="dir/b")
        add(tar, "escape", type=tarfile.SYMTYPE, linkname="../../../../etc/passwd")
        add(tar, "loop", type=tarfile.SYMTYPE, linkname="loop")
        add(tar, "dangling", type=tarfile.SYMTYPE, linkname="nothing")
        add(tar, "pipe", type=tarfile.FIFOTYPE)
    content = raw.getvalue()
    if compressed:
        step = -(-len(content) // members)
        content = b"".join(gzip.compress(content[at : at + step]) for at in range(0, len(content), step))
    path.write_bytes(content)
    return path


def read(found: Archive, name: str) -> bytes:
    with found.open(name) as parts:
        listed = list(parts)
    assert all(0 < len(part) <= 1 << 20 for part in listed)
    return b"".join(listed)


@pytest.mark.trap("A14")
@pytest.mark.parametrize(("compressed", "members"), [(False, 1), (True, 1), (True, 7)])
@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_every_member_is_read_where_it_lies_in_any_order(
    tmp_path: Path,
    compressed: bool,
    members: int,
    format: int,  # noqa: A002
) -> None:
    found = Archive(str(archive(tmp_path / "x.tar", compressed=compressed, members=members, format=format)), LARGEST)
    for name in reversed(FILES):
        assert read(found, name) == FILES[name]
        assert found.size(name) == len(FILES[name])
        assert found.head(name) == FILES[name][:8]
    for name in ("one/layer.tar", "two/layer.tar", "hard", "./two/../hard"):
        assert read(found, name) == FILES["dir/b"]
    assert found.size("nothing") is None
    assert found.size("escape") is None
    for name in ("nothing", "escape", "dangling"):
        with pytest.raises(InvalidImage):
            read(found, name)
    with pytest.raises(HostileContent):
        read(found, "loop")
    with pytest.raises(ImageTooLarge):
        found.read("dir/b", 1000)


def test_members_are_read_by_several_threads_at_once(tmp_path: Path) -> None:
    found = Archive(str(archive(tmp_path / "x.tar.gz", compressed=True)), LARGEST)
    with ThreadPoolExecutor(8) as pool:
        assert all(
            content == FILES[name]
            for name, content in zip(list(FILES) * 8, pool.map(lambda n: read(found, n), list(FILES) * 8), strict=True)
        )


@pytest.mark.parametrize("compressed", [False, True])
def test_an_archive_that_is_cut_off_is_truncated(tmp_path: Path, compressed: bool) -> None:
    path = archive(tmp_path / "x.tar", compressed=compressed)
    content = path.read_bytes()
    for end in (len(content) // 3, len(content) // 2):
        path.write_bytes(content[:end])
        with pytest.raises((TruncatedContent, InvalidImage)):
            read(Archive(str(path), LARGEST), "dir/b")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"x" * 2000, gzip.compress(b"x" * 2000), b"\x1f\x8b", b"\x28\xb5\x2f\xfd"]
)
def test_what_is_no_tar_file_is_an_invalid_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises((InvalidImage, TruncatedContent)):
        Archive(str(tmp_path / "x"), LARGEST).read("manifest.json", 10)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ImageNotFound):
        Archive(str(tmp_path / "none"), LARGEST)
    with pytest.raises(InvalidImage):
        Archive(str(tmp_path), LARGEST)


def test_a_header_that_claims_gigabytes_is_not_believed(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 4 << 30
    (tmp_path / "x.tar").write_bytes(entry.tobuf() + bytes(1024))
    with pytest.raises(HostileContent):
        Archive(str(tmp_path / "x.tar"), LARGEST)


def test_headers_that_follow_each_other_without_end_are_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 5
    (tmp_path / "x.tar").write_bytes((entry.tobuf(tarfile.GNU_FORMAT) + b"name\0".ljust(512, b"\0")) * 5000)
    with pytest.raises(HostileContent):
        Archive(str(tmp_path / "x.tar"), LARGEST)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    block = b"".join(tarfile.TarInfo(f"{number}").tobuf() for number in range(20_002))
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(block, 1))
    with pytest.raises(HostileContent, match="members"):
        Archive(str(tmp_path / "x.tar.gz"), LARGEST)


def test_a_bomb_is_walked_in_bounded_memory(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with gzip.open(raw, "wb", compresslevel=1) as out:
        entry = tarfile.TarInfo("zeros")
        entry.size = 64 << 20
        out.write(entry.tobuf())
        for _ in range(64):
            out.write(bytes(1 << 20))
        out.write(bytes(1024))
    (tmp_path / "x.tar.gz").write_bytes(raw.getvalue())
    tracemalloc.start()
    try:
        found = Archive(str(tmp_path / "x.tar.gz"), LARGEST)
        with found.open("zeros") as parts:
            assert sum(map(len, parts)) == 64 << 20
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()


def test_a_compressed_archive_is_not_inflated_past_its_limit(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.gz", compressed=True)
    with pytest.raises(ImageTooLarge):
        Archive(str(path), 1 << 20)


def test_members_far_apart_and_close_together_are_found_from_shared_places(tmp_path: Path) -> None:
    noise = Random(7)
    files = {f"{number}": noise.randbytes(noise.choice([1, 700, 900_000])) for number in range(40)}
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            add(tar, name, content)
    found = Archive(str(tmp_path / "x.tar.gz"), LARGEST)
    assert {name: read(found, name) for name in reversed(files)} == files


@given(
    content=st.binary(min_size=1, max_size=5000),
    splits=st.lists(st.integers(0, 5000), max_size=4),
    places=st.lists(st.integers(0, 5000), min_size=1, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_going_on_from_a_place_reads_what_reading_from_the_start_does(
    content: bytes, splits: list[int], places: list[int]
) -> None:
    bounds = [0, *sorted(min(at, len(content)) for at in splits), len(content)]
    raw = io.BytesIO(b"".join(gzip.compress(content[a:b]) for a, b in itertools.pairwise(bounds)))
    forward, kept = Forward(raw, "x"), []
    for position in sorted(min(at, len(content)) for at in places):
        forward.seek(position)
        kept.append(forward.place())
    for place in reversed(kept):
        again = Forward(raw, "x", place)
        assert again.tell() == place.position
        assert again.read(10_000) == content[place.position :]


def test_padding_after_the_last_gzip_member_is_dropped() -> None:
    assert Forward(io.BytesIO(gzip.compress(b"content") + bytes(600)), "x").read(1000) == b"content"
