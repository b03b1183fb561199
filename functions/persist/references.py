"""References: who owns each tag, which digests a repository holds, and the history of both.

`reference` is a function of the events, so that any order of messages gives the same rows:

- the newest push owns a tag, the greater digest when two are of the same time;
- a digest that lost a tag, or was pushed without one, has a row with the tag `""`; readers count it
  only while no tag of the repository points to the digest;
- a row is removed by the first removal that is not older than its push, of its tag or its digest.

A multi-platform image is referenced by its index; its images inherit through `image_index`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cargohold.contracts import AnalysisReady, ReferenceRemoved
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.identifiers import made_at
from persist.text import fit

_REPOSITORY_BYTES = 1_000
_TAG_BYTES = 500

# Two arms, so that each is one range of the unique index.
_REMOVED = """
    least(
        (SELECT min(event.at) FROM reference_event event
         WHERE event.registry = reference.registry AND event.repository = reference.repository
           AND event.tag = reference.tag AND event.digest IN ('', reference.digest)
           AND event.event = 'removed' AND event.at >= reference.pushed_at),
        (SELECT min(event.at) FROM reference_event event
         WHERE event.registry = reference.registry AND event.repository = reference.repository
           AND event.tag = '' AND event.digest = reference.digest
           AND event.event = 'removed' AND event.at >= reference.pushed_at))
"""

_SET_REMOVED = f"""
    UPDATE reference SET removed_at = {_REMOVED}
    WHERE id IN (
        SELECT id FROM reference WHERE registry = %(registry)s AND repository = %(repository)s
          AND tag = ANY(%(tags)s) AND tag <> ''
        UNION ALL
        SELECT id FROM reference WHERE registry = %(registry)s AND repository = %(repository)s
          AND digest = ANY(%(digests)s))
      AND removed_at IS DISTINCT FROM {_REMOVED}
"""  # noqa: S608 -- constants only

# Of `digests` those that had a tag before another digest had it, whoever has it now.
_LOST_TAG = """
    SELECT DISTINCT own.digest FROM reference_event own
    WHERE own.registry = %(registry)s AND own.repository = %(repository)s AND own.tag = %(tag)s
      AND own.event = 'pushed' AND own.digest = ANY(%(digests)s)
      AND EXISTS (
        SELECT FROM reference_event other
        WHERE other.registry = %(registry)s AND other.repository = %(repository)s AND other.tag = %(tag)s
          AND other.event = 'pushed' AND other.digest <> own.digest AND (other.at, other.digest) > (own.at, own.digest))
"""


@dataclass(frozen=True, slots=True, order=True)
class Push:
    """A digest was pushed to a repository, under a tag or (`""`) without one."""

    registry: str
    repository: str
    tag: str
    pushed_at: datetime
    digest: bytes


def pushes(message: AnalysisReady) -> list[Push]:
    """Return the pushes that led to a result, without duplicates, in order."""
    target = message.parents[0] if message.parents else message.image
    found = {
        Push(
            fit(reference.registry, _TAG_BYTES),
            fit(reference.repository, _REPOSITORY_BYTES),
            fit(reference.tag, _TAG_BYTES),
            reference.pushed_at or made_at(message.analysis_id),
            to_bytes(reference.digest or target),
        )
        for reference in message.references
    }
    return sorted(found)


def link_parents(cursor: Cursor, message: AnalysisReady) -> None:
    """Record which indexes an image is in."""
    if not message.parents:
        return
    cursor.execute(
        "INSERT INTO image_index (index_digest, image_digest, first_seen) "
        "SELECT parent, %s, %s FROM unnest(%s::bytea[]) parent ORDER BY parent ON CONFLICT DO NOTHING",
        (
            to_bytes(message.image),
            made_at(message.analysis_id),
            [to_bytes(parent) for parent in sorted(set(message.parents))],
        ),
    )


def record(cursor: Cursor, found: Sequence[Push]) -> bool:
    """Record pushes and tell whether any of them is new.

    Takes a lock for each repository until the transaction ends: call it last.
    """
    new = False
    for repository in sorted({(push.registry, push.repository) for push in found}):
        _lock(cursor, *repository)
        own = [push for push in found if (push.registry, push.repository) == repository]
        # Events and rows are committed together, so known events mean that the rows count them already.
        if _append(cursor, *repository, "pushed", [(push.tag, push.digest, push.pushed_at) for push in own]):
            _own(cursor, *repository, own)
            new = True
    return new


def remove(cursor: Cursor, message: ReferenceRemoved) -> bool:
    """Record that a tag, or a digest with all its tags, is gone; tell whether that is news."""
    reference = message.reference
    registry, repository = fit(reference.registry, _TAG_BYTES), fit(reference.repository, _REPOSITORY_BYTES)
    tag = fit(reference.tag, _TAG_BYTES)
    digest = to_bytes(reference.digest) if reference.digest else b""
    if not tag and not digest:
        return False
    _lock(cursor, registry, repository)
    if not _append(cursor, registry, repository, "removed", [(tag, digest, message.removed_at)]):
        return False
    # What was pushed is known by its push, even when the removal came first.
    tags, digests = ([tag], []) if tag else ([], [digest])
    _set_removed(cursor, registry, repository, tags, digests)
    return True


def prune(cursor: Cursor, before: datetime, limit: int) -> int:
    """Delete at most `limit` events older than `before` and return how many; the current references stay."""
    cursor.execute(
        "DELETE FROM reference_event WHERE id IN (SELECT id FROM reference_event WHERE at < %s LIMIT %s)",
        (before, limit),
    )
    return cursor.rowcount


def _lock(cursor: Cursor, registry: str, repository: str) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(1, hashtext(%s))", (f"{registry}/{repository}",))


def _append(
    cursor: Cursor, registry: str, repository: str, event: str, rows: Iterable[tuple[str, bytes, datetime]]
) -> bool:
    tags, digests, times = zip(*rows, strict=True)
    cursor.execute(
        "INSERT INTO reference_event (registry, repository, tag, digest, event, at) "
        "SELECT %s, %s, tag, digest, %s, at "
        "FROM unnest(%s::text[], %s::bytea[], %s::timestamptz[]) e (tag, digest, at) "
        "ORDER BY tag, digest, at ON CONFLICT DO NOTHING",
        (registry, repository, event, list(tags), list(digests), list(times)),
    )
    return cursor.rowcount > 0


def _own(cursor: Cursor, registry: str, repository: str, found: Sequence[Push]) -> None:
    tags = sorted({push.tag for push in found if push.tag})
    owners: dict[str, tuple[datetime, bytes]] = {}
    if tags:
        cursor.execute(
            "SELECT tag, pushed_at, digest FROM reference WHERE registry = %s AND repository = %s AND tag = ANY(%s)",
            (registry, repository, tags),
        )
        owners = {tag: (pushed_at, digest) for tag, pushed_at, digest in cursor.fetchall()}
    untagged = {push.digest for push in found if not push.tag}
    late: dict[str, set[bytes]] = {}  # by tag: the digests about which a push that came late can tell something new
    for push in found:
        if not push.tag:
            continue
        owner = owners.get(push.tag)
        winner = max(owner or (push.pushed_at, push.digest), (push.pushed_at, push.digest))
        untagged |= {digest for _, digest in (owner or winner, (push.pushed_at, push.digest)) if digest != winner[1]}
        owners[push.tag] = winner
        if winner != (push.pushed_at, push.digest):
            late.setdefault(push.tag, set()).update((push.digest, winner[1]))
        cursor.execute(
            "INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at) "
            "VALUES (%(registry)s, %(repository)s, %(tag)s, %(digest)s, %(seen)s, %(pushed_at)s) "
            "ON CONFLICT (registry, repository, tag) WHERE tag <> '' DO UPDATE SET digest = EXCLUDED.digest, "
            "pushed_at = EXCLUDED.pushed_at, first_seen = least(reference.first_seen, EXCLUDED.first_seen)",
            {
                "registry": registry,
                "repository": repository,
                "tag": push.tag,
                "digest": winner[1],
                "seen": push.pushed_at,
                "pushed_at": winner[0],
            },
        )
    for tag, digests in late.items():
        cursor.execute(
            _LOST_TAG, {"registry": registry, "repository": repository, "tag": tag, "digests": sorted(digests)}
        )
        untagged |= {row[0] for row in cursor.fetchall()}
    _hold(cursor, registry, repository, untagged, {push.digest for push in found} - untagged)
    _set_removed(cursor, registry, repository, tags, sorted(untagged | {push.digest for push in found}))


def _hold(cursor: Cursor, registry: str, repository: str, untagged: set[bytes], others: set[bytes]) -> None:
    """Write the rows of digests without a tag; of `others` only those that have such a row."""
    if not untagged and not others:
        return
    cursor.execute(
        "INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at) "
        "SELECT registry, repository, '', digest, min(at), max(at) FROM reference_event event "
        "WHERE event.registry = %(registry)s AND event.repository = %(repository)s AND event.event = 'pushed' "
        "AND (event.digest = ANY(%(untagged)s) OR event.digest = ANY(%(others)s) AND EXISTS ("
        "SELECT FROM reference r WHERE r.registry = %(registry)s "
        "AND r.repository = %(repository)s AND r.tag = '' AND r.digest = event.digest)) "
        "GROUP BY registry, repository, digest ORDER BY digest "
        "ON CONFLICT (registry, repository, digest) WHERE tag = '' DO UPDATE SET "
        "first_seen = least(reference.first_seen, EXCLUDED.first_seen), "
        "pushed_at = greatest(reference.pushed_at, EXCLUDED.pushed_at)",
        {
            "registry": registry,
            "repository": repository,
            "untagged": sorted(untagged),
            "others": sorted(others),
        },
    )


def _set_removed(cursor: Cursor, registry: str, repository: str, tags: Sequence[str], digests: Sequence[bytes]) -> None:
    cursor.execute(
        _SET_REMOVED,
        {"registry": registry, "repository": repository, "tags": list(tags), "digests": list(digests)},
    )
