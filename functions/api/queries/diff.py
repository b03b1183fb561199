"""What is different between two images: packages by version, in each ecosystem's order, and layers.

A version that both have of a package, whatever its licences or the distribution in its purl, is no difference.
Of a package in several versions the newest of both are compared, then the next ones; what is left over on
one side was added or removed.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from api.queries.packages import VISIBLE, image_id_of
from api.queries.views import ImageDiff, LayerDiff, PackageChange
from cargohold.database.connection import Cursor
from cargohold.digests import to_text
from cargohold.model import Scope

# In both directions at once; ids that both images have are left out before any package is read.
_DIFFERENT = """
WITH member AS (
    SELECT DISTINCT i.image_id = %(second)s AS later, m.id
    FROM image_package_set i JOIN package_set s ON s.id = i.set_id CROSS JOIN LATERAL unnest(s.members) m (id)
    WHERE i.image_id IN (%(first)s, %(second)s) AND i.scope = ANY(%(scopes)s)
), different AS (SELECT id, bool_or(later) AS later FROM member GROUP BY id HAVING count(*) = 1)
SELECT p.type, p.namespace, p.name, d.later, p.version, p.version_key, p.purl
FROM different d JOIN package p ON p.id = d.id
ORDER BY p.type COLLATE "C", p.namespace COLLATE "C", p.name, d.later, p.version_key NULLS FIRST, p.version, p.purl
"""
_LAYERS = """
SELECT i.id, l.diff_id FROM image i JOIN layer_chain c ON c.id = i.layer_chain_id
CROSS JOIN LATERAL unnest(c.layers) WITH ORDINALITY n (id, ordinal) JOIN layer l ON l.id = n.id
WHERE i.id IN (%(first)s, %(second)s) ORDER BY i.id, n.ordinal
"""

Row = tuple[str, str, str, bool, str, bytes | None, str]


def diff_images(cursor: Cursor, first: str, second: str, *, scopes: Sequence[Scope] = VISIBLE) -> ImageDiff:
    """Return what the image `second` has otherwise than `first`, by type and name. Raises `ImageUnknown`."""
    ids = {"first": image_id_of(cursor, first), "second": image_id_of(cursor, second)}
    cursor.execute(_LAYERS, ids)
    chains: dict[int, list[str]] = {ids["first"]: [], ids["second"]: []}
    for image, diff_id in cursor.fetchall():
        chains[image].append(to_text(diff_id))
    layers = _layers(chains[ids["first"]], chains[ids["second"]])
    if ids["first"] == ids["second"]:
        return ImageDiff(first, second, layers, ())
    cursor.execute(_DIFFERENT, ids | {"scopes": list(scopes)})
    return ImageDiff(first, second, layers, tuple(_changes(cursor)))


def _layers(first: list[str], second: list[str]) -> LayerDiff:
    base = 0
    while base < min(len(first), len(second)) and first[base] == second[base]:
        base += 1
    others = set(second)
    return LayerDiff(len(first), len(second), base, tuple(layer for layer in dict.fromkeys(first) if layer in others))


def _changes(rows: Any) -> Iterator[PackageChange]:
    for _, group in groupby(rows, key=lambda row: row[:3]):
        found: list[Row] = list(group)
        both = {row[4] for row in found if not row[3]} & {row[4] for row in found if row[3]}
        before = [row for row in found if not row[3] and row[4] not in both]
        after = [row for row in found if row[3] and row[4] not in both]
        changed = min(len(before), len(after))
        yield from (_change(row, None) for row in before[: len(before) - changed])
        yield from (_change(None, row) for row in after[: len(after) - changed])
        yield from map(_change, before[len(before) - changed :], after[len(after) - changed :])


def _change(before: Row | None, after: Row | None) -> PackageChange:
    row = after or before
    assert row is not None  # noqa: S101 -- for the type checker
    return PackageChange(
        _kind(before, after),
        *row[:3],
        before[4] if before else None,
        after[4] if after else None,
        before[6] if before else None,
        after[6] if after else None,
    )


def _kind(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before[5] is None or after[5] is None or before[5] == after[5]:
        return "changed"
    return "upgraded" if before[5] < after[5] else "downgraded"
