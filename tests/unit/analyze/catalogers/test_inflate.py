"""Small compressed files: bounded, and never an exception but `ValueError`."""

import gzip
import lzma
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.catalogers.inflate import inflated

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DEFLATE = {"gzip": gzip.compress, "xz": lzma.compress, "zstd": zstd.compress}


@given(st.sampled_from(sorted(DEFLATE)), st.binary(max_size=200), st.integers(1, 300))
def test_what_comes_out_is_what_went_in(kind, data, limit):
    deflate = DEFLATE[kind]
    assert inflated(deflate(data) + deflate(b"!"), limit) == (data + b"!")[:limit]


def test_data_that_is_not_compressed_stays_as_it_is():
    assert inflated(b"text", 3) == b"tex"


@pytest.mark.parametrize("kind", DEFLATE)
def test_bombs_stop_at_the_limit(kind):
    assert len(inflated(DEFLATE[kind](bytes(20 << 20)), 1000)) == 1000


@given(st.sampled_from(sorted(DEFLATE)), st.binary(min_size=6, max_size=60))
def test_damage_is_a_value_error(kind, piece):
    try:
        inflated(DEFLATE[kind](b"text")[:8] + piece, 100)
    except ValueError as error:
        assert str(error).startswith("cannot be decompressed")  # noqa: PT017 - without damage there is no error


def test_a_truncated_member_gives_what_there_is():
    assert inflated(gzip.compress(b"a" * 1000)[:-4], 2000) == b"a" * 1000
    assert inflated(gzip.compress(b"a") + gzip.compress(b"b")[:10], 10) == b"a"


def test_an_xz_stream_that_wants_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.inflate._MEMORY", 1 << 20)
    with pytest.raises(ValueError, match="cannot be decompressed"):
        inflated(lzma.compress(b"a", preset=6), 10)
