"""Ranges of versions and differences between images, on rows that persist wrote and on the command line."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis

from api.queries.diff import diff_images
from api.queries.fleet import images_with_packages
from api.queries.images import ImageFilter, list_images
from api.queries.packages import PackageFilter, packages_of_image, search_packages
from api.queries.versions import is_range, parse_range
from cargohold.database.connection import Database
from cargohold.errors import ImageUnknown, InvalidQuery
from cargohold.model import License, Package, Scope
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from cargohold_cli import local
from cargohold_cli.main import UNKNOWN, main
from persist.messages import Dependencies, handle_message

DEB = ["1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.9-1", "1.10-1", "1:0.5-1"]  # in dpkg's order


def deb(name: str, version: str, **fields: Any) -> Package:
    fields = {"type": "deb", "cataloger": "dpkg", "purl": f"pkg:deb/debian/{name}@{version}"} | fields
    return package(name, version, **fields)


@pytest.fixture
def analyzed(database: Database) -> Callable[..., str]:
    to = Dependencies(database, MemoryStore(), RecordingMessenger())
    minutes = iter(range(1000))

    def analyze(name: str, *packages: Package, **fields: Any) -> str:
        at = EPOCH + timedelta(minutes=next(minutes))
        fields = {"references": (pushed(at, name),)} | fields
        handle_message(store_analysis(to.store, digest(name), analysis_id(at), packages, **fields), to)
        return digest(name)

    return analyze


@pytest.fixture
def api(database_url: str) -> Iterator[Database]:
    own = Database(DatabaseSettings(database_url=database_url, database_role="cargohold_api"))
    yield own
    own.close()


@pytest.fixture
def command(
    api: Database, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    monkeypatch.setattr(local, "database", lambda: api)

    def run(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        code = main(arguments)
        written = capfd.readouterr()
        return code, written.out + written.err

    return run


def ranged(text: str, **fields: Any) -> PackageFilter:
    return PackageFilter(**({"name": "lib", "type": "deb"} | fields), versions=parse_range(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (">=1.0-1,<1.10-1", DEB[1:4]),
        (">1.0-1, <= 1.10-1", DEB[2:5]),
        ("<1.0", DEB[:1]),
        (">=1.0~", DEB),
        ("=1.00-1", DEB[1:2]),
        ("==01.0-1", DEB[1:2]),
        (">=1:0", DEB[5:]),
        (">1.10-1,<1.9-1", []),
    ],
)
def test_a_range_is_in_the_ecosystems_order(
    analyzed: Callable[..., str], api: Database, text: str, found: list[str]
) -> None:
    others = [deb("lib", "nonsense:1"), package("lib", "1.5.0"), deb("other", "1.5-1")]
    images = [analyzed(f"image {version}", deb("lib", version), *others) for version in DEB]
    with api.transaction() as cursor:
        pages, after = [], None
        while True:
            page = search_packages(cursor, ranged(text), limit=2, after=after)
            pages += [item.version for item in page.items]
            after = page.next
            if after is None:
                break
        assert pages == found
        matches = images_with_packages(cursor, ranged(text)).items
        assert {match.image.digest for match in matches} == {images[DEB.index(version)] for version in found}
        listed = list_images(cursor, ImageFilter(packages=ranged(text)))
        assert {image.digest for image in listed.items} == {match.image.digest for match in matches}
        for version, image in zip(DEB, images, strict=True):
            shown = packages_of_image(cursor, image, ranged(text, name=None)).items
            assert ("lib" in {item.package.name for item in shown}) == (version in found)


def test_each_type_has_its_own_order(analyzed: Callable[..., str], api: Database) -> None:
    analyzed(
        "image", package("a", "1.0.0-rc.1"), package("a", "1.0", type="python"), package("a", "1.0rc1", type="python")
    )
    with api.transaction() as cursor:
        for type_, text, found in (
            ("npm", "<1", ["1.0.0-rc.1"]),
            ("python", "<1", ["1.0rc1"]),
            ("python", "=1.0.0", ["1.0"]),
        ):
            page = search_packages(cursor, ranged(text, name="a", type=type_))
            assert [item.version for item in page.items] == found


@pytest.mark.parametrize(
    ("fields", "text", "reason"),
    [
        ({"type": None}, ">1", "needs a type"),
        ({"type": "snap"}, ">1", "have no order"),
        ({"type": "npm"}, ">latest", "'latest' is no version of type 'npm'"),
        ({}, ">1-", "'1-' is no version"),
        ({}, ">" + "1" * 300, "is no version"),
        ({}, ">\0", "is no version"),
    ],
)
def test_a_range_that_has_no_order_is_refused(api: Database, fields: dict[str, Any], text: str, reason: str) -> None:
    with api.transaction() as cursor, pytest.raises(InvalidQuery, match=reason):
        search_packages(cursor, ranged(text, **fields))


@pytest.mark.parametrize("text", ["", ">", "1.0", ">1,", ">1,,<2", "~>1", "!1", ",".join([">1"] * 11)])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="no range of versions"):
        parse_range(text)


def test_a_cursor_of_one_order_is_none_of_the_other(analyzed: Callable[..., str], api: Database) -> None:
    analyzed("image", deb("lib", "1.0-1"), deb("lib", "1.1-1"))
    with api.transaction() as cursor:
        after = search_packages(cursor, ranged(">1"), limit=1).next
        assert after is not None
        with pytest.raises(InvalidQuery, match="cursor"):
            search_packages(cursor, PackageFilter(name="lib"), after=after)
    assert is_range(" >=1")
    assert not is_range("1.0")


def test_the_command_finds_a_range(analyzed: Callable[..., str], command: Callable[..., tuple[int, str]]) -> None:
    analyzed("old", deb("libssl3", "3.0.9-1", source_name="openssl"))
    analyzed("new", deb("libssl3", "3.0.11-1", source_name="openssl"))
    code, text = command("packages", "libssl3", "--type", "deb", "--version", ">=3.0,<3.0.10")
    assert code == 0
    assert "3.0.9-1" in text
    assert "3.0.11" not in text
    code, text = command("packages", "--source", "openssl", "--type", "deb", "--version", ">3.0.9-1", "--json")
    assert [item["packages"][0]["version"] for item in orjson.loads(text)["items"]] == ["3.0.11-1"]
    assert "3.0.9-1" in command("packages", "libssl3", "--version", "3.0.9-1")[1]
    assert "3.0.9-1" in command("packages", "--image", "shop/checkout:old", "--type", "deb", "--version", "<3.0.10")[1]
    code, text = command("packages", "libssl3", "--version", ">3")
    assert (code, "needs a type" in text) == (1, True)


def changes(api: Database, first: str, second: str, **options: Any) -> list[tuple[str, str, str | None, str | None]]:
    with api.transaction() as cursor:
        found = diff_images(cursor, first, second, **options)
    return [(item.change, item.name, item.before, item.after) for item in found.packages]


def test_a_difference_is_by_type_name_and_version(analyzed: Callable[..., str], api: Database) -> None:
    old = analyzed(
        "old",
        deb("same", "1.0-1"), deb("up", "1.9-1"), deb("down", "1.0-1"), deb("gone", "1-1"), deb("equal", "1.0-1"),
        deb("distro", "1", purl="pkg:deb/debian/distro@1?distro=debian-12"), deb("license", "1"),
        deb("hidden", "1", scope=Scope.HIDDEN), package("up", "1.0.0-rc.1"), package("many", "1.0.0"),
        package("many", "2.0.0"), package("many", "3.0.0"), package("free", "text", type="snap"),
        package("kind", "1.0.0"),
    )  # fmt: skip
    new = analyzed(
        "new",
        deb("same", "1.0-1"), deb("up", "1.10-1"), deb("down", "1.0~rc1-1"), deb("equal", "1.00-1"), deb("come", "1-1"),
        deb("distro", "1", purl="pkg:deb/debian/distro@1?distro=debian-13"),
        deb("license", "1", licenses=(License("MIT"),)),
        deb("hidden", "2", scope=Scope.HIDDEN), package("up", "1.0.0"), package("many", "2.0.0"),
        package("many", "4.0.0"), package("free", "other text", type="snap"), package("kind", "1.0.0", type="python"),
    )  # fmt: skip
    assert changes(api, old, new) == [
        ("added", "come", None, "1-1"),
        ("downgraded", "down", "1.0-1", "1.0~rc1-1"),
        ("changed", "equal", "1.0-1", "1.00-1"),
        ("removed", "gone", "1-1", None),
        ("upgraded", "up", "1.9-1", "1.10-1"),
        ("removed", "kind", "1.0.0", None),
        ("removed", "many", "1.0.0", None),
        ("upgraded", "many", "3.0.0", "4.0.0"),
        ("upgraded", "up", "1.0.0-rc.1", "1.0.0"),
        ("added", "kind", None, "1.0.0"),
        ("changed", "free", "text", "other text"),
    ]
    assert changes(api, old, new, scopes=(Scope.HIDDEN,)) == [("upgraded", "hidden", "1", "2")]
    opposite = {"added": "removed", "removed": "added", "upgraded": "downgraded", "downgraded": "upgraded"}
    there = {(opposite.get(change, change), name, a, b) for change, name, b, a in changes(api, new, old)}
    assert there == set(changes(api, old, new))
    assert changes(api, old, old) == []


def test_a_package_that_moves_between_catalogers_is_no_difference(analyzed: Callable[..., str], api: Database) -> None:
    old = analyzed("old", package("a", cataloger="npm"))
    new = analyzed("new", package("a", cataloger="sbom"), package("a", cataloger="npm"))
    assert changes(api, old, new) == []


def test_the_layers_that_both_have(analyzed: Callable[..., str], api: Database) -> None:
    old = analyzed("old", layers=("base", "runtime", "app 1", "config"))
    new = analyzed("new", layers=("base", "runtime", "app 2", "config", "more"))
    with api.transaction() as cursor:
        layers = diff_images(cursor, old, new).layers
        assert (layers.first, layers.second, layers.base) == (4, 5, 2)
        assert layers.shared == tuple(map(digest, ("base", "runtime", "config")))
        same = diff_images(cursor, old, old).layers
        assert (same.first, same.second, same.base) == (4, 4, 4)
        for pair in ((old, digest("nowhere")), (digest("nowhere"), new)):
            with pytest.raises(ImageUnknown):
                diff_images(cursor, *pair)


def test_the_command_compares(analyzed: Callable[..., str], command: Callable[..., tuple[int, str]]) -> None:
    analyzed("old", deb("lib", "1.9-1"), package("a", "1.0.0"), layers=("base", "one"))
    analyzed("new", deb("lib", "1.10-1"), package("b", "1.0.0", namespace="@scope"), layers=("base", "two"))
    names = ("shop/checkout:old", "shop/checkout:new")
    code, text = command("diff", *names)
    assert code == 0
    assert [line.split() for line in text.splitlines()] == [
        ["CHANGE", "TYPE", "NAME", "BEFORE", "AFTER"],
        ["upgraded", "deb", "lib", "1.9-1", "1.10-1"],
        ["removed", "npm", "a", "1.0.0", "-"],
        ["added", "npm", "@scope/b", "-", "1.0.0"],
        [],
        ["TYPE", "CHANGE", "PACKAGES"],
        ["deb", "upgraded", "1"],
        ["npm", "added", "1"],
        ["npm", "removed", "1"],
        [],
        ["layers:", "2", "and", "2,", "1", "in", "both,", "the", "first", "1", "the", "same", "in", "both"],
    ]
    found = orjson.loads(command("diff", *names, "--json", "--type", "deb")[1])
    assert found["layers"] == {"first": 2, "second": 2, "base": 1, "shared": [digest("base")]}
    assert [(item["change"], item["purl_after"]) for item in found["packages"]] == [
        ("upgraded", "pkg:deb/debian/lib@1.10-1")
    ]
    assert "The same packages." in command("diff", names[0], names[0])[1]
    assert command("diff", names[0], "nowhere:1")[0] == UNKNOWN
