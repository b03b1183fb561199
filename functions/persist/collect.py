"""Removes what nothing refers to any more: package sets, layer chains, old attempts and old history.

Packages and layers stay: arrays of their ids have no foreign keys. What may go is looked for in
batches, and each is checked again as it is removed, in a transaction of its own. Where a writer begins
to use a set at that moment, the foreign key lets only the first of the two succeed; the other tries
again, and then the collector finds the set in use, or the writer makes it anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from cargohold.database.connection import FOREIGN_KEY_VIOLATION, Cursor, Database
from persist import attempts, references

GRACE = timedelta(days=1)
BATCH = 500
PRUNED = 10_000  # rows a transaction


@dataclass(frozen=True, slots=True)
class Collected:
    """How many of each were removed."""

    sets: int = 0
    chains: int = 0
    attempts: int = 0
    events: int = 0


def collect(
    database: Database, *, at: datetime, retention: timedelta, enough: Callable[[], bool] = lambda: False
) -> Collected:
    """Remove orphans older than a day, and attempts and history older than `retention`.

    Stops early, with what it has done so far, when `enough()`; the next run continues.
    """
    pruned = _prune(database, attempts.prune, at - retention, enough)
    events = _prune(database, references.prune, at - retention, enough)
    sets = _remove_each(database, _orphaned_sets(database, at - GRACE), remove_set, enough)
    chains = _remove_each(database, _orphaned_chains(database), remove_chain, enough)
    return Collected(sets, chains, pruned, events)


def remove_set(cursor: Cursor, set_id: int) -> bool:
    """Remove a set unless an image has it; its last sighting is kept with its packages."""
    # The times before the set, as the writer takes them; one that is at it now needs the set.
    cursor.execute("SELECT last_seen FROM package_set_seen WHERE set_id = %s FOR UPDATE SKIP LOCKED", (set_id,))
    row = cursor.fetchone()
    cursor.execute("SELECT EXISTS (SELECT FROM image_package_set WHERE set_id = %s)", (set_id,))
    if row is None or cursor.fetchone()[0]:
        return False
    cursor.execute(
        "UPDATE package SET last_seen = %(seen)s WHERE id IN "
        "(SELECT unnest(members) FROM package_set WHERE id = %(id)s) AND (last_seen IS NULL OR last_seen < %(seen)s)",
        {"seen": row[0], "id": set_id},
    )
    cursor.execute("DELETE FROM package_set_seen WHERE set_id = %s", (set_id,))
    cursor.execute("DELETE FROM package_set WHERE id = %s", (set_id,))
    return True


def remove_chain(cursor: Cursor, chain_id: int) -> bool:
    """Remove a layer chain unless an image has it."""
    cursor.execute(
        "DELETE FROM layer_chain WHERE id = %s AND NOT EXISTS (SELECT FROM image WHERE layer_chain_id = %s)",
        (chain_id, chain_id),
    )
    return cursor.rowcount == 1


def _prune(
    database: Database, prune: Callable[[Cursor, datetime, int], int], before: datetime, enough: Callable[[], bool]
) -> int:
    removed = 0
    while not enough():
        found = database.run(lambda cursor: prune(cursor, before, PRUNED))
        removed += found
        if found < PRUNED:
            break
    return removed


def _orphaned_sets(database: Database, before: datetime) -> Iterator[int]:
    yield from _pages(
        database,
        "SELECT s.set_id FROM package_set_seen s WHERE s.set_id > %(after)s AND s.last_seen < %(before)s "
        "AND NOT EXISTS (SELECT FROM image_package_set i WHERE i.set_id = s.set_id) ORDER BY s.set_id LIMIT %(limit)s",
        {"before": before},
    )


def _orphaned_chains(database: Database) -> Iterator[int]:
    yield from _pages(
        database,
        "SELECT c.id FROM layer_chain c WHERE c.id > %(after)s "
        "AND NOT EXISTS (SELECT FROM image i WHERE i.layer_chain_id = c.id) ORDER BY c.id LIMIT %(limit)s",
        {},
    )


def _pages(database: Database, statement: str, parameters: dict[str, object]) -> Iterator[int]:
    after = 0
    while True:
        with database.transaction() as cursor:
            cursor.execute(statement, parameters | {"after": after, "limit": BATCH})
            page = [row[0] for row in cursor.fetchall()]
        if not page:
            return
        yield from page
        after = page[-1]


def _remove_each(
    database: Database, found: Iterator[int], remove: Callable[[Cursor, int], bool], enough: Callable[[], bool]
) -> int:
    removed = 0
    for identifier in found:
        if enough():
            break
        removed += database.run(partial(_call, remove, identifier), retry=frozenset({FOREIGN_KEY_VIOLATION}))
    return removed


def _call(remove: Callable[[Cursor, int], bool], identifier: int, cursor: Cursor) -> bool:
    return remove(cursor, identifier)
