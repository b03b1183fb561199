import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cargohold.database.connection import Database
from cargohold.database.copy import copy_rows, insert_missing
from cargohold.settings import DatabaseSettings


def _layers(numbers):
    return [(sha256(str(number).encode()).digest(), b"") for number in numbers]


def test_known_and_new_rows_get_their_ids(database):
    with database.transaction() as cursor:
        first = insert_missing(
            cursor, "layer", ("diff_id", "blob_digest"), _layers(range(5)), key=("diff_id", "blob_digest")
        )
    with database.transaction() as cursor:
        rows = _layers([*range(3, 10), 9, 9])
        second = insert_missing(cursor, "layer", ("diff_id", "blob_digest"), rows, key=("diff_id", "blob_digest"))
        again = insert_missing(
            cursor, "layer", ("diff_id", "blob_digest"), _layers([1]), key=("diff_id", "blob_digest")
        )
    assert {row: second[row] for row in _layers([3, 4])} == {row: first[row] for row in _layers([3, 4])}
    assert again == {row: first[row] for row in _layers([1])}
    assert len(second) == 7
    # No id was burned by a row that was known.
    assert sorted({*first.values(), *second.values()}) == list(range(1, 11))


def test_one_key_column_maps_its_value(database):
    chain = b"c" * 32
    with database.transaction() as cursor:
        ids = insert_missing(cursor, "layer_chain", ("sha256", "layers"), [(chain, [1, 2])], key=("sha256",))
        cursor.execute("SELECT id, layers FROM layer_chain")
        assert cursor.fetchone() == (ids[chain], [1, 2])


def test_no_rows(database):
    with database.transaction() as cursor:
        assert insert_missing(cursor, "layer", ("diff_id", "blob_digest"), [], key=("diff_id", "blob_digest")) == {}


@pytest.mark.trap("B12")
def test_writers_of_the_same_rows_never_deadlock(database_url):
    def write(seed: int) -> list[dict]:
        database = Database(DatabaseSettings(database_url=database_url))
        shuffled = _layers(range(400))
        random.Random(seed).shuffle(shuffled)
        results = []
        # Without `run`, which would hide a deadlock by its retry.
        for start in range(0, 400, 50):
            part = shuffled[start : start + 200]
            with database.transaction() as cursor:
                results.append(insert_missing(cursor, "layer", columns, part, key=columns))
            assert len(results[-1]) == len(part)
        database.close()
        return results

    columns = ("diff_id", "blob_digest")
    with ThreadPoolExecutor(8) as threads:
        results = [result for thread in threads.map(write, range(8)) for result in thread]
    ids: dict = {}
    for result in results:
        for key, identifier in result.items():
            assert ids.setdefault(key, identifier) == identifier
    assert len(ids) == 400


_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(
        st.tuples(
            st.none() | _TEXT,
            st.none() | st.binary(max_size=20),
            st.none() | st.lists(st.none() | _TEXT, max_size=4),
            st.booleans(),
            st.integers(-(2**62), 2**62),
            st.uuids(),
            st.lists(st.binary(max_size=4), max_size=3),
            st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),
        ),
        max_size=8,
    )
)
def test_every_value_comes_back(database, rows):
    with database.transaction() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE everything (n serial, t text, b bytea, l text[], f boolean, i bigint, u uuid,"
            " bs bytea[], at timestamptz) ON COMMIT DROP"
        )
        copy_rows(cursor, "everything", ("t", "b", "l", "f", "i", "u", "bs", "at"), rows)
        cursor.execute("SELECT t, b, l, f, i, u, bs, at FROM everything ORDER BY n")
        assert cursor.fetchall() == rows


def test_text_that_postgres_cannot_hold_does_not_stop_a_batch(database):
    with database.transaction() as cursor:
        cursor.execute("CREATE TEMP TABLE texts (t text) ON COMMIT DROP")
        copy_rows(cursor, "texts", ("t",), [("a\0b",), ("x\ud800y",), ("\U0001f6a2",)])
        cursor.execute("SELECT t FROM texts")
        assert cursor.fetchall() == [("a\ufffdb",), ("x\ufffdy",), ("\U0001f6a2",)]


def test_a_value_without_a_format_is_an_error(database):
    with pytest.raises(TypeError, match="object"), database.transaction() as cursor:
        copy_rows(cursor, "layer", ("diff_id", "blob_digest"), [(object(), UUID(int=0))])
