"""Makes the version keys of packages that have none, or whose keys an older release made.

A batch a transaction, and the table `version_key_fill` keeps how far they are: a run that is stopped goes on
where it was. The migrate function runs it after the migrations, and persist's daily run does what is left.
"""

from collections.abc import Callable

from cargohold.database.connection import Cursor, Database
from cargohold.versions import KEYS_VERSION, key

BATCH = 1_000

_PENDING = """
SELECT EXISTS (SELECT FROM package WHERE id > CASE WHEN f.keys_version < %s THEN 0 ELSE f.done_to END)
FROM version_key_fill f WHERE f.keys_version <= %s
"""
_UPDATE = """
UPDATE package p SET version_key = n.key
FROM (SELECT id, key FROM unnest(%s::integer[], %s::bytea[]) u (id, key) ORDER BY id) n WHERE p.id = n.id
"""


def fill(database: Database, *, enough: Callable[[], bool] = lambda: False) -> int:
    """Make missing and outdated keys until there are none or it is `enough`; return how many were changed."""
    changed = 0
    while database.run(_pending) and not enough():
        changed += database.run(_batch)
    return changed


def _pending(cursor: Cursor) -> bool:
    cursor.execute(_PENDING, (KEYS_VERSION, KEYS_VERSION))
    row = cursor.fetchone()  # none: a newer release has begun to make its own
    return bool(row and row[0])


def _batch(cursor: Cursor) -> int:
    cursor.execute("SELECT keys_version, done_to FROM version_key_fill FOR UPDATE")
    made_by, done_to = cursor.fetchone()
    if made_by > KEYS_VERSION:
        return 0
    cursor.execute(
        "SELECT id, type, version, version_key FROM package WHERE id > %s ORDER BY id LIMIT %s",
        (done_to if made_by == KEYS_VERSION else 0, BATCH),
    )
    rows = cursor.fetchall()
    if not rows:
        return 0
    wanted = {identifier: (key(type_, version), found) for identifier, type_, version, found in rows}
    changed = {identifier: made for identifier, (made, found) in wanted.items() if made != found}
    cursor.execute(_UPDATE, (list(changed), list(changed.values())))
    cursor.execute("UPDATE version_key_fill SET keys_version = %s, done_to = %s", (KEYS_VERSION, rows[-1][0]))
    return len(changed)
