"""Where archive rules are kept: in the database of this machine, or behind a deployed API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from api import rules
from api.queries.paging import Page
from api.queries.rule_runs import RuleRun, list_runs
from api.rules import StoredRule
from cargohold.database.connection import Cursor
from cargohold_cli import client
from cargohold_cli.endpoint import endpoint

Document = dict[str, Any]  # a rule, as `cargohold.archive_rules.parse_rule` reads it


class Rules(Protocol):
    """The rules by name. Raises `RuleUnknown`, `RuleExists`, `InvalidRule`."""

    def every(self) -> list[StoredRule]: ...

    def get(self, name: str) -> StoredRule: ...

    def add(self, name: str, rule: Document) -> StoredRule: ...

    def replace(self, name: str, rule: Document) -> StoredRule: ...

    def remove(self, name: str) -> None: ...

    def runs(
        self, *, rule: str | None = None, execution_id: str | None = None, limit: int, after: str | None = None
    ) -> Page[RuleRun]: ...


@contextmanager
def opened() -> Iterator[Rules]:
    """Yield the rules that this process asks: here in one transaction, which an exception undoes."""
    if address := endpoint():
        yield Remote(client.connect(address))
        return
    from cargohold_cli import local

    with local.database().transaction() as cursor:
        yield Local(cursor)


class Local:
    """`Rules` within a transaction."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def every(self) -> list[StoredRule]:
        return rules.list_rules(self._cursor)

    def get(self, name: str) -> StoredRule:
        return rules.get_rule(self._cursor, name)

    def add(self, name: str, rule: Document) -> StoredRule:
        return rules.add_rule(self._cursor, name, rule)

    def replace(self, name: str, rule: Document) -> StoredRule:
        return rules.replace_rule(self._cursor, name, rule)

    def remove(self, name: str) -> None:
        rules.remove_rule(self._cursor, name)

    def runs(
        self, *, rule: str | None = None, execution_id: str | None = None, limit: int, after: str | None = None
    ) -> Page[RuleRun]:
        return list_runs(self._cursor, rule=rule, execution_id=execution_id, limit=limit, after=after)


class Remote:
    """`Rules` of an API, each change by itself."""

    def __init__(self, asked: client.Client) -> None:
        self._client = asked

    def every(self) -> list[StoredRule]:
        return list(self._client.page("/v1/rules", StoredRule).items)

    def get(self, name: str) -> StoredRule:
        return self._client.one(f"/v1/rules/{name}", StoredRule)

    def add(self, name: str, rule: Document) -> StoredRule:
        return self._client.send("POST", "/v1/rules", StoredRule, {"name": name, "rule": rule})

    def replace(self, name: str, rule: Document) -> StoredRule:
        return self._client.send("PUT", f"/v1/rules/{name}", StoredRule, rule)

    def remove(self, name: str) -> None:
        self._client.send("DELETE", f"/v1/rules/{name}", StoredRule)

    def runs(
        self, *, rule: str | None = None, execution_id: str | None = None, limit: int, after: str | None = None
    ) -> Page[RuleRun]:
        return self._client.page(
            "/v1/rule-runs", RuleRun, rule=rule, execution_id=execution_id, limit=limit, after=after
        )
