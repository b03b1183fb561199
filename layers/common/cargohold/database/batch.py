"""Statements that go to the server together, each planned once a connection.

What a small write costs is mostly the way to the server and the planning there, not the rows.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from cargohold.database.connection import Cursor

_PLACE = re.compile(r"%\((\w+)\)s")

# By connection, the statements that its server has planned: they live as long as the session, whatever is rolled back.
_PREPARED: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Statement:
    """A statement with parameters `%(name)s`, declared as `"name type, name type"`."""

    def __init__(self, text: str, parameters: str) -> None:
        declared = [parameter.split(" ", 1) for parameter in parameters.split(", ")]
        self.parameters = tuple(name for name, _ in declared)
        numbered = _PLACE.sub(lambda place: f"${self.parameters.index(place[1]) + 1}", text)
        self.name = f"cargohold_{sha256(numbered.encode()).hexdigest()[:16]}"
        self.preparation = f"PREPARE {self.name} ({', '.join(kind for _, kind in declared)}) AS {numbered}"
        self.execution = f"EXECUTE {self.name} ({', '.join(['%s'] * len(declared))})"


class Batch:
    """Collects statements and sends them in one round trip, in order, each with a snapshot of its own.

    Whatever else uses the cursor comes after a `run`.
    """

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._statements: list[Statement] = []
        self._values: list[Any] = []

    def add(self, statement: Statement, parameters: Mapping[str, Any]) -> None:
        """Send `statement` with those that follow; its rows are not asked for."""
        self._statements.append(statement)
        self._values += [parameters[name] for name in statement.parameters]

    def run(self) -> None:
        """Send what was added, if anything. Raises what the first statement that fails raises."""
        if self._statements:
            self.cursor.execute(*self._taken())

    def leave(self) -> None:
        """Have what was added sent together with COMMIT, which then raises what the first that fails raises."""
        if self._statements:
            self.cursor.at_commit(*self._taken())

    def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Any]:
        """Send what was added, then `statement`, and return its rows."""
        self.add(statement, parameters)
        self.run()
        return self.cursor.fetchall()

    def _taken(self) -> tuple[str, list[Any]]:
        statements, values = self._statements, self._values
        self._statements, self._values = [], []
        self._prepare(statements)
        return "; ".join(statement.execution for statement in statements), values

    def _prepare(self, statements: list[Statement]) -> None:
        known = _PREPARED.get(self.cursor.connection, set())
        new = {statement.name: statement.preparation for statement in statements if statement.name not in known}
        if not new:
            return
        # Where one fails it is not known which of them are there: then all are made anew.
        _PREPARED[self.cursor.connection] = set()
        self.cursor.execute("; ".join([*([] if known else ["DEALLOCATE ALL"]), *new.values()]))
        _PREPARED[self.cursor.connection] = known | new.keys()
