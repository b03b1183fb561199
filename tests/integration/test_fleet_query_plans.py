"""Every question to the fleet on a synthetic one: which indexes answer it, and that no large table is read whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from benchmarks.storage.fleet import BUILDS, LIFE, START, Fleet, layer
from benchmarks.storage.load import Loader
from benchmarks.storage.packages import DEB, NPM, model, name_of
from benchmarks.storage.subjects import Subjects, choose
from tests.harness.plans import Explaining, indexes, scans
from tests.harness.postgres import PostgresServer

from api.queries.analyses import analysis_of
from api.queries.diff import diff_images
from api.queries.fleet import images_with_packages
from api.queries.images import ImageFilter, get_image, list_images
from api.queries.lookup import find_image
from api.queries.packages import PackageFilter, packages_of_image, search_packages
from api.queries.paging import Page
from api.queries.references import ReferenceFilter, list_attempts, list_references
from api.queries.seen import seen
from api.queries.versions import parse_range
from cargohold.database.connection import Cursor, Database
from cargohold.digests import to_bytes, to_text
from cargohold.settings import DatabaseSettings

IMAGES = 12_000
LARGE = (
    "image", "image_package_set", "package_set", "package_set_seen", "package", "layer", "layer_chain", "reference",
    "reference_event",
)  # fmt: skip


@dataclass(frozen=True)
class Filled:
    database: Database
    subjects: Subjects
    digests: list[str]  # newest first


@pytest.fixture(scope="module")
def filled(postgres: PostgresServer) -> Iterator[Filled]:
    with postgres.new_database() as url:
        database = Database(DatabaseSettings(database_url=url))
        fleet = Fleet(IMAGES, stable=3)
        loader = Loader(database, fleet, until=START + LIFE)
        loader.load(fleet.walk(), IMAGES)
        loader.finish()
        with database.transaction() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SELECT digest FROM image ORDER BY analyzed_at DESC")
            digests = [to_text(digest) for (digest,) in cursor.fetchall()]
        yield Filled(database, choose(fleet, loader), digests)
        database.close()


def explained(filled: Filled, ask: Callable[[Cursor], Any]) -> tuple[Any, list[str]]:
    with filled.database.transaction() as cursor:
        explaining = Explaining(cursor)
        answer = ask(explaining)  # type: ignore[arg-type]
    return answer, explaining.plans


NAME = name_of(NPM, 40)
QUESTIONS: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "packages by purl": (
        lambda c, **o: search_packages(c, PackageFilter(purl=model(NPM, 40, 3).purl), **o), {"package_purl"},
    ),
    "packages by name": (lambda c, **o: search_packages(c, PackageFilter(name=NAME), **o), {"package_name"}),
    "packages by range": (
        lambda c, **o: search_packages(c, PackageFilter(name=NAME, type="npm", versions=parse_range(">=1,<9")), **o),
        {"package_version"},
    ),
    "packages by substring": (
        lambda c, **o: search_packages(c, PackageFilter(contains="np-4321"), **o), {"package_name_trigrams"},
    ),
    "packages by source": (
        lambda c, **o: search_packages(c, PackageFilter(source=name_of(DEB, 30)), **o), {"package_source"},
    ),
    "packages by rare licence": (
        lambda c, **o: search_packages(c, PackageFilter(license="none has it"), **o), {"package_licenses"},
    ),
    "packages by frequent licence": (
        lambda c, **o: search_packages(c, PackageFilter(license="MIT"), **o), set(),
    ),
    "images": (list_images, {"image_time"}),
    "images by status": (lambda c, **o: list_images(c, ImageFilter(status="archiving"), **o), {"image_status"}),
    "images by repository": (
        lambda c, **o: list_images(c, ImageFilter(repository="team-1/app-1"), **o),
        {"reference_tag", "image_digest_key"},
    ),
    "images by tag": (
        lambda c, **o: list_images(c, ImageFilter(repository="team-1/app-1", tag="1.7"), **o), {"reference_tag"},
    ),
    "images by age": (
        lambda c, **o: list_images(c, ImageFilter(
            analyzed_after=START + LIFE / 3, analyzed_before=START + LIFE / 3 + timedelta(days=20)), **o),
        {"image_time"},
    ),
    "images by rare distribution": (lambda c, **o: list_images(c, ImageFilter(distro_id="centos"), **o),
                                    {"image_distro_analyzed"}),
    "images with a layer": (
        lambda c, **o: list_images(c, ImageFilter(layer=to_text(layer("state 3 4")[0])), **o),
        {"layer_diff_id_blob_digest_key", "layer_chain_layers", "image_layer_chain"},
    ),
    "references": (list_references, {"reference_tag"}),
    "references of a repository": (
        lambda c, **o: list_references(c, ReferenceFilter(repository="team-1/app-1"), **o), {"reference_tag"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_list_is_answered_by_its_indexes_on_every_page(filled: Filled, name: str) -> None:
    ask, expected = QUESTIONS[name]
    page, plans = explained(filled, lambda cursor: ask(cursor, limit=20))
    assert indexes(plans) >= expected
    if page.next:
        page, more = explained(filled, lambda cursor: ask(cursor, limit=20, after=page.next))
        assert page.items
        plans += more
    assert scans(plans, *LARGE) == []


@pytest.mark.trap("B9")
@pytest.mark.parametrize("name", ["rare", "middling", "popular", "vanished"])
def test_images_with_a_package_of_every_class_are_answered_by_indexes(filled: Filled, name: str) -> None:
    packages = filled.subjects.classes()[name][:5]
    assert packages
    for package in packages:
        found: list[int] = []
        after = None
        for _ in range(4):
            page, plans = explained(
                filled,
                lambda cursor, p=package, a=after: images_with_packages(cursor, PackageFilter(purl=p.purl), after=a),
            )
            assert scans(plans, *LARGE) == []
            assert "package_purl" in indexes(plans)
            found += [place(filled, match.image.digest) for match in page.items]
            after = page.next
            if after is None:
                break
        assert found, "every class is of packages that images have"
        assert found == sorted(set(found)), "newest first, each once"


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda c, d: get_image(c, d[7]), {"image_digest_key", "layer_pkey", "package_pkey"}),
        (lambda c, d: find_image(c, d[7][:30]), {"image_digest_key"}),
        (lambda c, d: analysis_of(c, d[7]), {"image_digest_key", "reference_by_digest"}),
        (lambda c, d: packages_of_image(c, d[7]), {"image_package_set_pkey", "package_set_pkey", "package_pkey"}),
        (lambda c, d: diff_images(c, d[3], d[-3]), {"image_package_set_pkey", "package_set_pkey", "package_pkey"}),
    ],
    ids=["image", "beginning of a digest", "analysis", "packages", "difference"],
)
def test_a_question_to_one_image_reads_only_its_rows(
    filled: Filled, ask: Callable[[Cursor, list[str]], Any], expected: set[str]
) -> None:
    _, plans = explained(filled, lambda cursor: ask(cursor, filled.digests))
    assert scans(plans, *LARGE) == []
    assert indexes(plans) >= expected


@pytest.mark.parametrize("name", ["rare", "middling", "popular", "vanished"])
def test_first_and_last_seen_are_those_of_the_images(filled: Filled, name: str) -> None:
    package = filled.subjects.classes()[name][0]
    found, plans = explained(filled, lambda cursor: seen(cursor, PackageFilter(purl=package.purl)))
    assert scans(plans, *(table for table in LARGE if table != "package_set_seen")) == []
    with filled.database.transaction() as cursor:
        cursor.execute(
            "SELECT min(i.analyzed_at), date_trunc('hour', max(i.analyzed_at)) FROM image i JOIN image_package_set l "
            "ON l.image_id = i.id JOIN package_set s ON s.id = l.set_id JOIN package p ON p.id = ANY(s.members) "
            "WHERE p.purl = %s",
            (package.purl,),
        )
        first, last = cursor.fetchone()
    assert found.packages == 1
    assert found.last_seen == last
    # The loader gives packages the time of the first image of their batch.
    assert found.first_seen <= first


def test_images_with_a_layer_are_those_that_have_it(filled: Filled) -> None:
    wanted = layer("base 3 5 2")[0]
    with filled.database.transaction() as cursor:
        cursor.execute(
            "SELECT i.digest FROM image i JOIN layer_chain c ON c.id = i.layer_chain_id "
            "JOIN layer l ON l.id = ANY(c.layers) WHERE l.diff_id = %s ORDER BY i.analyzed_at DESC",
            (wanted,),
        )
        expected = [to_text(digest) for (digest,) in cursor.fetchall()]
        found: list[str] = []
        page: Page[Any] = Page((), None)
        while page.next or not found:
            page = list_images(cursor, ImageFilter(layer=to_text(wanted)), limit=2, after=page.next)
            found += [image.digest for image in page.items]
    assert len(expected) > 2
    assert found == expected


def test_a_layer_of_many_images_is_walked_to(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.queries.images._FEW_CHAINS", 2)
    wanted = ImageFilter(layer=to_text(layer("base 3 5 2")[0]))
    walked, plans = explained(filled, lambda cursor: list_images(cursor, wanted))
    monkeypatch.undo()
    assert scans(plans, *LARGE) == []
    assert walked == explained(filled, lambda cursor: list_images(cursor, wanted))[0]


def test_images_of_an_age_are_those_analyzed_then(filled: Filled) -> None:
    after, before = START + LIFE / 4, START + LIFE / 4 + timedelta(days=3)
    with filled.database.transaction() as cursor:
        page = list_images(cursor, ImageFilter(analyzed_after=after, analyzed_before=before), limit=500)
    assert len(page.items) == pytest.approx(IMAGES * 3 / LIFE.days, abs=2)
    assert all(after <= image.analyzed_at < before for image in page.items)


def test_failures_are_found_by_time(filled: Filled) -> None:
    _, plans = explained(filled, lambda cursor: list_attempts(cursor, failed=False))
    assert "attempt_started_at" in indexes(plans) or "attempt_reference" in indexes(plans)


def place(filled: Filled, digest: str) -> int:
    assert to_bytes(digest)
    return filled.digests.index(digest)


def test_the_fleet_is_what_it_says() -> None:
    fleet = Fleet(BUILDS * 10, stable=10)
    images = list(fleet.walk())
    assert len({image.digest for image in images}) == len({image.chain for image in images}) == BUILDS * 10
    assert len({image.repository for image in images}) == 10
    assert 200 < len(fleet.sets) < 2_000
