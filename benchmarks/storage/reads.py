"""How long each question takes: the functions that the API and the command call, one page each, on a warm cache."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

from benchmarks.storage.fleet import LIFE, START, Fleet
from benchmarks.storage.packages import DEB, LICENSES, NPM, name_of
from benchmarks.storage.report import Report, processor_clock, timed
from benchmarks.storage.subjects import Subjects

from api.queries.diff import diff_images
from api.queries.fleet import images_with_packages
from api.queries.images import ImageFilter, get_image, list_images
from api.queries.lookup import find_image
from api.queries.packages import PackageFilter, packages_of_image, search_packages
from api.queries.paging import Page, make_cursor
from api.queries.references import ReferenceFilter, list_references
from api.queries.seen import seen
from api.queries.versions import parse_range
from cargohold.database.connection import Cursor, Database
from cargohold.digests import to_text
from cargohold.model import Package

FLEET, SEARCH = 20.0, 50.0  # ms
PAGES = 8  # that are turned one by one
Ask = Callable[[Cursor, str | None], Page[Any]]


class Reads:
    """Asks a loaded fleet."""

    def __init__(
        self, database: Database, fleet: Fleet, subjects: Subjects, report: Report, *, processor: bool = False
    ) -> None:
        self._database, self._fleet, self._subjects, self._report = database, fleet, subjects, report
        self._random = Random(2)
        self._clock = time.perf_counter
        if processor:
            with database.transaction() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._clock = processor_clock(cursor.fetchone()[0])

    def measure(self) -> None:
        """Ask everything."""
        for name, packages in self._subjects.classes().items():
            self._images_with(f"images with a package, {name}", packages)
        self._named()
        self._searches()
        self._lists()
        self._single()

    def _pages(self, asks: list[Ask], deep: Callable[[], str] | None = None) -> tuple[list[float], list[float]]:
        """Return the times of first and of later pages; each question is asked once before, to warm the cache."""
        first: list[float] = []
        later: list[float] = []
        for ask in asks:
            after: str | None = None
            with self._database.transaction() as cursor:
                ask(cursor, None)
            for number in range(PAGES):
                page: Page[Any] = Page((), None)

                def turn(ask: Ask = ask, after: str | None = after) -> None:
                    nonlocal page
                    with self._database.transaction() as cursor:
                        page = ask(cursor, after)

                (later if number else first).append(timed(turn, self._clock))
                if page.next is None:
                    break
                after = page.next
            if deep is not None:
                place = deep()
                with self._database.transaction() as cursor:
                    ask(cursor, place)

                def jump(ask: Ask = ask, place: str = place) -> None:
                    with self._database.transaction() as cursor:
                        ask(cursor, place)

                later.append(timed(jump, self._clock))
        return first, later

    def _both(self, what: str, asks: list[Ask], *, target: float = 0.0, deep: Callable[[], str] | None = None) -> None:
        first, later = self._pages(asks, deep)
        self._report.times(f"{what}: first page", first, target=target)
        if later:
            self._report.times(f"{what}: deep pages", later, target=target)

    def _images_with(self, what: str, packages: list[Package]) -> None:
        asks = [_images(PackageFilter(purl=package.purl)) for package in packages]
        self._both(what, asks, target=FLEET, deep=self._somewhere)

    def _somewhere(self) -> str:
        return make_cursor("fleet", (self._random.randrange(1, self._fleet.images),))

    def _named(self) -> None:
        names = [name_of(ecosystem, number) for ecosystem in (DEB, NPM) for number in (0, 1, 2, 5, 10, 50, 200, 700)]
        self._both("images with a name, any version", [_images(PackageFilter(name=name)) for name in names])
        ranges = [
            PackageFilter(name=name, type="npm", versions=parse_range(">=1,<4.2"))
            for name in (name_of(NPM, number) for number in range(0, 3_000, 100))
        ]
        self._both("images with a range of versions", [_images(wanted) for wanted in ranges])

    def _searches(self) -> None:
        parts = ["core", "json-http", f"-{7}", "-123", "net-net-np", "event", "np-1000", "nowhere-at-all"]
        numbers = [int(NPM.names * self._random.random() ** 2) for _ in range(40)]
        searches = {
            "substring": [PackageFilter(contains=part) for part in parts]
            + [PackageFilter(contains=name_of(NPM, number)[4:]) for number in numbers],
            "range of versions": [
                PackageFilter(name=name_of(NPM, number), type="npm", versions=parse_range(">=1,<4.2"))
                for number in numbers
            ],
        }
        others = {
            "name": [PackageFilter(name=name_of(NPM, number)) for number in numbers],
            "exact purl": [PackageFilter(purl=package.purl) for package in self._subjects.middling],
            "source package": [PackageFilter(source=name_of(DEB, number)) for number in range(0, 120, 3)],
            "licence": [PackageFilter(license=one) for one in LICENSES],
        }
        for name, wanted in searches.items():
            self._both(f"packages by {name}", [_packages(one) for one in wanted], target=SEARCH)
        for name, wanted in others.items():
            self._both(f"packages by {name}", [_packages(one) for one in wanted])

    def _lists(self) -> None:
        applications = self._random.sample(range(self._fleet.applications), min(40, self._fleet.applications))
        day = timedelta(days=1)
        lists = {
            "newest": [ImageFilter()] * 5,
            "by repository": [ImageFilter(repository=f"team-{one % 40}/app-{one}") for one in applications],
            "by tag": [ImageFilter(repository=f"team-{one % 40}/app-{one}", tag="1.7") for one in applications],
            "by status": [ImageFilter(status=status) for status in ("active", "archiving", "deleting")],
            "by distribution": [ImageFilter(distro_id=one) for one in ("debian", "alpine", "rhel", "centos", "none")],
            "by age": [
                ImageFilter(
                    analyzed_before=START + LIFE * part / 20, analyzed_after=START + LIFE * part / 20 - 30 * day
                )
                for part in range(2, 20)
            ],
        }
        for name, wanted in lists.items():
            self._both(f"images {name}", [_list(one) for one in wanted])
        for name, layers in self._subjects.layers.items():
            self._both(f"images with a layer {name}", [_list(ImageFilter(layer=to_text(one))) for one in layers])
        references = [ReferenceFilter(repository=f"team-{one % 40}/app-{one}") for one in applications]
        self._both("references of a repository", [_references(one) for one in references])

    def _single(self) -> None:
        numbers = self._random.sample(range(self._fleet.images), 40)
        with self._database.transaction() as cursor:
            cursor.execute("SELECT digest FROM image WHERE id = ANY(%s)", ([number + 1 for number in numbers],))
            digests = [to_text(digest) for (digest,) in cursor.fetchall()]
        self._both("packages of an image", [_of_image(digest) for digest in digests])
        singles: dict[str, list[Callable[[Cursor], object]]] = {
            "one image": [partial(get_image, digest=digest) for digest in digests],
            "an image by the start of its digest": [partial(find_image, text=digest[:26]) for digest in digests],
            **{
                f"first and last seen, {name}": [partial(seen, wanted=PackageFilter(purl=one.purl)) for one in packages]
                for name, packages in self._subjects.classes().items()
            },
            "difference of two images": [
                partial(diff_images, first=first, second=second) for first, second in pairwise(digests)
            ],
        }
        for name, asks in singles.items():
            self._report.times(name, [self._once(ask) for ask in asks for _ in range(3)])

    def _once(self, ask: Callable[[Cursor], object]) -> float:
        def work() -> None:
            with self._database.transaction() as cursor:
                ask(cursor)

        return timed(work, self._clock)


def _images(wanted: PackageFilter) -> Ask:
    return lambda cursor, after: images_with_packages(cursor, wanted, after=after)


def _packages(wanted: PackageFilter) -> Ask:
    return lambda cursor, after: search_packages(cursor, wanted, after=after)


def _list(wanted: ImageFilter) -> Ask:
    return lambda cursor, after: list_images(cursor, wanted, after=after)


def _references(wanted: ReferenceFilter) -> Ask:
    return lambda cursor, after: list_references(cursor, wanted, after=after)


def _of_image(digest: str) -> Ask:
    return lambda cursor, after: packages_of_image(cursor, digest, after=after)
