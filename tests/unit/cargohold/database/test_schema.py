"""What the schema must keep to, whatever is added to it."""

import pytest


def rows(database, statement):
    with database.transaction() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.trap("B11")
def test_inserts_into_array_and_text_indexes_never_stall(database):
    gin = rows(
        database,
        "SELECT c.relname, c.reloptions FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
        " WHERE a.amname = 'gin' AND c.relkind = 'i'",
    )
    assert {name for name, _ in gin} >= {"package_set_members", "layer_chain_layers"}
    assert [name for name, options in gin if "fastupdate=off" not in (options or ())] == []


@pytest.mark.trap("B11")
def test_nothing_that_changes_shares_a_table_with_an_array_index(database):
    granted = rows(
        database,
        "SELECT role, relation FROM unnest(ARRAY['cargohold_persist', 'cargohold_archive', 'cargohold_api']) role,"
        " unnest(ARRAY['package_set', 'layer_chain']) relation"
        " WHERE has_table_privilege(role, relation, 'UPDATE') OR has_any_column_privilege(role, relation, 'UPDATE')",
    )
    assert granted == []


@pytest.mark.trap("B20")
def test_no_table_needs_a_partition_before_it_takes_a_row(database):
    assert rows(database, "SELECT relname FROM pg_class WHERE relkind = 'p'") == []


@pytest.mark.trap("B8")
def test_references_refuse_and_their_checks_have_an_index(database):
    references = rows(
        database,
        "SELECT conname, confdeltype::text, EXISTS (SELECT FROM pg_index i"
        " WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL)"
        " FROM pg_constraint c WHERE contype = 'f'",
    )
    assert references
    assert [name for name, action, _ in references if action != "a"] == []
    assert [name for name, _, indexed in references if not indexed] == []


def test_digests_cannot_have_another_length(database):
    digests = rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'bytea'"
        " AND (column_name LIKE '%digest%' OR column_name LIKE '%sha256%' OR column_name IN ('identity', 'diff_id'))"
        " AND is_nullable = 'NO' AND table_name NOT IN ('schema_migration', 'reference_event')",
    )
    checked = rows(
        database,
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'",
    )
    assert len(digests) > 8
    for table, column in digests:
        assert any(
            name.strip('"') == table and f"octet_length({column})" in definition for name, definition in checked
        ), f"{table}.{column}"
