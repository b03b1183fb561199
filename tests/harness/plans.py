"""Plans of queries, as Postgres chooses them on filled tables."""

import re
from collections.abc import Iterator
from typing import Any


class Explaining:
    """A cursor that keeps the plan of every query beside its rows."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.plans: list[str] = []

    def execute(self, statement: str, parameters: Any = None) -> None:
        if "PREPARE " in statement:  # its plan is asked for when it runs
            self._cursor.execute(statement)
            return
        self._cursor.execute(f"EXPLAIN {statement}", parameters)
        self.plans.append("\n".join(row[0] for row in self._cursor.fetchall()))
        self._cursor.execute(statement, parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class Measuring(Explaining):
    """A cursor that counts the blocks that all its queries touched: what they cost, however busy the machine is."""

    blocks = 0

    def execute(self, statement: str, parameters: Any = None) -> None:
        if "PREPARE " in statement:
            self._cursor.execute(statement)
            return
        self._cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", parameters)
        [[[plan]]] = self._cursor.fetchall()
        self.blocks += sum(plan["Plan"][kind] for kind in ("Shared Hit Blocks", "Shared Read Blocks"))
        self._cursor.execute(statement, parameters)


def scans(plans: list[str], *tables: str) -> list[str]:
    """Return the plans that read one of `tables` from end to end."""
    pattern = re.compile(rf"Seq Scan on ({'|'.join(tables)})\b")
    return [plan for plan in plans if pattern.search(plan)]


def indexes(plans: list[str]) -> set[str]:
    """Return the indexes that plans use."""
    return {name for plan in plans for name in re.findall(r"(?:using|Scan on) (\w+_\w+|\w+_pkey)\b", plan)}
