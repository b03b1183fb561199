"""Statements that go together: their order, their parameters, and what survives a rollback."""

from typing import Any

import psycopg2
import pytest

from cargohold.database.batch import Batch, Statement
from cargohold.database.connection import Database

ADD = Statement(
    "INSERT INTO layer (diff_id, blob_digest) VALUES (%(diff)s, %(blob)s) RETURNING id", "diff bytea, blob bytea"
)
COUNT = Statement(
    "SELECT count(*), %(text)s, %(numbers)s, %(nothing)s FROM layer WHERE diff_id <> %(text)s::bytea",
    "numbers integer[], text text, nothing timestamptz",
)
VALUES = {"text": "it's 100 % $1", "numbers": [], "nothing": None}


class Counting:
    def __init__(self, cursor: Any) -> None:
        self.connection, self._cursor, self.statements = cursor.connection, cursor, []

    def execute(self, statement: str, parameters: Any = None) -> None:
        self.statements.append(statement)
        self._cursor.execute(statement, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def test_statements_go_in_order_and_see_each_other(database: Database) -> None:
    with database.transaction() as cursor:
        counting = Counting(cursor)
        batch = Batch(counting)
        for round_trips in (2, 1):  # both are planned at first
            counting.statements.clear()
            for number in range(2 * round_trips, 2 * round_trips + 2):
                batch.add(ADD, {"diff": bytes([number]) * 32, "blob": b"", "ignored": object()})
            assert counting.statements == []
            ((rows, *rest),) = batch.fetch(COUNT, VALUES)
            assert rest == ["it's 100 % $1", [], None]
            assert len(counting.statements) == round_trips
        assert rows == 4
        batch.run()
        assert len(counting.statements) == 1, "nothing was left to send"


def test_what_is_planned_outlives_a_rollback_and_not_its_connection(database: Database) -> None:
    def add(number: int) -> None:
        with database.transaction() as cursor:
            assert len(Batch(cursor).fetch(ADD, {"diff": bytes([number]) * 32, "blob": b""})) == 1

    add(1)
    with pytest.raises(psycopg2.errors.UniqueViolation):
        add(1)
    add(2)
    database.close()
    add(3)
    with database.transaction() as cursor:
        assert Batch(cursor).fetch(COUNT, VALUES)[0][0] == 3


def test_statements_that_cannot_be_planned_spoil_no_others(database: Database) -> None:
    wrong = Statement("SELECT %(a)s FROM nowhere", "a integer")

    def both(number: int) -> None:
        with database.transaction() as cursor:
            batch = Batch(cursor)
            batch.add(ADD, {"diff": bytes([number]) * 32, "blob": b""})
            batch.fetch(wrong, {"a": 1})

    for number in range(2):
        with pytest.raises(psycopg2.errors.UndefinedTable):
            both(number)
        with database.transaction() as cursor:
            assert Batch(cursor).fetch(COUNT, VALUES)[0][0] == number
            assert len(Batch(cursor).fetch(ADD, {"diff": bytes([number]) * 32, "blob": b""})) == 1


def layers(database: Database) -> int:
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM layer")
        count: int = cursor.fetchone()[0]
        return count


def test_what_is_left_goes_with_the_commit_and_fails_there(database: Database) -> None:
    def leave(cursor: Any, diff: bytes) -> None:
        batch = Batch(cursor)
        batch.add(ADD, {"diff": diff, "blob": b""})
        batch.leave()

    def fail(cursor: Any) -> None:
        leave(cursor, b"c" * 32)
        raise KeyError

    with database.transaction() as cursor:
        leave(cursor, b"a" * 32)
    assert layers(database) == 1
    with database.transaction() as cursor:  # or with whatever comes before it
        leave(cursor, b"b" * 32)
        cursor.execute("SELECT count(*) FROM layer")
        assert cursor.fetchone() == (2,)
    with pytest.raises(KeyError), database.transaction() as cursor:
        fail(cursor)
    with pytest.raises(psycopg2.errors.UniqueViolation), database.transaction() as cursor:
        leave(cursor, b"a" * 32)
    assert layers(database) == 2, "neither what was rolled back nor what failed"


def test_a_commit_that_fails_is_tried_again(database: Database) -> None:
    tries = 0

    def work(cursor: Any) -> int:
        nonlocal tries
        tries += 1
        batch = Batch(cursor)
        batch.add(ADD, {"diff": bytes([min(tries, 2)]) * 32, "blob": b""})
        batch.leave()
        return tries

    assert database.run(work) == 1
    tries = 0
    assert database.run(work, retry=frozenset({"23505"})) == 2, "the first is there"
    assert layers(database) == 2
