"""Archive rules as api writes them: the JSON of a rule under a unique name. Archive reads and checks them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cargohold.database.connection import Cursor
from cargohold.errors import RuleExists, RuleUnknown

_FIELDS = "id, name, rule, enabled, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule with its name. `rule` is what `cargohold.archive_rules.parse_rule` reads."""

    id: int
    name: str
    rule: dict[str, Any]
    enabled: bool
    created_at: datetime
    updated_at: datetime


def list_rules(cursor: Cursor) -> list[StoredRule]:
    """Return all rules by name."""
    cursor.execute(f"SELECT {_FIELDS} FROM archive_rule ORDER BY name")  # noqa: S608 -- constants only
    return [StoredRule(*row) for row in cursor.fetchall()]


def add_rule(cursor: Cursor, name: str, rule: dict[str, Any]) -> StoredRule:
    """Store a rule. Raises `RuleExists`."""
    cursor.execute(
        f"INSERT INTO archive_rule (name, rule, enabled) VALUES (%s, %s, %s) "  # noqa: S608 -- constants only
        f"ON CONFLICT (name) DO NOTHING RETURNING {_FIELDS}",
        (name, orjson.dumps(rule).decode(), rule.get("enabled", True)),
    )
    row = cursor.fetchone()
    if row is None:
        raise RuleExists(name=name)
    return StoredRule(*row)


def get_rule(cursor: Cursor, name: str) -> StoredRule:
    """Return a rule. Raises `RuleUnknown`."""
    cursor.execute(f"SELECT {_FIELDS} FROM archive_rule WHERE name = %s", (name,))  # noqa: S608
    return _found(cursor, name)


def replace_rule(cursor: Cursor, name: str, rule: dict[str, Any]) -> StoredRule:
    """Replace what a rule says. Raises `RuleUnknown`."""
    cursor.execute(
        f"UPDATE archive_rule SET rule = %s, enabled = %s, updated_at = now() WHERE name = %s "  # noqa: S608
        f"RETURNING {_FIELDS}",
        (orjson.dumps(rule).decode(), rule.get("enabled", True), name),
    )
    return _found(cursor, name)


def remove_rule(cursor: Cursor, name: str) -> None:
    """Remove a rule; its history stays. Raises `RuleUnknown`."""
    cursor.execute("DELETE FROM archive_rule WHERE name = %s", (name,))
    if cursor.rowcount == 0:
        raise RuleUnknown(name=name)


def _found(cursor: Cursor, name: str) -> StoredRule:
    row = cursor.fetchone()
    if row is None:
        raise RuleUnknown(name=name)
    return StoredRule(*row)
