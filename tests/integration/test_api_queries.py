"""The read side, on rows that persist wrote."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.harness.analyses import (
    EPOCH,
    RecordingMessenger,
    analysis_id,
    digest,
    package,
    pushed,
    store_analysis,
)
from tests.harness.rows import execute

from api.queries.archives import get_archive, list_archives
from api.queries.fleet import images_with_packages
from api.queries.images import ImageFilter, get_image, list_images
from api.queries.packages import PackageFilter, packages_of_image, search_packages
from api.queries.paging import Page
from api.queries.references import ReferenceFilter, list_attempts, list_references
from cargohold.contracts import AnalysisFailed, AnalysisStarted, ReferenceRemoved, now
from cargohold.database.connection import Database
from cargohold.digests import to_bytes
from cargohold.errors import ArchiveUnknown, ImageUnknown, InvalidDigest, InvalidQuery
from cargohold.model import License, Scope
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from persist.messages import Dependencies, handle_message

INDEX = digest("index")


def at(minutes: float) -> datetime:
    return EPOCH + timedelta(minutes=minutes)


@pytest.fixture
def to(database: Database) -> Dependencies:
    return Dependencies(database, MemoryStore(), RecordingMessenger())


@pytest.fixture
def api(database_url: str) -> Any:
    """A database as the API's role sees it."""
    own = Database(DatabaseSettings(database_url=database_url, database_role="cargohold_api"))
    yield own
    own.close()


def analyzed(to: Dependencies, minutes: float, packages: Any = (), image: str = "", **fields: Any) -> str:
    name = digest(image or f"image {minutes}")
    message = store_analysis(
        to.store, name, analysis_id(at(minutes)), packages, **({"references": (pushed(at(minutes)),)} | fields)
    )
    handle_message(message, to)
    return name


def all_pages(query: Any, *arguments: Any, limit: int = 2, **options: Any) -> list[Any]:
    found: list[Any] = []
    after = None
    while True:
        page: Page[Any] = query(*arguments, limit=limit, after=after, **options)
        assert len(page.items) <= limit
        found += page.items
        after = page.next
        if after is None:
            return found


def test_images_come_newest_first_page_by_page(to: Dependencies, api: Database) -> None:
    names = [analyzed(to, minutes, references=(pushed(at(minutes), f"v{minutes}"),)) for minutes in range(7)]
    with api.transaction() as cursor:
        for limit in (1, 2, 3, 7, 50):
            found = all_pages(list_images, cursor, limit=limit)
            assert [image.digest for image in found] == names[::-1]
    assert {image.analysis_status for image in found} == {"analyzed"}
    assert found[0].references[0].tag == "v6"
    assert (found[0].distro_id, found[0].size, found[0].analyzed_at) == ("debian", 100, at(6))


def test_images_by_what_they_are(to: Dependencies, api: Database) -> None:
    old = analyzed(to, 1, [package("a", "1")], references=(pushed(at(1), "v1"), pushed(at(1))))
    new = analyzed(to, 2, [package("a", "2"), package("b", "1", scope=Scope.HIDDEN)], references=(pushed(at(2)),))
    child = analyzed(
        to, 3, [package("c")], parents=(INDEX,), references=(pushed(at(3), "multi", repository="base"),),
        head={"os": "windows", "architecture": "arm64"},
    )  # fmt: skip
    cases: list[tuple[ImageFilter, list[str]]] = [
        (ImageFilter(repository="shop/checkout"), [new, old]),
        (ImageFilter(repository="shop/checkout", tag="latest"), [new]),
        (ImageFilter(tag="v1"), [old]),
        (ImageFilter(repository="base"), [child]),
        (ImageFilter(repository="base", tag="multi"), [child]),
        (ImageFilter(registry="elsewhere"), []),
        (ImageFilter(os="windows"), [child]),
        (ImageFilter(architecture="amd64"), [new, old]),
        (ImageFilter(distro_id="debian", distro_version="12"), [child, new, old]),
        (ImageFilter(distro_id="alpine"), []),
        (ImageFilter(status="active"), [child, new, old]),
        (ImageFilter(status="deleting"), []),
        (ImageFilter(packages=PackageFilter(name="a")), [new, old]),
        (ImageFilter(packages=PackageFilter(name="a", version="1")), [old]),
        (ImageFilter(packages=PackageFilter(purl="pkg:npm/a@2"), tag="latest"), [new]),
        (ImageFilter(packages=PackageFilter(name="b")), []),
        (ImageFilter(packages=PackageFilter(name="b"), scopes=(Scope.HIDDEN,)), [new]),
        (ImageFilter(packages=PackageFilter(name="nowhere")), []),
    ]
    with api.transaction() as cursor:
        for wanted, expected in cases:
            assert [image.digest for image in all_pages(list_images, cursor, wanted, limit=1)] == expected, wanted


def test_a_removed_tag_finds_no_image_and_its_repository_still_does(to: Dependencies, api: Database) -> None:
    name = analyzed(to, 1)
    handle_message(ReferenceRemoved(reference=pushed(None), removed_at=at(2)), to)
    with api.transaction() as cursor:
        assert list_images(cursor, ImageFilter(tag="latest")).items == ()
        (image,) = list_images(cursor, ImageFilter(repository="shop/checkout")).items
        assert (image.digest, image.references) == (name, ())
        assert get_image(cursor, name).image.references[0].removed_at == at(2)


def test_one_image_with_all_that_is_known(to: Dependencies, api: Database) -> None:
    found = [
        package("a"),
        package("a", files=("/twice",)),
        package("lib", type="deb", cataloger="dpkg", purl="pkg:deb/debian/lib@1?distro=debian-12"),
        package("lock", scope=Scope.DECLARED),
    ]
    name = analyzed(to, 1, found, layers=("base", "app"), parents=(INDEX,))
    with api.transaction() as cursor:
        detail = get_image(cursor, name)
        assert detail.image.digest == name
        assert [layer.diff_id for layer in detail.layers] == [digest("base"), digest("app")]
        assert detail.layers[0].digest == digest("blob base")
        assert [(count.scope, count.type, count.packages) for count in detail.packages] == [
            ("declared", "npm", 1),
            ("visible", "deb", 1),
            ("visible", "npm", 1),
        ]
        assert detail.indexes == (INDEX,)
        assert detail.image.references[0].digest == INDEX
        assert detail.archive == ""
        assert detail.image.attempt is None
        with pytest.raises(ImageUnknown):
            get_image(cursor, digest("unknown"))
        with pytest.raises(InvalidDigest):
            get_image(cursor, "latest")


@pytest.mark.trap("B4")
def test_a_failed_analysis_anew_is_shown_beside_and_hides_nothing(to: Dependencies, api: Database) -> None:
    name = analyzed(to, 1, [package("a")])
    later = {"reference": pushed(at(5), digest=name), "image": name}
    started = AnalysisStarted(**later, analysis_id=analysis_id(now()), started_at=now(),
                              deadline=now() + timedelta(minutes=15))  # fmt: skip
    handle_message(started, to)
    with api.transaction() as cursor:
        image = get_image(cursor, name).image
        assert image.analysis_status == "analyzed"
        assert image.attempt is not None
        assert image.attempt.status == "analyzing"
        assert list_attempts(cursor).items == ()
    handle_message(
        AnalysisFailed(**later, analysis_id=started.analysis_id, error_code="unauthorized", error_message="no",
                       final=True, failed_at=now()),
        to,
    )  # fmt: skip
    with api.transaction() as cursor:
        (image,) = list_images(cursor).items
        assert image.analysis_status == "analyzed"
        assert image.attempt is not None
        assert (image.attempt.status, image.attempt.error_code) == ("analysis_failed", "unauthorized")
        assert [attempt.error_code for attempt in list_attempts(cursor).items] == ["unauthorized"]
        assert packages_of_image(cursor, name).items[0].package.name == "a"


def test_an_attempt_past_its_deadline_has_given_up(to: Dependencies, api: Database) -> None:
    for minutes in range(3):
        handle_message(
            AnalysisStarted(reference=pushed(None, f"v{minutes}"), analysis_id=analysis_id(at(minutes)),
                            started_at=at(minutes), deadline=at(minutes + 15)),
            to,
        )  # fmt: skip
    analyzed(to, 60, references=(pushed(at(60), "v1"),))
    with api.transaction() as cursor:
        found = all_pages(list_attempts, cursor, limit=1)
        assert [(attempt.tag, attempt.status, attempt.error_code) for attempt in found] == [
            ("v2", "analysis_failed", "gave_up"),
            ("v0", "analysis_failed", "gave_up"),
        ]
        assert [attempt.tag for attempt in all_pages(list_attempts, cursor, failed=False)] == ["v1", "v2", "v0"]
        assert list_attempts(cursor, repository="elsewhere").items == ()


def test_packages_of_an_image(to: Dependencies, api: Database) -> None:
    found = [package(f"p{number:02}", str(number % 3)) for number in range(10)]
    found += [package("p05", "2", cataloger="other"), package("gone", scope=Scope.HIDDEN)]
    name = analyzed(to, 1, found)
    with api.transaction() as cursor:
        for limit in (1, 3, 50):
            listed = all_pages(packages_of_image, cursor, name, limit=limit)
            assert [item.package.name for item in listed] == sorted(item.name for item in found[:11])
        assert [item.cataloger for item in listed if item.package.name == "p05"] == ["npm", "other"]
        hidden = packages_of_image(cursor, name, scopes=(Scope.HIDDEN,)).items
        assert [(item.package.name, item.scope) for item in hidden] == [("gone", "hidden")]
        assert len(packages_of_image(cursor, name, PackageFilter(contains="p0", version="1")).items) == 3
        with pytest.raises(ImageUnknown):
            packages_of_image(cursor, digest("unknown"))


def test_packages_across_the_fleet(to: Dependencies, api: Database) -> None:
    openssl = "pkg:deb/debian/openssl@3.0?arch=amd64&distro=debian-12"
    analyzed(to, 1, [
        package("left-pad", "1.0", licenses=(License("MIT"),)),
        package("left_pad", "1.0"),
        package("100%", "1.0"),
        package("libssl3", "3.0", type="deb", source_name="openssl", purl="pkg:deb/debian/libssl3@3.0"),
        package("openssl", "3.0", type="deb", purl=openssl),
        package("secret", scope=Scope.DECLARED),
    ])  # fmt: skip
    analyzed(to, 2, [package("left-pad", "2.0")])
    cases: list[tuple[PackageFilter, list[str]]] = [
        (PackageFilter(name="left-pad"), ["left-pad 1.0", "left-pad 2.0"]),
        (PackageFilter(name="left-pad", version="2.0"), ["left-pad 2.0"]),
        (PackageFilter(name="left"), []),
        (PackageFilter(contains="ft-p"), ["left-pad 1.0", "left-pad 2.0"]),
        (PackageFilter(contains="t_p"), ["left_pad 1.0"]),
        (PackageFilter(contains="%"), ["100% 1.0"]),
        (PackageFilter(type="deb"), ["libssl3 3.0", "openssl 3.0"]),
        (PackageFilter(source="openssl"), ["libssl3 3.0"]),
        (PackageFilter(purl="pkg:deb/debian/openssl@3.0"), ["openssl 3.0"]),
        (PackageFilter(purl=openssl), ["openssl 3.0"]),
        (PackageFilter(purl="pkg:deb/debian/openssl@3.0?arch=arm64"), []),
        (PackageFilter(name="secret"), []),
        (PackageFilter(name="'; DROP TABLE package; --"), []),
    ]
    with api.transaction() as cursor:
        for wanted, expected in cases:
            found = all_pages(search_packages, cursor, wanted, limit=1)
            assert [f"{item.name} {item.version}" for item in found] == expected, wanted
        assert search_packages(cursor, PackageFilter(name="secret"), scopes=(Scope.DECLARED,)).items
        (first, _) = search_packages(cursor, PackageFilter(name="left-pad")).items
        assert (first.licenses, first.first_seen) == (("MIT",), at(1))


@pytest.mark.trap("B9")
@pytest.mark.parametrize(("many", "walk"), [(1_000, 2_000), (1, 2_000), (1, 2)])
def test_images_that_have_a_package(
    to: Dependencies, api: Database, monkeypatch: pytest.MonkeyPatch, many: int, walk: int
) -> None:
    monkeypatch.setattr("api.queries.fleet.MANY_SETS", many)
    monkeypatch.setattr("api.queries.fleet._WALK", walk)
    monkeypatch.setattr("api.queries.fleet._PEEK", walk // 2)
    names = []
    for minutes in range(12):
        found = [package("common"), package(f"own-{minutes % 5}"), package("common", cataloger="other")]
        if minutes in {2, 3}:
            found.append(package("rare"))
        if minutes == 4:
            found.append(package("buried", scope=Scope.HIDDEN))
        names.append(analyzed(to, minutes, found))
    with api.transaction() as cursor:
        for limit in (1, 2, 5, 50):
            assert [
                match.image.digest
                for match in all_pages(images_with_packages, cursor, PackageFilter(name="common"), limit=limit)
            ] == names[::-1]
            assert [
                match.image.digest
                for match in all_pages(images_with_packages, cursor, PackageFilter(name="rare"), limit=limit)
            ] == [names[3], names[2]]
            found = all_pages(images_with_packages, cursor, PackageFilter(contains="own-"), limit=limit)
            assert [match.image.digest for match in found] == names[::-1]
        assert [[item.name for item in match.packages] for match in found][:2] == [["own-1"], ["own-0"]]
        assert images_with_packages(cursor, PackageFilter(name="buried")).items == ()
        hidden = images_with_packages(cursor, PackageFilter(name="buried"), scopes=tuple(Scope)).items
        assert [match.image.digest for match in hidden] == [names[4]]
        with pytest.raises(InvalidQuery, match="by name"):
            images_with_packages(cursor, PackageFilter(type="npm"))
        monkeypatch.setattr("api.queries.fleet.MAX_PACKAGES", 4)
        with pytest.raises(InvalidQuery, match="more than 4"):
            images_with_packages(cursor, PackageFilter(contains="own-"))


def archive(to: Dependencies, name: str, minutes: float, tag: str = "latest") -> None:
    """Do to the rows what archiving an image does."""
    with to.database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO archived_image (digest, status, request_id, bundle_key, bundle_sha256, bundle_size, "
            'analysis_id, catalog_version, os, architecture, distro_id, distro_version, package_count, "references", '
            "primary_keys, analyzed_at, archived_at) SELECT digest, 'archived', %s, 'bundle', analysis_sha256, 7, "
            "analysis_id, catalog_version, os, architecture, distro_id, distro_version, package_count, %s, '{}', "
            "analyzed_at, %s FROM image WHERE digest = %s",
            (uuid4(), f'[{{"registry": "r", "repository": "shop", "tag": "{tag}"}}]', at(minutes), to_bytes(name)),
        )
        cursor.execute("DELETE FROM image_package_set USING image WHERE id = image_id AND digest = %s",
                       (to_bytes(name),))  # fmt: skip
        cursor.execute("DELETE FROM secret USING image WHERE id = image_id AND image.digest = %s", (to_bytes(name),))
        cursor.execute("DELETE FROM image WHERE digest = %s", (to_bytes(name),))


def test_archived_images_are_out_of_every_list_unless_asked_for(to: Dependencies, api: Database) -> None:
    names = [analyzed(to, minutes, [package("a"), package(f"only-{minutes}")]) for minutes in range(6)]
    for minutes in (1, 3, 4):
        archive(to, names[minutes], 100 + minutes)
    execute(to.database, "UPDATE archived_image SET status = 'restoring' WHERE digest = %s", (to_bytes(names[3]),))
    again = analyzed(to, 200, [package("a")], image="image 4")
    assert again == names[4]
    with api.transaction() as cursor:
        active = [image.digest for image in all_pages(list_images, cursor)]
        assert active == [names[4], names[5], names[2], names[0]]
        everything = all_pages(list_images, cursor, include_archived=True)
        assert [(image.digest, image.image_status) for image in everything] == [
            (names[4], "active"),
            (names[5], "active"),
            (names[3], "restoring"),
            (names[2], "active"),
            (names[1], "archived"),
            (names[0], "active"),
        ]
        wanted = ImageFilter(status="archived")
        assert list_images(cursor, wanted).items == ()
        assert [image.digest for image in list_images(cursor, wanted, include_archived=True).items] == [names[1]]
        with pytest.raises(ImageUnknown):
            get_image(cursor, names[1])
        with pytest.raises(ImageUnknown):
            packages_of_image(cursor, names[1])
        assert get_image(cursor, names[4]).archive == "archived"
        assert [match.image.digest for match in images_with_packages(cursor, PackageFilter(name="a")).items] == active
        assert search_packages(cursor, PackageFilter(name="only-1")).items == ()
        assert len(search_packages(cursor, PackageFilter(name="only-1"), include_archived=True).items) == 1


def test_archives(to: Dependencies, api: Database) -> None:
    names = [analyzed(to, minutes) for minutes in range(5)]
    for minutes, name in enumerate(names):
        archive(to, name, 100 + minutes, f"v{minutes}")
    with api.transaction() as cursor:
        assert [found.digest for found in all_pages(list_archives, cursor)] == names[::-1]
        (found,) = list_archives(cursor, repository="shop", tag="v2").items
        assert (found.digest, found.active, found.bundle_size, found.image_status) == (names[2], False, 7, "archived")
        assert list_archives(cursor, registry="r", repository="elsewhere").items == ()
        assert list_archives(cursor, status="restoring").items == ()
        assert get_archive(cursor, names[2]) == found
        with pytest.raises(ArchiveUnknown):
            get_archive(cursor, digest("unknown"))


def test_references(to: Dependencies, api: Database) -> None:
    old = analyzed(to, 1)
    analyzed(to, 2, references=(pushed(at(2)), pushed(at(2), "v2"), pushed(at(2), "", repository="base")))
    handle_message(ReferenceRemoved(reference=pushed(None, "v2"), removed_at=at(3)), to)
    with api.transaction() as cursor:
        live = all_pages(list_references, cursor, limit=1)
        assert [(item.repository, item.tag) for item in live] == [
            ("base", ""),
            ("shop/checkout", ""),
            ("shop/checkout", "latest"),
        ]
        assert live[1].digest == old
        removed = list_references(cursor, ReferenceFilter(repository="shop/checkout", tag="v2", include_removed=True))
        assert [item.removed_at for item in removed.items] == [at(3)]
        assert len(list_references(cursor, ReferenceFilter(digest=old)).items) == 1


def test_the_api_only_reads(api: Database) -> None:
    for statement in ("DELETE FROM image", "UPDATE image SET status = 'active'", "DELETE FROM archived_image"):
        with pytest.raises(Exception, match="permission denied"):
            execute(api, statement)
