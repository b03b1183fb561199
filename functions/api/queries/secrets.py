"""Secrets: of one image, and across the fleet. What is listed is where they stand, never what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from api.queries.views import SecretView
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes, to_text
from cargohold.errors import ImageUnknown, InvalidQuery

_FIELDS = """
    s.image_id, s.ordinal, i.digest, s.rule, s.category, s.title, s.severity, s.source, s.path, s.layer, s.line,
    s."column", s.snippet, s.digest, s.visible, s.created_by
"""
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")


@dataclass(frozen=True, slots=True)
class SecretFilter:
    """Which secrets: exact values, None for any. `severity` is the least, `digest` that of a value as listed."""

    rule: str | None = None
    severity: str | None = None
    digest: str | None = None
    visible: bool | None = None

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        """Return SQL conditions on `secret s`, and their parameters. Raises `InvalidQuery`."""
        conditions = ["true"]
        parameters: dict[str, Any] = {}
        if self.severity is not None:
            if self.severity not in SEVERITIES:
                raise InvalidQuery(reason=f"a severity is one of {', '.join(SEVERITIES)}")
            conditions.append("s.severity = ANY(%(severities)s)")
            parameters["severities"] = list(SEVERITIES[: SEVERITIES.index(self.severity) + 1])
        for column, value in (("rule", self.rule), ("digest", self.digest)):
            if value is not None:
                if "\0" in value:
                    raise InvalidQuery(reason="a value has a NUL in it")
                conditions.append(f"s.{column} = %({column})s AND s.{column} <> ''")
                parameters[column] = value
        if self.visible is not None:
            conditions.append("s.visible" if self.visible else "NOT s.visible")
        return conditions, parameters


def list_secrets(
    cursor: Cursor,
    wanted: SecretFilter | None = None,
    *,
    image: str | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[SecretView]:
    """Return secrets, those of the image that was known last first. Raises `InvalidQuery`.

    With `image` (a digest) only its own, in the order of its document; raises `ImageUnknown`, `InvalidDigest`.
    Archived images have none here: their bundles keep the document.
    """
    key = read_cursor(after, "secrets", int, int)
    conditions, parameters = (wanted or SecretFilter()).conditions()
    if image is not None:
        cursor.execute("SELECT id FROM image WHERE digest = %s", (to_bytes(image),))
        row = cursor.fetchone()
        if row is None:
            raise ImageUnknown(digest=image)
        conditions.append("s.image_id = %(image)s")
        parameters["image"] = row[0]
    if key is not None:
        conditions.append("s.image_id <= %(k0)s AND (s.image_id < %(k0)s OR s.ordinal > %(k1)s)")
        parameters |= {"k0": key[0], "k1": key[1]}
    where = " AND ".join(conditions)
    cursor.execute(
        f"SELECT {_FIELDS} FROM secret s JOIN image i ON i.id = s.image_id "  # noqa: S608 -- constants only
        f"WHERE {where} ORDER BY s.image_id DESC, s.ordinal LIMIT %(limit)s",
        parameters | {"limit": checked_limit(limit) + 1},
    )
    return make_page("secrets", cursor.fetchall(), limit, lambda row: (row[0], row[1]), _view)


def _view(row: Sequence[Any]) -> SecretView:
    return SecretView(to_text(row[2]), *row[3:])
