"""What the database knows of a repository, and which digests it has put behind itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes, to_text

# A digest whose image was archived or deleted and is not here again; an index is one when all its images are.
_GONE = """
SELECT digest, (SELECT at FROM tombstone WHERE tombstone.digest = asked.digest)
FROM unnest(%(digests)s::bytea[]) asked (digest)
WHERE EXISTS (SELECT FROM tombstone WHERE tombstone.digest = asked.digest)
  AND NOT EXISTS (SELECT FROM image WHERE image.digest = asked.digest)
UNION ALL
SELECT index_digest, min(tombstone.at)
FROM image_index LEFT JOIN tombstone ON tombstone.digest = image_digest LEFT JOIN image ON image.digest = image_digest
WHERE index_digest = ANY(%(digests)s)
GROUP BY index_digest
HAVING count(tombstone.digest) = count(*) AND count(image.digest) = 0
"""

# The newest try of every digest under every tag.
_ATTEMPTS = """
SELECT DISTINCT ON (tag, digest) tag, digest, status, error_code, final, started_at, deadline FROM attempt
WHERE registry = %s AND repository = %s
ORDER BY tag, digest, started_at DESC
"""

_REPOSITORIES = """
SELECT repository FROM reference WHERE registry = %(registry)s AND removed_at IS NULL
UNION
SELECT repository FROM attempt WHERE registry = %(registry)s
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """What a tag points to."""

    digest: str
    pushed_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """The newest try to analyze a digest under a tag; the digest is missing when it failed before it was known."""

    digest: str | None
    status: str
    error_code: str
    final: bool
    started_at: datetime
    deadline: datetime | None


@dataclass(slots=True)
class Known:
    """One repository. `untagged` are digests that no tag points to; `attempts` are by tag.

    `hidden` are digests with a tag that had another before, or none: without it they are untagged.
    """

    tags: dict[str, Owner] = field(default_factory=dict)
    untagged: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)


def repositories(cursor: Cursor, registry: str) -> list[str]:
    """Return the repositories of a registry that something is known of."""
    cursor.execute(_REPOSITORIES, {"registry": registry})
    return [name for (name,) in cursor.fetchall()]


def repository(cursor: Cursor, registry: str, name: str) -> Known:
    """Return what is known of a repository."""
    known = Known()
    cursor.execute(
        "SELECT tag, digest, pushed_at FROM reference WHERE registry = %s AND repository = %s AND removed_at IS NULL",
        (registry, name),
    )
    for tag, digest, pushed_at in cursor.fetchall():
        if tag:
            known.tags[tag] = Owner(to_text(digest), pushed_at)
        else:
            known.untagged.add(to_text(digest))
    known.hidden = known.untagged & {owner.digest for owner in known.tags.values()}
    known.untagged -= known.hidden
    cursor.execute(_ATTEMPTS, (registry, name))
    for tag, digest, *rest in cursor.fetchall():
        known.attempts.setdefault(tag, []).append(Attempt(to_text(digest) if digest else None, *rest))
    return known


def gone(cursor: Cursor, digests: Iterable[str]) -> dict[str, datetime]:
    """Return those of `digests` that were archived or deleted, with when; what is here again is not among them."""
    cursor.execute(_GONE, {"digests": sorted({to_bytes(digest) for digest in digests})})
    return {to_text(digest): at for digest, at in cursor.fetchall()}
