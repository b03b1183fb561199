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
from itertools import groupby

from cargohold.contracts import AnalysisReady, ReferenceRemoved
from cargohold.database.batch import Batch, Statement
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.identifiers import made_at
from persist.text import fit

_REPOSITORY_BYTES = 1_000
_TAG_BYTES = 500

_LOCK = Statement("SELECT pg_advisory_xact_lock(1, hashtext(%(name)s))", "name text")


def _removed(row: str) -> str:
    """Return an expression: when `row`, of `reference`, was removed, or null."""
    # Two arms, so that each is one range of the unique index.
    event = f"event.registry = {row}.registry AND event.repository = {row}.repository AND event.event = 'removed'"
    return f"""least(
        (SELECT min(event.at) FROM reference_event event WHERE {event}
           AND event.tag = {row}.tag AND event.digest IN ('', {row}.digest) AND event.at >= {row}.pushed_at),
        (SELECT min(event.at) FROM reference_event event WHERE {event}
           AND event.tag = '' AND event.digest = {row}.digest AND event.at >= {row}.pushed_at))"""  # noqa: S608


# One row for each tag that has an owner, and at least one. Each tells how many of the events are new, and whether one
# of the digests has a row without a tag.
_APPEND = Statement(
    """
WITH added AS (
    INSERT INTO reference_event (registry, repository, tag, digest, event, at)
    SELECT %(registry)s, %(repository)s, tag, digest, %(event)s, at
    FROM unnest(%(tags)s, %(digests)s, %(times)s) e (tag, digest, at)
    ORDER BY tag, digest, at ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM added),
    EXISTS (
        SELECT FROM reference u WHERE u.registry = %(registry)s AND u.repository = %(repository)s AND u.tag = ''
          AND u.digest = ANY(%(digests)s)),
    r.tag, r.pushed_at, r.digest
FROM (VALUES (1)) one LEFT JOIN reference r
    ON r.registry = %(registry)s AND r.repository = %(repository)s AND r.tag = ANY(%(tags)s) AND r.tag <> ''
""",
    "registry text, repository text, event text, tags text[], digests bytea[], times timestamptz[]",
)

_OWN = Statement(
    f"""
INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at, removed_at)
SELECT registry, repository, tag, digest, seen, pushed_at, {_removed("owned")}
FROM (
    SELECT %(registry)s AS registry, %(repository)s AS repository, tag, digest, seen, pushed_at
    FROM unnest(%(tags)s, %(digests)s, %(seen)s, %(times)s) n (tag, digest, seen, pushed_at) ORDER BY tag
) owned
ON CONFLICT (registry, repository, tag) WHERE tag <> '' DO UPDATE SET digest = EXCLUDED.digest,
    pushed_at = EXCLUDED.pushed_at, removed_at = EXCLUDED.removed_at,
    first_seen = least(reference.first_seen, EXCLUDED.first_seen)
""",  # noqa: S608 -- constants only
    "registry text, repository text, tags text[], digests bytea[], seen timestamptz[], times timestamptz[]",
)

# Rows of digests without a tag: of `others` only those that have such a row.
_HOLD = Statement(
    """
INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at)
SELECT registry, repository, '', digest, min(at), max(at) FROM reference_event event
WHERE event.registry = %(registry)s AND event.repository = %(repository)s AND event.event = 'pushed'
  AND (event.digest = ANY(%(untagged)s) OR event.digest = ANY(%(others)s) AND EXISTS (
    SELECT FROM reference r WHERE r.registry = %(registry)s
    AND r.repository = %(repository)s AND r.tag = '' AND r.digest = event.digest))
GROUP BY registry, repository, digest ORDER BY digest
ON CONFLICT (registry, repository, digest) WHERE tag = '' DO UPDATE SET
    first_seen = least(reference.first_seen, EXCLUDED.first_seen),
    pushed_at = greatest(reference.pushed_at, EXCLUDED.pushed_at)
""",
    "registry text, repository text, untagged bytea[], others bytea[]",
)

_SET_REMOVED = Statement(
    f"""
UPDATE reference SET removed_at = {_removed("reference")}
WHERE id IN (
    SELECT id FROM reference WHERE registry = %(registry)s AND repository = %(repository)s
      AND tag = ANY(%(tags)s) AND tag <> ''
    UNION ALL
    SELECT id FROM reference WHERE registry = %(registry)s AND repository = %(repository)s
      AND digest = ANY(%(digests)s))
  AND removed_at IS DISTINCT FROM {_removed("reference")}
""",  # noqa: S608 -- constants only
    "registry text, repository text, tags text[], digests bytea[]",
)

# Of `digests` those that had a tag before another digest had it, whoever has it now.
_LOST_TAG = Statement(
    """
SELECT own.digest FROM (
    SELECT event.digest, min(event.at) AS at FROM reference_event event
    WHERE event.registry = %(registry)s AND event.repository = %(repository)s AND event.tag = %(tag)s
      AND event.event = 'pushed' AND event.digest = ANY(%(digests)s)
    GROUP BY event.digest) own
WHERE EXISTS (
    SELECT FROM reference_event other
    WHERE other.registry = %(registry)s AND other.repository = %(repository)s AND other.tag = %(tag)s
      AND other.event = 'pushed' AND other.digest <> own.digest AND (other.at, other.digest) > (own.at, own.digest))
""",
    "registry text, repository text, tag text, digests bytea[]",
)

_LINK_PARENTS = Statement(
    """
INSERT INTO image_index (index_digest, image_digest, first_seen)
SELECT parent, %(image)s, %(seen)s FROM unnest(%(parents)s) parent ORDER BY parent ON CONFLICT DO NOTHING
""",
    "image bytea, seen timestamptz, parents bytea[]",
)


@dataclass(frozen=True, slots=True, order=True)
class Push:
    """A digest was pushed to a repository, under a tag or (`""`) without one."""

    registry: str
    repository: str
    tag: str
    pushed_at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class Before:
    """A repository before new events: the owners of their tags, and whether one of their digests has a row without."""

    owners: dict[str, tuple[datetime, bytes]]  # by tag: when it was pushed, and to which digest
    untagged: bool


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


def link_parents(batch: Batch, message: AnalysisReady) -> None:
    """Record which indexes an image is in."""
    if message.parents:
        batch.add(
            _LINK_PARENTS,
            {
                "image": to_bytes(message.image),
                "seen": made_at(message.analysis_id),
                "parents": [to_bytes(parent) for parent in sorted(set(message.parents))],
            },
        )


def record(batch: Batch, found: Sequence[Push]) -> bool:
    """Record pushes and tell whether any of them is new.

    Takes a lock for each repository until the transaction ends: call it last.
    """
    new = False
    for (registry, repository), group in groupby(found, key=lambda push: (push.registry, push.repository)):
        own = list(group)
        # Events and rows are committed together, so known events mean that the rows count them already.
        events = [(push.tag, push.digest, push.pushed_at) for push in own]
        before = _append(batch, registry, repository, "pushed", events)
        if before is not None:
            _own(batch, registry, repository, own, before)
            new = True
    return new


def remove(batch: Batch, message: ReferenceRemoved) -> bool:
    """Record that a tag, or a digest with all its tags, is gone; tell whether that is news."""
    reference = message.reference
    registry, repository = fit(reference.registry, _TAG_BYTES), fit(reference.repository, _REPOSITORY_BYTES)
    tag = fit(reference.tag, _TAG_BYTES)
    digest = to_bytes(reference.digest) if reference.digest else b""
    if not tag and not digest:
        return False
    if _append(batch, registry, repository, "removed", [(tag, digest, message.removed_at)]) is None:
        return False
    # What was pushed is known by its push, even when the removal came first.
    tags, digests = ([tag], []) if tag else ([], [digest])
    _set_removed(batch, registry, repository, tags, digests)
    batch.run()
    return True


def prune(cursor: Cursor, before: datetime, limit: int) -> int:
    """Delete at most `limit` events older than `before` and return how many; the current references stay."""
    cursor.execute(
        "DELETE FROM reference_event WHERE id IN (SELECT id FROM reference_event WHERE at < %s LIMIT %s)",
        (before, limit),
    )
    return cursor.rowcount


def _append(
    batch: Batch, registry: str, repository: str, event: str, rows: Iterable[tuple[str, bytes, datetime]]
) -> Before | None:
    """Lock a repository and append to its history; return what was before, None when no event is new."""
    tags, digests, times = zip(*rows, strict=True)
    batch.add(_LOCK, {"name": f"{registry}/{repository}"})
    found = batch.fetch(
        _APPEND,
        {
            "registry": registry,
            "repository": repository,
            "event": event,
            "tags": list(tags),
            "digests": list(digests),
            "times": list(times),
        },
    )
    added, untagged = found[0][:2]
    owners = {tag: (pushed_at, digest) for *_, tag, pushed_at, digest in found if tag is not None}
    return Before(owners, untagged) if added else None


def _own(batch: Batch, registry: str, repository: str, found: Sequence[Push], before: Before) -> None:
    where = {"registry": registry, "repository": repository}
    owners = dict(before.owners)
    seen: dict[str, datetime] = {}
    untagged = {push.digest for push in found if not push.tag}
    late: dict[str, set[bytes]] = {}  # by tag: the digests about which a push that came late can tell something new
    for push in found:
        if not push.tag:
            continue
        owner = owners.get(push.tag)
        winner = max(owner or (push.pushed_at, push.digest), (push.pushed_at, push.digest))
        untagged |= {digest for _, digest in (owner or winner, (push.pushed_at, push.digest)) if digest != winner[1]}
        owners[push.tag] = winner
        seen[push.tag] = min(seen.get(push.tag, push.pushed_at), push.pushed_at)
        if winner != (push.pushed_at, push.digest):
            late.setdefault(push.tag, set()).update((push.digest, winner[1]))
    tags = sorted(seen)
    if tags:
        times, digests = zip(*(owners[tag] for tag in tags), strict=True)
        owned = {"tags": tags, "digests": list(digests), "seen": [seen[tag] for tag in tags], "times": list(times)}
        batch.add(_OWN, where | owned)
    for tag, digests_of_tag in late.items():
        lost = batch.fetch(_LOST_TAG, where | {"tag": tag, "digests": sorted(digests_of_tag)})
        untagged |= {digest for (digest,) in lost}
    pushed = {push.digest for push in found}
    if untagged or before.untagged:
        batch.add(_HOLD, where | {"untagged": sorted(untagged), "others": sorted(pushed - untagged)})
        _set_removed(batch, registry, repository, [], sorted(untagged | pushed))


def _set_removed(batch: Batch, registry: str, repository: str, tags: Sequence[str], digests: Sequence[bytes]) -> None:
    batch.add(
        _SET_REMOVED,
        {"registry": registry, "repository": repository, "tags": list(tags), "digests": list(digests)},
    )
