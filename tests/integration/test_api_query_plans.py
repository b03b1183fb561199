"""The plans of the fleet queries on filled tables: what must stay an index scan, and how much it may read."""

import re
from collections.abc import Iterator

import pytest
from tests.harness.plans import Explaining, Measuring, scans
from tests.harness.postgres import PostgresServer

from api.queries import fleet
from api.queries.fleet import images_with_packages
from api.queries.images import ImageFilter, list_images
from api.queries.packages import PackageFilter, search_packages
from api.queries.references import ReferenceFilter, list_references
from api.queries.versions import parse_range
from cargohold.database.connection import Database
from cargohold.database.version_keys import fill
from cargohold.settings import DatabaseSettings

IMAGES, SETS, PACKAGES, MEMBERS, VERSIONS = 30_000, 6_000, 20_000, 60, 5_000

# Every set has package 1; package 2 is in one set of a hundred, package 3 in a single old one.
_FILL = f"""
INSERT INTO layer_chain (sha256, layers) VALUES (decode(repeat('00', 32), 'hex'), '{{}}');
INSERT INTO image (digest, media_type, layer_chain_id, analysis_id, analysis_sha256, catalog_version, analyzed_at)
SELECT sha256(n::text::bytea), '', 1, gen_random_uuid(), sha256(''), 1, '2026-01-01'::timestamptz + n * '1s'::interval
FROM generate_series(1, {IMAGES}) n;
INSERT INTO package (identity, type, namespace, name, version, source_name, source_version, distro, purl, licenses)
SELECT sha256(n::text::bytea), 'npm', '', 'package-' || n, '1', '', '', '', 'pkg:npm/package-' || n || '@1', '{{}}'
FROM generate_series(1, {PACKAGES}) n;
INSERT INTO package (identity, type, namespace, name, version, source_name, source_version, distro, purl, licenses)
SELECT sha256(('many' || n)::bytea), 'npm', '', 'many', n || '.0.0', '', '', '', 'pkg:npm/many@' || n || '.0.0', '{{}}'
FROM generate_series(1, {VERSIONS}) n;
INSERT INTO package_set (sha256, scope, members)
SELECT sha256(n::text::bytea), 'visible', (SELECT array_agg(DISTINCT m ORDER BY m)
    FROM (SELECT 1 UNION ALL SELECT 2 WHERE n % 100 = 0 UNION ALL SELECT 3 WHERE n = 7
    UNION ALL SELECT 10 + (n * 7919 + k * 104729) % {PACKAGES - 10} FROM generate_series(1, {MEMBERS}) k) t (m))
FROM generate_series(1, {SETS}) n;
INSERT INTO package_set_seen SELECT id, now(), now() FROM package_set;
INSERT INTO image_package_set (image_id, cataloger, scope, set_id)
SELECT n, 'npm', 'visible', 1 + n % {SETS} FROM generate_series(1, {IMAGES}) n;
INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at)
SELECT 'r', 'repository-' || n % 500, CASE WHEN n % 5 > 0 THEN 'v' || n ELSE '' END, sha256(n::text::bytea), now(),
    now() FROM generate_series(1, {IMAGES}) n;
INSERT INTO image_index (index_digest, image_digest)
SELECT sha256((n % 3000)::text::bytea), sha256(n::text::bytea) FROM generate_series(1, {IMAGES}) n;
"""


@pytest.fixture(scope="module")
def filled(postgres: PostgresServer) -> Iterator[Database]:
    with postgres.new_database() as url:
        database = Database(DatabaseSettings(database_url=url))
        with database.transaction() as cursor:
            cursor.execute(_FILL)
        fill(database)
        with database.transaction() as cursor:
            cursor.execute("ANALYZE")
        yield database
        database.close()


@pytest.mark.trap("B9")
@pytest.mark.parametrize("name", ["package-1", "package-2", "package-3", "package-4000", "package-nowhere"])
@pytest.mark.parametrize("many", [1_000, 10**9], ids=["walk first", "by set"])
def test_images_with_a_package_walk_indexes(
    filled: Database, monkeypatch: pytest.MonkeyPatch, name: str, many: int
) -> None:
    monkeypatch.setattr(fleet, "MANY_SETS", many)
    with filled.transaction() as cursor:
        explaining = Explaining(cursor)
        page = images_with_packages(explaining, PackageFilter(name=name))
        if page.next:
            images_with_packages(explaining, PackageFilter(name=name), after=page.next)
    tables = ["image_package_set", "image", "package", "reference", "image_index"]
    if name != "package-1":  # it is in all sets, and an index is of no use for all of a table
        tables.append("package_set")
    assert scans(explaining.plans, *tables) == []


def test_lists_walk_indexes(filled: Database) -> None:
    with filled.transaction() as cursor:
        explaining = Explaining(cursor)
        search_packages(explaining, PackageFilter(name="package-17"))
        search_packages(explaining, PackageFilter(purl="pkg:npm/package-17@1"))
        search_packages(explaining, PackageFilter(contains="kage-170"))
        list_images(explaining, after=list_images(explaining).next)
        list_images(explaining, ImageFilter(packages=PackageFilter(name="package-3")))
        list_images(explaining, ImageFilter(repository="repository-7", tag="v7", registry="r"))
        list_images(explaining, ImageFilter(repository="repository-7", tag="v7"))
        list_images(explaining, ImageFilter(repository="repository-7"))
        list_references(explaining, after=list_references(explaining).next)
        list_references(explaining, ReferenceFilter(repository="repository-7"))
    tables = ("image_package_set", "package_set", "image", "package", "reference", "image_index")
    assert scans(explaining.plans, *tables) == []


@pytest.mark.parametrize("text", [">=4000,<4100", ">4999", "<=12.0.0-rc.1", "=77"])
def test_a_range_of_versions_is_a_range_of_an_index(filled: Database, text: str) -> None:
    wanted = PackageFilter(name="many", type="npm", versions=parse_range(text))
    with filled.transaction() as cursor:
        explaining = Explaining(cursor)
        images_with_packages(explaining, wanted)
        page = search_packages(explaining, wanted, limit=10)
        page = search_packages(explaining, wanted, include_archived=True, limit=10)
        if page.next:
            search_packages(explaining, wanted, include_archived=True, limit=10, after=page.next)
    for plan in (plan for plan in explaining.plans if " on package p" in plan):
        condition = re.search(r"package_version.*\n.*Index Cond: (.*)", plan)
        assert condition is not None, plan
        assert condition[1].count("version_key") >= len(wanted.versions), plan
        if not text.startswith("="):  # of the few with one key it costs nothing
            assert "Sort" not in plan.split("package_version")[0], plan


@pytest.mark.trap("B9")
@pytest.mark.parametrize("name", ["package-1", "package-2", "package-3", "package-nowhere"])
def test_a_deep_page_costs_no_more_than_the_first(filled: Database, name: str) -> None:
    with filled.transaction() as cursor:
        after, costs = None, []
        for _ in range(20):
            measuring = Measuring(cursor)
            page = images_with_packages(measuring, PackageFilter(name=name), after=after)
            costs.append(measuring.blocks)
            after = page.next
            if after is None:
                break
    assert max(costs) <= 1.5 * costs[0]
    assert costs[0] < 4000  # blocks of 8 KiB; all sets alone, read one by one, are three times that


def test_a_package_that_is_no_longer_shipped_is_found_after_the_walk(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "MANY_SETS", 10)
    with filled.transaction() as cursor:
        page = images_with_packages(cursor, PackageFilter(name="package-2"), limit=100)
    # The walk sees one image in a hundred: some twenty of the newest two thousand.
    assert len(page.items) == 100
