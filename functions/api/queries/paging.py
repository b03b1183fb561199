"""Pages by keyset: a cursor says where the last page ended, so that no page costs more than the first."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from cargohold.errors import InvalidQuery

Item = TypeVar("Item")
Row = TypeVar("Row")

MAX_LIMIT = 500
DEFAULT_LIMIT = 50

_READERS: dict[type, Callable[[Any], Any]] = {
    int: lambda value: value if isinstance(value, int) and not isinstance(value, bool) else _wrong(),
    str: lambda value: value if isinstance(value, str) and "\0" not in value else _wrong(),
    bytes: lambda value: bytes.fromhex(value),
    UUID: lambda value: UUID(value) if isinstance(value, str) else _wrong(),
    datetime: lambda value: _aware(datetime.fromisoformat(value)),
}


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and the cursor of the page after them: None when there is no more."""

    items: tuple[Item, ...]
    next: str | None = None


def checked_limit(limit: int) -> int:
    """Return `limit` when it is 1 to 500; raise `InvalidQuery` otherwise."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidQuery(reason=f"a page has 1 to {MAX_LIMIT} items, not {limit}")
    return limit


def make_cursor(kind: str, key: Sequence[Any]) -> str:
    """Return the cursor of a listing of `kind` that ended at `key`."""
    plain = [value.hex() if isinstance(value, bytes) else value for value in key]
    return urlsafe_b64encode(orjson.dumps([kind, *plain])).rstrip(b"=").decode()


def read_cursor(cursor: str | None, kind: str, *types: type) -> tuple[Any, ...] | None:
    """Return the key in a cursor; raise `InvalidQuery` unless it is one of a listing of `kind`."""
    if cursor is None:
        return None
    try:
        found, *key = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        if found != kind or len(key) != len(types):
            _wrong()
        return tuple(_READERS[wanted](value) for wanted, value in zip(types, key, strict=True))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise InvalidQuery(reason="the cursor is not one that a listing of this kind gave") from None


def make_page(
    kind: str, rows: Sequence[Row], limit: int, key: Callable[[Row], Sequence[Any]], item: Callable[[Row], Item]
) -> Page[Item]:
    """Return the page of `rows`, which were read with one more than `limit`."""
    shown = rows[:limit]
    following = make_cursor(kind, key(shown[-1])) if len(rows) > limit else None
    return Page(tuple(item(row) for row in shown), following)


def _wrong() -> Any:
    raise ValueError


def _aware(at: datetime) -> datetime:
    # In UTC, for the server knows fewer time zones.
    return at.astimezone(UTC) if at.tzinfo else _wrong()
