"""Removes documents of analyses that nothing can name any more, and what uploads that were killed left behind.

An analysis that was superseded, or never became rows, leaves its documents. They may go when they are
older than any message can be (28 days in a queue and its DLQ) and neither an image nor the archive has
that analysis. A claim that names one is removed first, and its documents by a later run: whoever has
just followed the claim still finds them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from uuid import UUID

import orjson

from cargohold.database.connection import Cursor, Database
from cargohold.digests import to_bytes
from cargohold.documents import ANALYSIS
from cargohold.errors import ObjectNotFound
from cargohold.identifiers import made_at
from cargohold.objects.store import ObjectStore, parse_analysis_key

GRACE = timedelta(days=35)  # a week more than the oldest message
UPLOADS = timedelta(days=2)  # no upload takes so long
PAGE = 500  # analyses looked up at a time
_SHARDS = 256  # by the first byte of the digest
_STRIDE = 97  # between the first shards of two days: what runs out of time covers all of them in turn

_NAMED = """
SELECT analysis_id FROM image WHERE digest = ANY(%(images)s)
UNION ALL
SELECT analysis_id FROM archived_image WHERE digest = ANY(%(images)s)
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many analyses, claims and parts of uploads were removed."""

    analyses: int = 0
    claims: int = 0
    uploads: int = 0


@dataclass(frozen=True, slots=True)
class _Stored:
    image: str
    analysis_id: UUID
    keys: tuple[str, ...]


def sweep(database: Database, store: ObjectStore, *, at: datetime, enough: Callable[[], bool] = lambda: False) -> Swept:
    """Remove what is left over. Stops early when `enough()`; another day's run begins elsewhere.

    Raises `StoreUnavailable`, `StoreForbidden` and `DatabaseUnavailable`.
    """
    analyses = claims = 0
    first = at.toordinal() * _STRIDE
    for shard in range(_SHARDS):
        stored = _old(store, f"sha256:{(first + shard) % _SHARDS:02x}", at - GRACE)
        while not enough() and (page := list(islice(stored, PAGE))):
            named = database.run(_reader(page))
            for one in page:
                if one.analysis_id in named:
                    continue
                released = _release(store, one)
                claims += released
                if not released:
                    _remove(store, one)
                    analyses += 1
        if enough():
            return Swept(analyses, claims)
    return Swept(analyses, claims, store.sweep(UPLOADS))


def _old(store: ObjectStore, images: str, before: datetime) -> Iterator[_Stored]:
    keys = (info.key for info in store.list(f"analyses/{images}"))
    for analysis, found in groupby(keys, key=_analysis):
        if analysis is not None and made_at(analysis[1]) < before:
            yield _Stored(*analysis, tuple(found))


def _analysis(key: str) -> tuple[str, UUID] | None:
    named = parse_analysis_key(key)
    return named and named[:2]


def _reader(page: list[_Stored]) -> Callable[[Cursor], set[UUID]]:
    images = [to_bytes(image) for image in {one.image for one in page}]

    def work(cursor: Cursor) -> set[UUID]:
        cursor.execute(_NAMED, {"images": images})
        return {row[0] for row in cursor.fetchall()}

    return work


def _release(store: ObjectStore, stored: _Stored) -> int:
    """Delete the claims that name an analysis; return how many there were."""
    released = 0
    for info in list(store.list(f"claims/{stored.image}/")):
        try:
            with store.get(info.key) as reader:
                named = orjson.loads(reader.read()).get("analysis_id")
        except ObjectNotFound:
            continue  # released meanwhile
        if named == str(stored.analysis_id):
            store.delete(info.key)
            released += 1
    return released


def _remove(store: ObjectStore, stored: _Stored) -> None:
    # The head first: nobody may take what is left for a whole analysis.
    for key in sorted(stored.keys, key=lambda key: (not key.endswith(f"/{ANALYSIS.name}"), key)):
        store.delete(key)
