"""Reads what rules need to know of images, page by page, from the database.

Which images are newer is counted by the server over the whole history of the tags and repositories
of a page, before any rule looks at ages. For `max_images` the newest images are walked once a rule,
to the place where the limit falls. A page is a transaction of its own, so that no run, however long,
holds one open.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.rules import Candidate, NamedRule, RuleReference, references_that_count
from cargohold import digests
from cargohold.archive_rules import RuleTransition, parse_rule
from cargohold.database.connection import Cursor, Database
from cargohold.errors import InvalidRule

PAGE = 500

# Every name of the images of a page: from the owners of today and from the history, the image's own
# and those of the indexes that hold it.
_REFERENCES = """
WITH named AS (
    SELECT d AS image, d AS digest FROM unnest(%(digests)s::bytea[]) d
    UNION
    SELECT image_digest, index_digest FROM image_index WHERE image_digest = ANY (%(digests)s::bytea[])
), own AS (
    SELECT n.image, n.digest, r.registry, r.repository, r.tag, r.pushed_at AS at
    FROM named n JOIN reference r ON r.digest = n.digest
    UNION ALL
    SELECT n.image, n.digest, e.registry, e.repository, e.tag, e.at
    FROM named n JOIN reference_event e ON e.digest = n.digest AND e.event = 'pushed'
), mine AS (
    SELECT image, registry, repository, tag, max(at) AS at, array_agg(DISTINCT digest) AS digests
    FROM own GROUP BY image, registry, repository, tag
), tags AS (
    SELECT DISTINCT registry, repository, tag FROM mine WHERE tag <> ''
), tag_pushes AS (
    SELECT registry, repository, tag, digest, max(at) AS at
    FROM (
        SELECT e.registry, e.repository, e.tag, e.digest, e.at
        FROM reference_event e JOIN tags USING (registry, repository, tag) WHERE e.event = 'pushed'
        UNION ALL
        SELECT r.registry, r.repository, r.tag, r.digest, r.pushed_at
        FROM reference r JOIN tags USING (registry, repository, tag) WHERE r.tag <> ''
    ) pushes GROUP BY registry, repository, tag, digest
), tag_ranks AS (
    SELECT registry, repository, tag, digest,
           rank() OVER (PARTITION BY registry, repository, tag ORDER BY at DESC) - 1 AS newer
    FROM tag_pushes
), repositories AS (
    SELECT DISTINCT registry, repository FROM mine WHERE %(repositories)s
), repository_pushes AS (
    SELECT registry, repository, digest, max(at) AS at
    FROM (
        SELECT e.registry, e.repository, e.digest, e.at
        FROM reference_event e JOIN repositories USING (registry, repository) WHERE e.event = 'pushed'
        UNION ALL
        SELECT r.registry, r.repository, r.digest, r.pushed_at
        FROM reference r JOIN repositories USING (registry, repository)
    ) pushes GROUP BY registry, repository, digest
), repository_ranks AS (
    -- An index and the images in it are one push: the images are left to their index.
    SELECT registry, repository, digest,
           rank() OVER (PARTITION BY registry, repository ORDER BY at DESC) - 1 AS newer
    FROM repository_pushes p
    WHERE NOT EXISTS (
        SELECT FROM image_index i JOIN repository_pushes parent ON parent.digest = i.index_digest
        WHERE i.image_digest = p.digest AND (parent.registry, parent.repository) = (p.registry, p.repository))
)
SELECT m.image, m.registry, m.repository, m.tag, coalesce(min(t.newer), 0), coalesce(min(s.newer), 0)
FROM mine m CROSS JOIN unnest(m.digests) d (digest)
LEFT JOIN tag_ranks t ON t.digest = d.digest AND (t.registry, t.repository, t.tag) = (m.registry, m.repository, m.tag)
LEFT JOIN repository_ranks s ON s.digest = d.digest AND (s.registry, s.repository) = (m.registry, m.repository)
GROUP BY m.image, m.registry, m.repository, m.tag
"""

# An image whose archived bundle is of the same analysis has come back from there; its row is as old
# as the restore.
_IMAGES = """
SELECT i.id, i.digest, i.revision, i.analysis_id, i.analyzed_at, i.analyzed_at,
       CASE WHEN a.analysis_id = i.analysis_id THEN i.status_changed_at END, i.protected_until, '[]'::jsonb
FROM image i LEFT JOIN archived_image a USING (digest)
WHERE i.status = 'active' AND {condition} ORDER BY {order} LIMIT %(limit)s
"""
_ARCHIVED = """
SELECT a.digest, a.digest, a.revision, a.analysis_id, a.analyzed_at, a.archived_at, NULL, NULL, a."references"
FROM archived_image a
WHERE a.status = 'archived' AND {condition} ORDER BY {order} LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Collection:
    """The images that rules of one transition look at: the statements, and the order of their key."""

    statement: str
    one: str
    after: str
    order: str
    older: str
    newest: str

    def page(self, key: Any) -> str:
        """Return the statement of the page after `key` (None for the first)."""
        return self.statement.format(condition=self.after if key is not None else "true", order=self.order)


ACTIVE = Collection(
    _IMAGES, "i.digest = %(key)s", "i.id > %(key)s", "i.id",
    "(i.analyzed_at, i.id) < (%(time)s, %(key)s)", "i.analyzed_at DESC, i.id DESC",
)  # fmt: skip
ARCHIVED = Collection(
    _ARCHIVED, "a.digest = %(key)s", "a.digest > %(key)s", "a.digest",
    "(a.archived_at, a.digest) < (%(time)s, %(key)s)", "a.archived_at DESC, a.digest DESC",
)  # fmt: skip
COLLECTIONS = {RuleTransition.ARCHIVE: ACTIVE, RuleTransition.DELETE: ARCHIVED}

Limit = tuple[datetime, Any]  # time and key of the last image that `max_images` keeps


def read_rules(database: Database) -> tuple[list[NamedRule], list[tuple[int, str, str]]]:
    """Return the enabled rules, and (id, name, reason) of those that cannot be understood."""
    with database.transaction() as cursor:
        cursor.execute("SELECT id, name, rule FROM archive_rule WHERE enabled ORDER BY id")
        rows = cursor.fetchall()
    rules, wrong = [], []
    for identifier, name, document in rows:
        try:
            rules.append(NamedRule(identifier, name, parse_rule(document)))
        except InvalidRule as error:
            wrong.append((identifier, name, error.message))
    return rules, wrong


class Candidates:
    """The images that the rules of one transition may take, in the order of their keys."""

    def __init__(self, database: Database, transition: RuleTransition, rules: Iterable[NamedRule]) -> None:
        self._database = database
        self._collection = COLLECTIONS[transition]
        self._rules = [named for named in rules if named.rule.transition is transition and named.rule.enabled]
        self._ranked = any(named.rule.repository_images_newer is not None for named in self._rules)
        self._limits: dict[int, Limit] | None = None

    def pages(self, after: Any = None) -> Iterator[tuple[Any, list[Candidate]]]:
        """Yield pages of candidates after the key `after`, each with the key of its last."""
        limits = self._limits_of_rules()
        while True:
            with self._database.transaction() as cursor:
                cursor.execute(self._collection.page(after), {"key": after, "limit": PAGE})
                rows = cursor.fetchall()
                if not rows:
                    return
                page = self._candidates(cursor, rows, limits)
            after = rows[-1][0]
            yield after, page

    def one(self, digest: str) -> Candidate | None:
        """Return one image as the rules see it now, None when it is not there to be taken."""
        limits = self._limits_of_rules()
        statement = self._collection.statement.format(condition=self._collection.one, order=self._collection.order)
        with self._database.transaction() as cursor:
            cursor.execute(statement, {"key": digests.to_bytes(digest), "limit": 1})
            rows = cursor.fetchall()
            return self._candidates(cursor, rows, limits)[0] if rows else None

    def _candidates(self, cursor: Cursor, rows: list[Any], limits: dict[int, Limit]) -> list[Candidate]:
        references = _references(cursor, rows, repositories=self._ranked)
        return [
            Candidate(
                digest=digests.to_text(row[1]),
                revision=row[2],
                analysis_id=row[3],
                analyzed_at=row[4],
                references=tuple(references[row[1]]),
                beyond=frozenset(rule for rule, limit in limits.items() if (row[5], row[0]) < limit),
                restored_at=row[6],
                protected_until=row[7],
            )
            for row in rows
        ]

    def _limits_of_rules(self) -> dict[int, Limit]:
        if self._limits is None:
            limited = [named for named in self._rules if named.rule.max_images is not None]
            found = ((named.id, self._limit(named)) for named in limited)
            self._limits = {rule: limit for rule, limit in found if limit is not None}
        return self._limits

    def _limit(self, named: NamedRule) -> Limit | None:
        """Walk the newest images that `named` selects to the last one that it keeps; None when there are fewer."""
        left = named.rule.max_images or 0
        time = key = None
        while True:
            condition = self._collection.older if time is not None else "true"
            statement = self._collection.statement.format(condition=condition, order=self._collection.newest)
            with self._database.transaction() as cursor:
                cursor.execute(statement, {"time": time, "key": key, "limit": PAGE})
                rows = cursor.fetchall()
                references = _references(cursor, rows, repositories=False) if rows else {}
            for row in rows:
                if _selects(named, references[row[1]]):
                    left -= 1
                    if not left:
                        return row[5], row[0]
            if not rows:
                return None
            time, key = rows[-1][5], rows[-1][0]


def _selects(named: NamedRule, references: Iterable[RuleReference]) -> bool:
    return any(
        named.rule.selector.matches(reference) and (reference.tag or named.rule.untagged)
        for reference in references_that_count(references)
    )


def _references(cursor: Cursor, rows: list[Any], *, repositories: bool) -> dict[bytes, list[RuleReference]]:
    """Return the references of the images in `rows` by digest: as the database has them, else as archived."""
    found: dict[bytes, list[RuleReference]] = defaultdict(list)
    cursor.execute(_REFERENCES, {"digests": [row[1] for row in rows], "repositories": repositories})
    for image, registry, repository, tag, newer_under_tag, newer_in_repository in cursor.fetchall():
        found[image].append(RuleReference(registry, repository, tag, newer_under_tag, newer_in_repository))
    for row in rows:
        known = {(one.registry, one.repository, one.tag) for one in found[row[1]]}
        archived = {(one["registry"], one["repository"], one["tag"]) for one in row[8]}
        found[row[1]].extend(RuleReference(*name) for name in sorted(archived - known))
    return found
