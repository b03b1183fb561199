"""Bulk writes: COPY to a stage, then insert what is not there yet.

Most rows of an analysis are known already, and many writers insert the same ones at once. The
anti-join burns no ids for known rows; inserting in the order of the unique key makes writers wait
for each other instead of deadlocking; ON CONFLICT covers what appeared between the two.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from psycopg2 import sql

from cargohold.database.connection import Cursor

_PART = 1 << 16


def copy_rows(cursor: Cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append `rows` to `table` by COPY.

    Values may be `None`, `bool`, `int`, `float`, `str`, `bytes`, `datetime`, `UUID`, and lists of
    these. Text that Postgres cannot hold (NUL, lone surrogates) gets U+FFFD in its place. What
    iterating `rows` raises is raised here.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _names(columns))
    lines = _Lines(rows)
    try:
        cursor.copy_expert(statement, lines, _PART)
    finally:
        # psycopg2 keeps only the text of what a reader raises, and takes it for the server's fault.
        if lines.failure is not None:
            raise lines.failure


def insert_missing(
    cursor: Cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, key: Sequence[str]
) -> dict[Any, int]:
    """Insert the rows whose `key` is not in `table` and return the `id` of every row, known or new.

    `key` names columns that are NOT NULL and have a unique constraint. The result maps the key's
    value, or the tuple of its values, to the id. Rows that share a key must be equal. To exclude
    deadlocks, writers must take tables in the same order.
    """
    stage = f"stage_{table}_{sha256(','.join(columns).encode()).hexdigest()[:8]}"
    names = {
        "stage": sql.Identifier(stage),
        "table": sql.Identifier(table),
        "columns": _names(columns),
        "key": _names(key),
        "same": sql.SQL(" AND ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(column)) for column in key),
        "key_of_stage": sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(column)) for column in key),
    }
    # One stage a session, emptied: making one a transaction would bloat the system catalogs.
    cursor.execute("SELECT to_regclass(%s) IS NULL", (f"pg_temp.{stage}",))
    if cursor.fetchone()[0]:
        make = "CREATE TEMPORARY TABLE {stage} ON COMMIT DELETE ROWS AS SELECT {columns} FROM {table} WITH NO DATA"
        cursor.execute(_statement(make, names))
    else:
        cursor.execute(_statement("DELETE FROM {stage}", names))
    copy_rows(cursor, stage, columns, rows)
    insert = """
        INSERT INTO {table} ({columns})
        SELECT {columns} FROM (
            SELECT DISTINCT ON ({key}) {columns} FROM {stage} s
            WHERE NOT EXISTS (SELECT FROM {table} t WHERE {same})
            ORDER BY {key}
        ) missing
        ON CONFLICT DO NOTHING"""
    cursor.execute(_statement(insert, names))
    cursor.execute(_statement("SELECT t.id, {key_of_stage} FROM {stage} s JOIN {table} t ON {same}", names))
    if len(key) == 1:
        return {value: identifier for identifier, value in cursor}
    return {tuple(values): identifier for identifier, *values in cursor}


def _statement(text: str, names: dict[str, Any]) -> Any:
    return sql.SQL(text).format(**names)


def _names(columns: Sequence[str]) -> Any:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


class _Lines:
    """A file of COPY's text format, made as it is read. Source: PostgreSQL documentation, COPY, "Text Format"."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._lines: Iterator[bytes] = map(_line, rows)
        self._rest = b""
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            try:
                line = next(self._lines, None)
            except BaseException as error:
                self.failure = error
                raise
            if line is None:
                break
            parts.append(line)
            length += len(line)
        whole = b"".join(parts)
        if size < 0:
            size = len(whole)
        self._rest = whole[size:]
        return whole[:size]


def _line(row: Sequence[Any]) -> bytes:
    return b"\t".join(b"\\N" if value is None else _escaped(_text(value)) for value in row) + b"\n"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, float, UUID)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "{" + ",".join("NULL" if item is None else _quoted(_text(item)) for item in value) + "}"
    raise TypeError(f"no COPY format for {type(value).__name__}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> bytes:
    escaped = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    try:
        return escaped.encode()
    except UnicodeEncodeError:
        return escaped.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
