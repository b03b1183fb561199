"""Streams as registries serve them, and as attackers write them: traps A10 and A17."""

import gzip
import io
import os
import struct
import zlib
from dataclasses import replace

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.raw_tars import digest, file

from analyze.layer.decompress import PART, Blob, decompress
from analyze.limits import DEFAULT
from cargohold.errors import (
    CargoholdError,
    DeadlineExceeded,
    HostileContent,
    ImageTooLarge,
    InvalidImage,
    TruncatedContent,
    UnsupportedMediaType,
)

CONTENT = os.urandom(70_000) + bytes(3 << 20) + b"end"
SKIPPABLE = struct.pack("<II", 0x184D2A53, 5) + b"noise"


def inflate(blob: bytes, step: int = 1 << 16, limits=DEFAULT) -> bytes:
    source = Blob(blob[at : at + step] for at in range(0, len(blob), step))
    parts = list(decompress(source, what="layer", limits=limits))
    assert all(0 < len(part) <= PART for part in parts)
    assert (source.size, "sha256:" + source.hash.hexdigest()) == (len(blob), digest(blob))
    return b"".join(parts)


def gz(content: bytes) -> bytes:
    return gzip.compress(content, 1)


@pytest.mark.trap("A17")
@pytest.mark.parametrize("step", [1, 5, 4096, 1 << 20])
@pytest.mark.parametrize(
    "blob",
    [
        gz(b"one") + gz(b"") + gz(b"two"),
        gz(b"onetwo") + bytes(300),
        zstd.compress(b"one") + SKIPPABLE + zstd.compress(b"") + zstd.compress(b"two") + SKIPPABLE,
        SKIPPABLE + zstd.compress(b"onetwo"),
        b"onetwo",
    ],
)
def test_members_and_frames_follow_each_other(blob, step):
    assert inflate(blob, step) == b"onetwo"


@pytest.mark.parametrize("pack", [gz, zstd.compress, bytes])
def test_large_content_comes_in_bounded_parts(pack):
    assert inflate(pack(CONTENT)) == CONTENT


@pytest.mark.trap("A17")
def test_forty_thousand_members():
    assert inflate(gz(b"x" * 100) * 40_000) == b"x" * 4_000_000


@pytest.mark.trap("A17")
def test_ten_thousand_frames():
    assert inflate((zstd.compress(b"x" * 100) + SKIPPABLE) * 10_000) == b"x" * 1_000_000


@pytest.mark.parametrize("pack", [gz, zstd.compress])
@pytest.mark.parametrize("cut", [1, 9, 30_000])
def test_a_stream_without_end_is_truncated(pack, cut):
    with pytest.raises(TruncatedContent):
        inflate(pack(CONTENT)[:-cut])


def test_damage_is_an_invalid_image():
    wrong_crc = bytearray(gz(b"content"))
    wrong_crc[-8] ^= 1
    for blob in (bytes(wrong_crc), gz(b"content") + b"garbage" * 10, zstd.compress(b"content") + b"garbage" * 10):
        with pytest.raises(InvalidImage):
            inflate(blob)


@pytest.mark.parametrize("blob", [b"BZh91AY&SY", b"\xfd7zXZ\x00\x00", b"\x04\x22\x4d\x18zz"])
def test_other_compressions_are_named(blob):
    with pytest.raises(UnsupportedMediaType):
        inflate(blob)


@pytest.mark.trap("A10")
@pytest.mark.parametrize("pack", [gz, zstd.compress])
def test_a_bomb_is_stopped_by_its_ratio(pack):
    blob = pack(bytes(16 << 20))
    limits = replace(DEFAULT, ratio=100, ratio_floor=1 << 20)
    with pytest.raises(HostileContent):
        inflate(blob, limits=limits)


@pytest.mark.trap("A10")
def test_one_large_part_never_inflates_in_one_call():
    blob = zstd.compress(bytes(64 << 20))
    parts = decompress(Blob([blob]), what="layer", limits=replace(DEFAULT, ratio=1 << 20))
    assert max(map(len, parts)) <= PART


def test_the_uncompressed_size_is_bounded():
    with pytest.raises(ImageTooLarge):
        inflate(bytes(2 << 20), limits=replace(DEFAULT, layer_uncompressed=1 << 20))


def test_a_window_over_the_cap_is_refused():
    options = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.enable_long_distance_matching: 1}
    compressor = zstd.ZstdCompressor(options=options)
    blob = compressor.compress(b"x" * 100) + compressor.flush()
    with pytest.raises(InvalidImage):
        inflate(blob)


def test_the_deadline_ends_reading():
    with pytest.raises(DeadlineExceeded):
        list(decompress(Blob([b"x"], deadline=0.0), what="layer", limits=DEFAULT))


def test_nothing_is_an_empty_tar():
    assert inflate(b"") == b""


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([gz, zstd.compress]), st.data())
def test_damaged_streams_end_in_bytes_or_an_error_of_ours(content, pack, data):
    blob = bytearray(pack(content) + pack(content))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        inflate(bytes(blob), step=7)
    except CargoholdError as error:
        assert error.permanent  # noqa: PT017 -- either outcome is right


def test_pigz_and_zlib_agree():
    stream = io.BytesIO()
    compressor = zlib.compressobj(wbits=31)
    stream.write(compressor.compress(CONTENT) + compressor.flush())
    assert inflate(stream.getvalue()) == CONTENT


@pytest.mark.parametrize("name", [b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"])
@pytest.mark.parametrize("step", [1, 1000])
def test_a_tar_whose_first_name_looks_compressed_is_a_tar(name, step):
    tar = file(name, b"content")
    assert inflate(tar, step) == tar
