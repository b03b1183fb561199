"""Reads what rules need to know of images, page by page, from the database.

Which images are newer is counted over the whole history of their tags and repositories, before any rule looks
at ages, and only where a rule asks. For `max_images` the newest images are walked once a rule,
to the place where the limit falls. A page is a transaction of its own, so that no run, however long,
holds one open.
"""

import time
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from archive.pushes import Place, Pushed, PushTimes, names_of, newer
from archive.rules import Candidate, NamedRule, RuleReference, references_that_count
from cargohold import digests
from cargohold.archive_rules import RuleTransition, Selector, parse_rule
from cargohold.contracts import now
from cargohold.database.connection import Cursor, Database
from cargohold.errors import InvalidRule

PAGE = 500
LIMIT_KEPT = 300  # seconds for which a limit of more images than a page is kept
INFINITY = float("inf")  # of a name that the database has forgotten: nothing is known to be newer

# An image whose archived bundle is of the same analysis has come back from there; its row is as old
# as the restore.
_IMAGES = """
SELECT i.id, i.digest, i.revision, i.analyzed_at, i.analyzed_at,
       CASE WHEN a.analysis_id = i.analysis_id THEN i.status_changed_at END, i.protected_until, NULL::jsonb
FROM image i LEFT JOIN archived_image a USING (digest)
WHERE i.status = 'active' AND {condition} ORDER BY {order} LIMIT %(limit)s
"""
_ARCHIVED = """
SELECT a.digest, a.digest, a.revision, a.analyzed_at, a.archived_at, NULL, NULL, a."references"
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
    analyzed_at: str

    def page(self, key: Any) -> str:
        """Return the statement of the page after `key` (None for the first)."""
        old = f"{self.analyzed_at} <= %(before)s"
        return self.statement.format(condition=f"{self.after} AND {old}" if key is not None else old, order=self.order)


ACTIVE = Collection(
    _IMAGES, "i.digest = %(key)s", "i.id > %(key)s", "i.id",
    "(i.analyzed_at, i.id) < (%(time)s, %(key)s)", "i.analyzed_at DESC, i.id DESC", "i.analyzed_at",
)  # fmt: skip
ARCHIVED = Collection(
    _ARCHIVED, "a.digest = %(key)s", "a.digest > %(key)s", "a.digest",
    "(a.archived_at, a.digest) < (%(time)s, %(key)s)", "a.archived_at DESC, a.digest DESC", "a.analyzed_at",
)  # fmt: skip
COLLECTIONS = {RuleTransition.ARCHIVE: ACTIVE, RuleTransition.DELETE: ARCHIVED}

Limit = tuple[datetime, Any]  # time and key of the last image that `max_images` keeps

_NONE: frozenset[int] = frozenset()
_LIMITS: WeakKeyDictionary[Database, dict[NamedRule, tuple[float, Limit | None]]] = WeakKeyDictionary()


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
        self._times = PushTimes()
        self._limits: dict[int, Limit] | None = None

    def pages(self, after: Any = None) -> Generator[tuple[Any, list[Candidate]], None, None]:
        """Yield pages of candidates after the key `after`, each with the key of its last.

        The database is at the next page while the caller looks at one: nobody else may use it until the
        generator is closed. Images that are too young for every rule are left out, as no rule takes any of
        their references.
        """
        self._limits_of_rules()
        youngest = min((named.rule.analysis_age_days or 0 for named in self._rules), default=0)
        before = now() - timedelta(days=youngest)
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self._page, after, before)
            while (page := following.result()) is not None:
                following = ahead.submit(self._page, page[0], before)
                yield page

    def _page(self, after: Any, before: datetime) -> tuple[Any, list[Candidate]] | None:
        with self._database.transaction() as cursor:
            cursor.execute(self._collection.page(after), {"key": after, "limit": PAGE, "before": before})
            rows = cursor.fetchall()
            return (rows[-1][0], self._candidates(cursor, rows, self._limits_of_rules())) if rows else None

    def one(self, digest: str) -> Candidate | None:
        """Return one image as the rules see it now, None when it is not there to be taken."""
        limits = self._limits_of_rules()
        statement = self._collection.statement.format(condition=self._collection.one, order=self._collection.order)
        with self._database.transaction() as cursor:
            cursor.execute(statement, {"key": digests.to_bytes(digest), "limit": 1})
            rows = cursor.fetchall()
            return self._candidates(cursor, rows, limits)[0] if rows else None

    def _candidates(self, cursor: Cursor, rows: list[Any], limits: dict[int, Limit]) -> list[Candidate]:
        return [
            Candidate(
                digests.to_text(row[1]),
                row[2],
                row[3],
                references,
                frozenset([rule for rule, limit in limits.items() if (row[4], row[0]) < limit]) if limits else _NONE,
                row[5],
                row[6],
            )
            for row, references in zip(rows, self._references(cursor, rows), strict=True)
        ]

    def _limits_of_rules(self) -> dict[int, Limit]:
        if self._limits is None:
            limited = [named for named in self._rules if named.rule.max_images is not None]
            found = ((named.id, self._kept_limit(named)) for named in limited)
            self._limits = {rule: limit for rule, limit in found if limit is not None}
        return self._limits

    def _kept_limit(self, named: NamedRule) -> Limit | None:
        """Return the limit of a rule. A far one is looked for once in some minutes: each request asks for it anew."""
        if (named.rule.max_images or 0) <= PAGE:
            return self._limit(named)
        kept = _LIMITS.setdefault(self._database, {})
        if named not in kept or time.monotonic() > kept[named][0]:
            kept[named] = (time.monotonic() + LIMIT_KEPT, self._limit(named))
        return kept[named][1]

    def _limit(self, named: NamedRule) -> Limit | None:
        """Walk the newest images that `named` selects to the last one that it keeps; None when there are fewer."""
        left = named.rule.max_images or 0
        at = key = None
        while True:
            condition = self._collection.older if at is not None else "true"
            statement = self._collection.statement.format(condition=condition, order=self._collection.newest)
            with self._database.transaction() as cursor:
                cursor.execute(statement, {"time": at, "key": key, "limit": PAGE})
                rows = cursor.fetchall()
                names = _names(cursor, rows) if rows else []
            for row, pushed in zip(rows, names, strict=True):
                if _selects(named, [RuleReference(*one[:3]) for one in pushed]):
                    left -= 1
                    if not left:
                        return row[4], row[0]
            if not rows:
                return None
            at, key = rows[-1][4], rows[-1][0]

    def _references(self, cursor: Cursor, rows: list[Any]) -> list[tuple[RuleReference, ...]]:
        """Return the references of each image in `rows`, counted where a rule asks."""
        named = _names(cursor, rows)
        by_tag = [one.rule.selector for one in self._rules if one.rule.tag_versions_newer is not None]
        by_repository = [one.rule.selector for one in self._rules if one.rule.repository_images_newer is not None]
        if not by_tag and not by_repository:
            return [tuple([RuleReference(*one[:3]) for one in pushed]) for pushed in named]
        every_tag, every_repository = Selector() in by_tag, Selector() in by_repository
        counted: list[list[tuple[Pushed, Place | None, Place | None]]] = []
        asked: set[Place] = set()
        for all_pushed in named:
            places: list[tuple[Pushed, Place | None, Place | None]] = []
            for pushed in all_pushed:
                under = within = None
                # Under a tag that it has still, nothing is newer.
                if by_tag and pushed.tag and not pushed.owned and (every_tag or _any(by_tag, pushed)):
                    under = pushed[:3]
                    asked.add(under)
                if by_repository and (every_repository or _any(by_repository, pushed)):
                    within = pushed[:2]
                    asked.add(within)
                places.append((pushed, under, within))
            counted.append(places)
        times = self._times.read(cursor, asked)
        return [
            tuple(
                [
                    RuleReference(
                        pushed[0],
                        pushed[1],
                        pushed[2],
                        newer(times.get(under), pushed[3]) if under else 0,
                        newer(times.get(within), pushed[4]) if within else 0,
                    )
                    for pushed, under, within in places
                ]
            )
            for places in counted
        ]


def _any(selectors: list[Selector], reference: Pushed) -> bool:
    return any(selector.matches(reference) for selector in selectors)


def _selects(named: NamedRule, references: Iterable[RuleReference]) -> bool:
    return any(
        named.rule.selector.matches(reference) and (reference.tag or named.rule.untagged)
        for reference in references_that_count(references)
    )


def _names(cursor: Cursor, rows: list[Any]) -> list[list[Pushed]]:
    """Return the names of the images in `rows`, with those that archived ones had and the database has forgotten."""
    found = names_of(cursor, [row[1] for row in rows])
    for row, names in zip(rows, found, strict=True):
        if row[7]:
            known = {pushed[:3] for pushed in names}
            archived = {(one["registry"], one["repository"], one["tag"]) for one in row[7]}
            names += [Pushed(*name, INFINITY, INFINITY, owned=False) for name in sorted(archived - known)]
    return found
