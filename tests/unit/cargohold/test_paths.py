import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cargohold.paths import to_bytes, to_text

# Bytes that make escapes, halves of escapes and broken UTF-8 likely.
PIECES = st.sampled_from(
    [b"\\", b"x", b"\\x", b"5c", b"00", b"ff", b"\xff", b"\xc3", b"\xa9", b"\xed\xa0\x80", b"/", b"a"]
)
AWKWARD = st.lists(PIECES, max_size=12).map(b"".join)


@pytest.mark.trap("A12")
@given(st.one_of(st.binary(max_size=40), AWKWARD))
@example(b"\\x5c")
@example(b"\\\\x5c")
@example(b"\\x\xff")
@example(b"\0")
def test_every_path_comes_back_and_is_json(path):
    text = to_text(path)
    assert to_bytes(text) == path
    assert orjson.loads(orjson.dumps(text)) == text
    assert "\0" not in text


@given(AWKWARD, AWKWARD)
def test_different_paths_have_different_text(one, other):
    assert (to_text(one) == to_text(other)) == (one == other)


@pytest.mark.parametrize("name", ["usr/lib/été", "a b", "system-systemd\\x2dcryptsetup.slice", "back\\slash", "\\xFF"])
def test_utf8_is_its_own_text(name):
    assert to_text(name.encode()) == name
    assert to_bytes(name) == name.encode()


def test_other_bytes_are_readable():
    assert to_text(b"caf\xe9/menu") == "caf\\xe9/menu"


def test_surrogates_are_refused():
    with pytest.raises(ValueError):
        to_bytes("\udcff")
