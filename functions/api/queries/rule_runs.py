"""What archive rules did, and what dry runs said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from cargohold.database.connection import Cursor


@dataclass(frozen=True, slots=True)
class RuleRun:
    """One rule in one run. `detail` has the first decisions, or the `error` of a rule that cannot be understood."""

    id: int
    execution_id: str
    rule_id: int | None
    rule_name: str
    dry_run: bool
    examined: int
    selected: int
    requested: int
    detail: dict[str, Any]
    started_at: datetime
    finished_at: datetime | None


def list_runs(
    cursor: Cursor,
    *,
    execution_id: str | None = None,
    rule: str | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[RuleRun]:
    """Return runs, newest first. Raises `InvalidQuery`."""
    key = read_cursor(after, "rule-runs", datetime, int)
    cursor.execute(
        "SELECT id, execution_id, rule_id, rule_name, dry_run, examined, selected, requested, detail, started_at, "
        "finished_at FROM archive_rule_run "
        "WHERE (%(execution)s::text IS NULL OR execution_id = %(execution)s) "
        "AND (%(rule)s::text IS NULL OR rule_name = %(rule)s) "
        "AND (%(k0)s::timestamptz IS NULL OR (started_at, id) < (%(k0)s, %(k1)s)) "
        "ORDER BY started_at DESC, id DESC LIMIT %(limit)s",
        {
            "execution": execution_id,
            "rule": rule,
            "k0": key[0] if key else None,
            "k1": key[1] if key else None,
            "limit": checked_limit(limit) + 1,
        },
    )
    return make_page("rule-runs", cursor.fetchall(), limit, lambda row: (row[9], row[0]), lambda row: RuleRun(*row))
