"""The names of images, and how many others were pushed later under them.

Counting needs no more than when each digest was pushed last: what is behind an image's own push in that list is
newer. The lists of a tag or repository are read once and kept, up to a bound, for its images are met all over a
run; a list that is some minutes old counts too few, never too many, and is asked for again before anything moves.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cargohold.database.connection import Cursor

KEPT = 4_000_000  # times of pushes, of 8 bytes each; a list counts for _LIST times more
_LIST = 40

# Every name of the images: from the owners of today and from the history, the image's own and those of the
# indexes that hold it.
_NAMES = """
WITH asked AS (
    SELECT digest, number::integer FROM unnest(%(digests)s::bytea[]) WITH ORDINALITY a (digest, number)
), named AS (
    SELECT number, true AS own, digest FROM asked
    UNION ALL
    SELECT a.number, false, i.index_digest FROM image_index i JOIN asked a ON a.digest = i.image_digest
    WHERE i.image_digest = ANY (%(digests)s::bytea[])
)
SELECT n.number, n.own, o.registry, o.repository, o.tag, date_part('epoch', max(o.at)), bool_or(o.owned)
FROM named n CROSS JOIN LATERAL (
    SELECT r.registry, r.repository, r.tag, r.pushed_at AS at, true AS owned FROM reference r WHERE r.digest = n.digest
    UNION ALL
    SELECT e.registry, e.repository, e.tag, e.at, false FROM reference_event e
    WHERE e.digest = n.digest AND e.event = 'pushed'
) o GROUP BY 1, 2, n.digest, 3, 4, 5
"""

_UNDER_TAGS = """
SELECT w.number, array_agg(date_part('epoch', p.at) ORDER BY p.at)
FROM unnest(%(registries)s::text[], %(repositories)s::text[], %(tags)s::text[])
    WITH ORDINALITY w (registry, repository, tag, number)
CROSS JOIN LATERAL (
    SELECT max(at) AS at FROM (
        SELECT e.digest, e.at FROM reference_event e
        WHERE (e.registry, e.repository, e.tag) = (w.registry, w.repository, w.tag) AND e.event = 'pushed'
        UNION ALL
        SELECT r.digest, r.pushed_at FROM reference r
        WHERE (r.registry, r.repository, r.tag) = (w.registry, w.repository, w.tag) AND r.tag <> ''
    ) pushes GROUP BY digest
) p GROUP BY w.number
"""

# An index and the images in it are one push: the images are left to their index.
_IN_REPOSITORIES = """
SELECT w.number, array_agg(date_part('epoch', p.at) ORDER BY p.at)
FROM unnest(%(registries)s::text[], %(repositories)s::text[]) WITH ORDINALITY w (registry, repository, number)
CROSS JOIN LATERAL (
    WITH pushes AS MATERIALIZED (
        SELECT digest, max(at) AS at FROM (
            SELECT e.digest, e.at FROM reference_event e
            WHERE (e.registry, e.repository) = (w.registry, w.repository) AND e.event = 'pushed'
            UNION ALL
            SELECT r.digest, r.pushed_at FROM reference r
            WHERE (r.registry, r.repository) = (w.registry, w.repository) AND (r.tag = '' OR r.tag <> '')
        ) both_of_them GROUP BY digest
    )
    SELECT at FROM pushes
    EXCEPT ALL
    SELECT at FROM pushes WHERE digest IN (
        SELECT i.image_digest FROM image_index i JOIN pushes parent ON parent.digest = i.index_digest)
) p GROUP BY w.number
"""

Name = tuple[str, str, str]  # registry, repository, tag
Place = tuple[str, ...]  # a name, or registry and repository


class Pushed(NamedTuple):
    """A name of an image, and when it was pushed last: under it, and in the repository (seconds since 1970).

    `owned`: nothing was pushed under the name later.
    """

    registry: str
    repository: str
    tag: str
    under_tag: float
    in_repository: float
    owned: bool


def names_of(cursor: Cursor, digests: Sequence[bytes]) -> list[list[Pushed]]:
    """Return the names of each image, sorted, in the order of `digests`, which are different ones."""
    cursor.execute(_NAMES, {"digests": list(digests)})
    found: list[list[Any]] = [[] for _ in digests]
    for row in cursor.fetchall():
        found[row[0] - 1].append(row)
    return [_pushed(rows) for rows in found]


def _pushed(rows: list[Any]) -> list[Pushed]:
    """Return the names of one image. Most are in no index and one repository, so that is asked first."""
    if not rows:
        return []
    rows.sort()
    first, last = rows[0], rows[-1]
    if first[1] and first[2] == last[2] and first[3] == last[3]:
        latest = max([row[5] for row in rows])
        return [Pushed(registry, name, tag, at, latest, owned) for _, _, registry, name, tag, at, owned in rows]
    under: dict[Name, tuple[float, bool]] = {}
    within: dict[tuple[str, str], tuple[bool, float]] = {}
    for _, own, registry, repository, tag, at, owned in rows:
        name, place = (registry, repository, tag), (registry, repository)
        under[name] = max(under.get(name, (at, owned)), (at, owned))
        # Where an index was pushed, its push is the image's.
        within[place] = max(within.get(place, (not own, at)), (not own, at))
    return [Pushed(*name, at, within[name[:2]][1], owned) for name, (at, owned) in sorted(under.items())]


class PushTimes:
    """When the digests under tags and in repositories were pushed last, the oldest first."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._lists: dict[Place, array[float]] = {}
        self._left = self._most = kept

    def read(self, cursor: Cursor, places: Iterable[Place]) -> Mapping[Place, "array[float]"]:
        """Return the lists of `places`, which are names or registries with repositories."""
        wanted = set(places)
        found = {place: self._lists[place] for place in wanted & self._lists.keys()}
        missing = sorted(wanted - found.keys())
        for width, statement in ((3, _UNDER_TAGS), (2, _IN_REPOSITORIES)):
            asked = [place for place in missing if len(place) == width]
            if not asked:
                continue
            columns = dict(
                zip(("registries", "repositories", "tags"), map(list, zip(*asked, strict=True)), strict=False)
            )
            cursor.execute(statement, columns)
            for number, times in cursor.fetchall():
                found[asked[number - 1]] = self._keep(asked[number - 1], array("d", times))
        return found

    def _keep(self, place: Place, times: "array[float]") -> "array[float]":
        if len(times) > 1:  # of one push, nobody else comes to ask
            self._left -= len(times) + _LIST
            if self._left < 0:
                self._lists.clear()
                self._left = self._most
            else:
                self._lists[place] = times
        return times


def newer(times: "array[float] | None", at: float) -> int:
    """Return how many digests of a list were pushed later than `at`."""
    return len(times) - bisect_right(times, at) if times else 0
