"""Three threads that always end, and digests that are always checked."""

import gzip
import threading

import pytest
from tests.harness.raw_tars import digest

from analyze.layer.pipeline import process, verify_layer
from analyze.limits import DEFAULT
from cargohold.errors import DigestMismatch, InvalidImage, TruncatedContent

CONTENT = bytes(range(256)) * 40_000
BLOB = gzip.compress(CONTENT, 1)


def run(parts, consume, blob_digest="", diff_id=""):
    before = threading.active_count()
    try:
        return process(parts, consume, blob_digest=blob_digest, diff_id=diff_id, what="layer", limits=DEFAULT)
    finally:
        assert threading.active_count() == before


def parts():
    return (BLOB[at : at + 1000] for at in range(0, len(BLOB), 1000))


def test_the_consumer_gets_everything_and_both_digests_are_computed():
    result, verified = run(parts(), b"".join, digest(BLOB), digest(CONTENT))
    assert result == CONTENT
    assert (verified.blob_digest, verified.diff_id) == (digest(BLOB), digest(CONTENT))
    assert (verified.size, verified.uncompressed_size) == (len(BLOB), len(CONTENT))


@pytest.mark.trap("A2")
@pytest.mark.parametrize("wrong", ["blob_digest", "diff_id"])
def test_a_wrong_digest_is_an_error(wrong):
    with pytest.raises(DigestMismatch):
        run(parts(), b"".join, **{wrong: digest(b"other")})


def test_a_failing_source_reaches_the_caller():
    def broken():
        yield BLOB[:5000]
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        run(broken(), b"".join)


def test_a_failing_stream_reaches_the_caller():
    with pytest.raises(TruncatedContent):
        run([BLOB[:-10]], b"".join)


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_failing_consumer_stops_an_endless_source(after):
    def endless():
        while True:
            yield bytes(1 << 16)

    def consume(chunks):
        for number, _ in enumerate(chunks):
            if number >= after:
                raise KeyError("stop")

    with pytest.raises(KeyError):
        run(endless(), consume)


def test_a_layer_is_verified_without_a_walk():
    verified = verify_layer(parts(), what="layer", limits=DEFAULT)
    assert (verified.blob_digest, verified.diff_id) == (digest(BLOB), digest(CONTENT))


def test_damage_in_transfer_is_a_digest_mismatch_and_in_the_image_an_invalid_one():
    damaged = BLOB[:20] + b"\xff" * 20 + BLOB[40:]
    with pytest.raises(DigestMismatch):
        run([damaged], b"".join, blob_digest=digest(BLOB))
    for known in ("", digest(damaged)):
        with pytest.raises(InvalidImage):
            run([damaged], b"".join, blob_digest=known)
