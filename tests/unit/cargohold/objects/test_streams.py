from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cargohold.errors import ObjectCorrupt
from cargohold.objects.store import ObjectInfo
from cargohold.objects.streams import Hashed, VerifiedReader, chunked, without_end
from cargohold.objects.trailer import SIZE, Method, Trailer, decode

PARTS = st.lists(st.binary(max_size=30), max_size=8)


@settings(max_examples=50)
@given(PARTS, st.integers(1, 20))
def test_chunks_are_of_one_size_and_the_same_bytes(parts, size):
    chunks = list(chunked(parts, size))
    assert b"".join(chunks) == b"".join(parts)
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(chunks)


@settings(max_examples=50)
@given(PARTS, st.integers(1, 40))
def test_without_end_cuts_the_end(parts, size):
    whole = b"".join(parts)
    assert b"".join(without_end(parts, size)) == whole[: max(0, len(whole) - size)]


@settings(max_examples=50)
@given(PARTS, st.lists(st.integers(0, 20), max_size=5))
def test_reading_in_parts_gives_the_whole(parts, sizes):
    whole = b"".join(parts)
    info = ObjectInfo("k", len(whole), sha256(whole).hexdigest())
    reader = VerifiedReader(info, parts)
    read = [reader.read(size) for size in sizes]
    assert all(len(part) <= size for part, size in zip(read, sizes, strict=True))
    assert b"".join(read) + b"".join(reader) == whole
    assert reader.read() == b""


@settings(max_examples=50)
@given(PARTS.filter(lambda parts: any(parts)), st.data())
def test_every_change_is_noticed_before_the_end_is_handed_over(parts, data):
    whole = b"".join(parts)
    info = ObjectInfo("k", len(whole), sha256(whole).hexdigest())
    position = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
    for wrong in (flipped, whole[:-1], whole + b"x"):
        handed = bytearray()

        def consume(wrong=wrong, handed=handed):
            for part in VerifiedReader(info, chunked([wrong], 7)):
                handed.extend(part)

        with pytest.raises(ObjectCorrupt):
            consume()
        assert len(handed) < len(whole)
        with pytest.raises(ObjectCorrupt):
            VerifiedReader(info, [wrong]).read(len(whole))


def test_an_empty_object_is_verified_too():
    with pytest.raises(ObjectCorrupt):
        VerifiedReader(ObjectInfo("k", 0, sha256(b"").hexdigest()), [b"x"]).read()
    with pytest.raises(ObjectCorrupt):
        VerifiedReader(ObjectInfo("k", 0, sha256(b"x").hexdigest()), []).read()


def test_the_hash_is_of_what_went_by():
    hashed = Hashed([b"a", b"bc"])
    assert b"".join(hashed) == b"abc"
    assert hashed.info("k") == ObjectInfo("k", 3, sha256(b"abc").hexdigest())


@given(st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32), st.sampled_from(Method))
def test_a_trailer_comes_back(size, digest, method):
    trailer = Trailer(size, digest.hex(), method)
    assert decode(trailer.encode()) == trailer
    assert len(trailer.encode()) == SIZE


@pytest.mark.parametrize("position", [0, 4, 8, 13, 14, 15])
def test_what_is_no_trailer_is_told(position):
    raw = bytearray(Trailer(1, "00" * 32).encode())
    raw[position] ^= 0x80
    assert decode(bytes(raw)) is None
    assert decode(bytes(raw)[1:]) is None
    assert decode(b"") is None
