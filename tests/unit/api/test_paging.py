"""Cursors: opaque, checked, and of one listing."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.queries.paging import checked_limit, make_cursor, make_page, read_cursor
from cargohold.errors import InvalidQuery

TYPES = (datetime, bytes, str, int)


@settings(max_examples=50)
@given(
    st.tuples(
        st.datetimes(timezones=st.just(UTC)),
        st.binary(max_size=40),
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20),
        st.integers(-(2**31), 2**31),
    )
)
def test_a_cursor_comes_back_as_it_was(key: Any) -> None:
    cursor = make_cursor("things", key)
    assert read_cursor(cursor, "things", *TYPES) == key
    assert cursor.isascii()
    assert "=" not in cursor


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "AAAA",
        make_cursor("others", [1]),
        make_cursor("things", []),
        make_cursor("things", [1, 2]),
        make_cursor("things", ["1"]),
        make_cursor("things", [True]),
        make_cursor("things", [1.5]),
        make_cursor("things", [None]),
        urlsafe_b64encode(b"[" * 100_000).decode(),
        urlsafe_b64encode(b'{"things": 1}').decode(),
        urlsafe_b64encode(b"7").decode(),
        urlsafe_b64encode(b"[]").decode(),
    ],
)
def test_what_is_no_cursor_of_this_listing_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidQuery):
        read_cursor(cursor, "things", int)


@pytest.mark.parametrize("key", ["2026-01-01T00:00:00", "yesterday", 7, "x\0"])
def test_values_are_checked(key: Any) -> None:
    with pytest.raises(InvalidQuery):
        read_cursor(make_cursor("things", [key]), "things", datetime)
    if not isinstance(key, str) or "\0" in key:
        with pytest.raises(InvalidQuery):
            read_cursor(make_cursor("things", [key]), "things", str)


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_no_text_gets_through_unchecked(text: str) -> None:
    try:
        key = read_cursor(text, "things", int)
    except InvalidQuery:
        return
    assert key is not None


def test_the_first_page_has_no_cursor() -> None:
    assert read_cursor(None, "things", int) is None


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_pages_are_bounded(limit: int) -> None:
    with pytest.raises(InvalidQuery):
        checked_limit(limit)


def test_pages() -> None:
    page = make_page("things", [1, 2, 3], 2, lambda row: [row], str)
    assert page.items == ("1", "2")
    assert read_cursor(page.next, "things", int) == (2,)
    assert make_page("things", [1, 2], 2, lambda row: [row], str).next is None
