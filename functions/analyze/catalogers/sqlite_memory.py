"""SQLite databases out of an image, read by SQLite itself from memory.

Source: "The Serialization Interface" of SQLite, and section 1.3.3 of its file format (bytes 18 and 19): a
database in write-ahead mode has to be declared an ordinary one first, and what only its `-wal` holds is
not seen. Nothing in the file is trusted: only tables are read, without functions, views, triggers or
virtual tables, and the work that a query may take is bounded.
"""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from analyze.catalogers.text import clean

MAGIC = b"SQLite format 3\0"
_STEPS = 100_000  # virtual machine instructions between two looks at the budget
_BUDGET = 3000  # looks: a million rows take about 200
_TEXT = 1 << 20  # bytes of one value
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)


class Unreadable(ValueError):
    """SQLite gives up: the message says why."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database and which of the tables asked for it has."""

    tables: frozenset[str]
    _connection: sqlite3.Connection

    def rows(self, query: str, *parameters: int) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a SELECT over tables. Raises `Unreadable`, which may be after some rows."""
        with _failing():
            yield from self._connection.execute(query, parameters)


@contextmanager
def opened(data: bytes, tables: Collection[str]) -> Iterator[Database]:
    """Open the database in `data`, for these tables. Raises `Unreadable`."""
    connection = sqlite3.connect(":memory:")
    try:
        with _failing():
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _TEXT)
            connection.deserialize(data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data)
            looks = iter(range(_BUDGET))
            connection.set_progress_handler(lambda: next(looks, None) is None, _STEPS)
            connection.text_factory = lambda value: value.decode("utf-8", "replace")
            found = _tables(connection, tables)
            connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
        yield Database(found, connection)
    finally:
        connection.close()


def _tables(connection: sqlite3.Connection, wanted: Collection[str]) -> frozenset[str]:
    """Return which of the tables are tables: no views and no virtual ones, which could compute anything."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    return frozenset(
        name for name, sql in rows if name in wanted and isinstance(sql, str) and sql.upper().startswith("CREATE TABLE")
    )


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OverflowError, UnicodeError) as error:  # the last of a damaged name in a message
        raise Unreadable(f"SQLite cannot read on: {clean(str(error))[:200]}") from error
