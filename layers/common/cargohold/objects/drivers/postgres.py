"""Objects in Postgres: nothing else to run on one machine. Tables `object` and `object_chunk`.

Chunks are written under a fresh upload id, each in a transaction of its own, and the row of the key
last: an upload holds no lock that anybody waits for, and one that is killed leaves chunks that no key
names (`sweep`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from cargohold.database.connection import Cursor, Database
from cargohold.errors import DatabaseUnavailable, ObjectCorrupt, ObjectExists, ObjectNotFound, StoreUnavailable
from cargohold.objects.store import CHUNK, ObjectInfo, ObjectReader, ObjectStore, checked_key
from cargohold.objects.streams import Hashed, VerifiedReader, chunked

T = TypeVar("T")

_PAGE = 1000


class PostgresStore(ObjectStore):
    """See `ObjectStore`. `prefix` is put before every key."""

    def __init__(self, database: Database, prefix: str = "") -> None:
        self._database = database
        self.name = f"postgres:{prefix}"
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        stored = self._stored(key)
        if if_absent and self._run(key, partial(_exists, key=stored)):
            raise ObjectExists(key=self.at(key))
        hashed = Hashed(content)
        upload = uuid4()
        placed = finishing = False
        last: tuple[int, bytes] | None = None
        try:
            for ordinal, chunk in enumerate(chunked(hashed)):
                if last is not None:
                    self._run(key, partial(_insert_chunk, upload=upload, chunk=last))
                last = (ordinal, chunk)
            info = hashed.info(stored)
            finishing = True
            # The last chunk goes with the key: a small object is one transaction.
            finish = partial(_finish, upload=upload, chunk=last, info=info, if_absent=if_absent)
            placed = self._run(key, finish)
        finally:
            # Not when the last transaction failed: a commit without an answer may have taken place.
            if not finishing and last is not None:
                self._discard(key, upload)
        if not placed:
            raise ObjectExists(key=self.at(key))
        return ObjectInfo(key, info.size, info.sha256)

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        upload, info = self._found(key)
        yield VerifiedReader(info, self._chunks(key, upload, info), self.name)

    def head(self, key: str) -> ObjectInfo:
        return self._found(key)[1]

    def delete(self, key: str) -> None:
        self._run(key, partial(_delete, key=self._stored(key)))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        # ASCII and collation "C": the keys with a prefix are a range.
        start = self._prefix + prefix
        end = start[:-1] + chr(ord(start[-1]) + 1) if start else "\x7f"
        while True:
            page = self._run(prefix, partial(_page, start=start, end=end))
            for key, size, digest in page:
                yield ObjectInfo(key[len(self._prefix) :], size, digest.hex())
            if len(page) < _PAGE:
                return
            start = page[-1][0] + "\x01"

    def tail(self, key: str, size: int) -> bytes:
        upload, info = self._found(key)
        first = max(0, info.size - size)
        skipped = first // CHUNK
        last = b"".join(self._chunks(key, upload, info, skipped))
        return last[first - skipped * CHUNK :]

    def sweep(self, older_than: timedelta) -> int:
        return self._run("", partial(_sweep, older_than=older_than))

    def _chunks(self, key: str, upload: UUID, info: ObjectInfo, first: int = 0) -> Iterator[bytes]:
        for ordinal in range(first, -(-info.size // CHUNK)):
            # No transaction spans two chunks: the reader may be slow.
            chunk = self._run(key, partial(_chunk, upload=upload, ordinal=ordinal))
            if chunk is None:
                if self._found(key)[0] != upload:
                    raise StoreUnavailable(store=self.name, reason=f"{key} was replaced while it was read")
                raise ObjectCorrupt(key=self.at(key), expected=f"chunk {ordinal}", actual="none")
            yield chunk

    def _found(self, key: str) -> tuple[UUID, ObjectInfo]:
        row = self._run(key, partial(_row, key=self._stored(key)))
        if row is None:
            raise ObjectNotFound(key=self.at(key))
        upload, size, digest = row
        return upload, ObjectInfo(key, size, digest.hex())

    def _discard(self, key: str, upload: UUID) -> None:
        try:
            self._run(key, partial(_delete_chunks, upload=upload))
        except StoreUnavailable:
            return  # swept later; the error under way is the one to report

    def _stored(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _run(self, key: str, work: Callable[[Cursor], T]) -> T:
        try:
            return self._database.run(work)
        except DatabaseUnavailable as error:
            raise StoreUnavailable(store=self.name, reason=f"{error.fields['reason']} for {key}") from error


def _exists(cursor: Cursor, key: str) -> bool:
    cursor.execute("SELECT FROM object WHERE key = %s", (key,))
    return cursor.fetchone() is not None


def _insert_chunk(cursor: Cursor, upload: UUID, chunk: tuple[int, bytes]) -> None:
    # Idempotent, as the transaction may be run again.
    cursor.execute(
        "INSERT INTO object_chunk (upload, ordinal, data) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (upload, *chunk),
    )


def _finish(
    cursor: Cursor, upload: UUID, chunk: tuple[int, bytes] | None, info: ObjectInfo, *, if_absent: bool
) -> bool:
    if chunk is not None:
        _insert_chunk(cursor, upload, chunk)
    row = {"key": info.key, "upload": upload, "size": info.size, "sha256": bytes.fromhex(info.sha256)}
    while True:
        cursor.execute(
            "INSERT INTO object (key, upload, size, sha256) VALUES (%(key)s, %(upload)s, %(size)s, %(sha256)s)"
            " ON CONFLICT DO NOTHING",
            row,
        )
        if cursor.rowcount:
            return True
        cursor.execute("SELECT upload FROM object WHERE key = %(key)s FOR UPDATE", row)
        found = cursor.fetchone()
        if found is None:
            continue  # deleted between the two statements
        if found[0] == upload:
            return True  # our own, of a run whose commit was not acknowledged
        if if_absent:
            _delete_chunks(cursor, upload)
            return False
        cursor.execute(
            "UPDATE object SET upload = %(upload)s, size = %(size)s, sha256 = %(sha256)s, created_at = now()"
            " WHERE key = %(key)s",
            row,
        )
        _delete_chunks(cursor, found[0])
        return True


def _row(cursor: Cursor, key: str) -> Any:
    cursor.execute("SELECT upload, size, sha256 FROM object WHERE key = %s", (key,))
    return cursor.fetchone()


def _chunk(cursor: Cursor, upload: UUID, ordinal: int) -> bytes | None:
    cursor.execute("SELECT data FROM object_chunk WHERE upload = %s AND ordinal = %s", (upload, ordinal))
    row = cursor.fetchone()
    return None if row is None else row[0]


def _page(cursor: Cursor, start: str, end: str) -> list[Any]:
    cursor.execute(
        "SELECT key, size, sha256 FROM object WHERE key >= %s AND key < %s ORDER BY key LIMIT %s", (start, end, _PAGE)
    )
    return cursor.fetchall()


def _delete(cursor: Cursor, key: str) -> None:
    cursor.execute("DELETE FROM object WHERE key = %s RETURNING upload", (key,))
    for (upload,) in cursor.fetchall():
        _delete_chunks(cursor, upload)


def _delete_chunks(cursor: Cursor, upload: UUID) -> None:
    cursor.execute("DELETE FROM object_chunk WHERE upload = %s", (upload,))


def _sweep(cursor: Cursor, older_than: timedelta) -> int:
    cursor.execute(
        "DELETE FROM object_chunk c WHERE created_at < now() - %s"
        " AND NOT EXISTS (SELECT FROM object o WHERE o.upload = c.upload)",
        (older_than,),
    )
    return cursor.rowcount
