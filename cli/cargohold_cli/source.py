"""Where commands look: in the stores of this machine, or through a deployed API.

`source()` is the API when `--endpoint` (CARGOHOLD_ENDPOINT) names one. Both give the same views.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from api.analyses import StoredAnalysis
from api.formats import Choice, Request, render
from api.queries import archives, diff, fleet, images, lookup, packages, references, secrets, transitions
from api.queries.images import ImageFilter
from api.queries.packages import PackageFilter
from api.queries.paging import Page
from api.queries.secrets import SecretFilter
from api.queries.transitions import AuditView, UnderWay
from api.queries.usage import Usage, usage
from api.queries.views import (
    ArchiveView,
    AttemptView,
    ImageDetail,
    ImageDiff,
    ImageMatch,
    ImagePackage,
    ImageView,
    SecretView,
)
from cargohold import __version__
from cargohold.documents.analysis import Analysis
from cargohold.model import Content, FileRecord, Scope
from cargohold_cli.endpoint import endpoint

Scopes = tuple[Scope, ...]


class Source(Protocol):
    """What commands ask. Errors are those of the queries, whoever answers."""

    def find_image(self, text: str) -> str: ...

    def find_archive(self, text: str) -> str: ...

    def images(self, wanted: ImageFilter, *, archived: bool, limit: int, after: str | None) -> Page[ImageView]: ...

    def failures(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]: ...

    def image(self, digest: str) -> ImageDetail: ...

    def analysis(self, digest: str) -> Analysis: ...

    def config(self, digest: str) -> bytes: ...

    def packages(
        self, digest: str, wanted: PackageFilter, *, scopes: Scopes, limit: int, after: str | None
    ) -> Page[ImagePackage]: ...

    def images_with(
        self, wanted: PackageFilter, *, scopes: Scopes, limit: int, after: str | None
    ) -> Page[ImageMatch]: ...

    def secrets(
        self, wanted: SecretFilter, *, image: str | None, limit: int, after: str | None
    ) -> Page[SecretView]: ...

    def difference(self, first: str, second: str, *, scopes: Scopes) -> ImageDiff: ...

    def sbom(self, digest: str, choice: Choice, *, scope: str, creator: str) -> Iterable[bytes]: ...

    def archives(
        self, *, repository: str | None, tag: str | None, limit: int, after: str | None
    ) -> Page[ArchiveView]: ...

    def archive(self, digest: str) -> ArchiveView: ...

    def under_way(self, *, limit: int) -> list[UnderWay]: ...

    def audits(self, *, limit: int) -> list[AuditView]: ...

    def attempts(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]:
        """Return the last attempt of each reference, the newest first, those that succeeded too."""

    def usage(self) -> Usage: ...

    def version(self) -> str:
        """Return the release of what answers, when its database does."""

    def files(self, digest: str, *, under: str) -> Iterator[FileRecord]: ...

    def contents(self, digest: str, path: str | None) -> Iterator[Content] | None:
        """Return what was kept or searched, of one path or of all; None when nothing was asked for."""


def source() -> Source:
    """Return what this process asks."""
    if address := endpoint():
        from cargohold_cli.remote import connect

        return connect(address)
    return Local()


class Local:
    """A `Source`: the database as the API's role sees it, and the stores."""

    def __init__(self) -> None:
        from cargohold_cli import local

        self._run = local.database().run

    def find_image(self, text: str) -> str:
        return self._run(lambda cursor: lookup.find_image(cursor, text))

    def find_archive(self, text: str) -> str:
        return self._run(lambda cursor: lookup.find_archive(cursor, text))

    def images(self, wanted: ImageFilter, *, archived: bool, limit: int, after: str | None) -> Page[ImageView]:
        return self._run(
            lambda cursor: images.list_images(cursor, wanted, include_archived=archived, limit=limit, after=after)
        )

    def failures(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]:
        return self._run(
            lambda cursor: references.list_attempts(cursor, repository=repository, limit=limit, after=after)
        )

    def image(self, digest: str) -> ImageDetail:
        return self._run(lambda cursor: images.get_image(cursor, digest))

    def analysis(self, digest: str) -> Analysis:
        return self._open(digest)[0].analysis

    def config(self, digest: str) -> bytes:
        return self._open(digest)[0].config()

    def packages(
        self, digest: str, wanted: PackageFilter, *, scopes: Scopes, limit: int, after: str | None
    ) -> Page[ImagePackage]:
        return self._run(
            lambda cursor: packages.packages_of_image(cursor, digest, wanted, scopes=scopes, limit=limit, after=after)
        )

    def images_with(self, wanted: PackageFilter, *, scopes: Scopes, limit: int, after: str | None) -> Page[ImageMatch]:
        return self._run(
            lambda cursor: fleet.images_with_packages(cursor, wanted, scopes=scopes, limit=limit, after=after)
        )

    def secrets(self, wanted: SecretFilter, *, image: str | None, limit: int, after: str | None) -> Page[SecretView]:
        return self._run(lambda cursor: secrets.list_secrets(cursor, wanted, image=image, limit=limit, after=after))

    def difference(self, first: str, second: str, *, scopes: Scopes) -> ImageDiff:
        return self._run(lambda cursor: diff.diff_images(cursor, first, second, scopes=scopes))

    def sbom(self, digest: str, choice: Choice, *, scope: str, creator: str) -> Iterable[bytes]:
        analysis, registry, repository = self._open(digest)
        wanted = Request(scope=scope, registry=registry, repository=repository, creator=creator)  # type: ignore[arg-type]
        return render(choice, analysis, wanted)

    def archives(self, *, repository: str | None, tag: str | None, limit: int, after: str | None) -> Page[ArchiveView]:
        return self._run(
            lambda cursor: archives.list_archives(cursor, repository=repository, tag=tag, limit=limit, after=after)
        )

    def archive(self, digest: str) -> ArchiveView:
        return self._run(lambda cursor: archives.get_archive(cursor, digest))

    def under_way(self, *, limit: int) -> list[UnderWay]:
        return self._run(lambda cursor: transitions.under_way(cursor, limit=limit))

    def audits(self, *, limit: int) -> list[AuditView]:
        return self._run(lambda cursor: transitions.audits(cursor, limit=limit))

    def attempts(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]:
        return self._run(
            lambda cursor: references.list_attempts(
                cursor, failed=False, repository=repository, limit=limit, after=after
            )
        )

    def usage(self) -> Usage:
        return self._run(usage)

    def version(self) -> str:
        self._run(lambda cursor: cursor.execute("SELECT 1"))
        return __version__

    def files(self, digest: str, *, under: str) -> Iterator[FileRecord]:
        inside = under.rstrip("/") + "/"
        for item in self._open(digest)[0].files():
            if item.path == under or item.path.startswith(inside):
                yield item

    def contents(self, digest: str, path: str | None) -> Iterator[Content] | None:
        found = self._open(digest)[0].contents()
        return None if found is None else (item for item in found if path in (None, item.path))

    def _open(self, digest: str) -> tuple[StoredAnalysis, str, str]:
        from cargohold_cli import read

        return read.open_named(digest)
