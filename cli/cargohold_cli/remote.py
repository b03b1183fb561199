"""A deployed API as a `Source`: what commands ask becomes requests, and answers become the same views."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from api.formats import Choice
from api.queries.images import ImageFilter
from api.queries.packages import PackageFilter
from api.queries.paging import Page
from api.queries.secrets import SecretFilter
from api.queries.transitions import AuditView, UnderWay
from api.queries.usage import Usage
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
from cargohold.documents.analysis import Analysis
from cargohold.errors import NotCollected
from cargohold.model import Content, FileRecord, Scope
from cargohold_cli import client

ROWS = 5_000  # of a page


@cache
def connect(endpoint: str) -> "Remote":
    """Return the API at `endpoint`, whose connections are kept."""
    return Remote(endpoint)


class Remote:
    """See `Source`."""

    def __init__(self, endpoint: str) -> None:
        self._client = client.connect(endpoint)

    def find_image(self, text: str) -> str:
        return str(self._client.json("/v1/lookup", name=text)["digest"])

    def find_archive(self, text: str) -> str:
        return str(self._client.json("/v1/lookup", name=text, **{"in": "archives"})["digest"])

    def images(self, wanted: ImageFilter, *, archived: bool, limit: int, after: str | None) -> Page[ImageView]:
        packages = wanted.packages or PackageFilter()
        return self._client.page(
            "/v1/images",
            ImageView,
            **{
                name: getattr(wanted, name)
                for name in ("registry", "repository", "tag", "status", "os", "architecture")
            },
            distro=wanted.distro_id,
            distro_version=wanted.distro_version,
            package=packages.name,
            purl=packages.purl,
            include="archived" if archived else None,
            limit=limit,
            after=after,
        )

    def failures(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]:
        return self._client.page("/v1/failures", AttemptView, repository=repository, limit=limit, after=after)

    def image(self, digest: str) -> ImageDetail:
        return self._client.one(f"/v1/images/{digest}", ImageDetail)

    def analysis(self, digest: str) -> Analysis:
        return self._client.one(f"/v1/images/{digest}/analysis", Analysis)

    def config(self, digest: str) -> bytes:
        return b"".join(self._client.bytes(f"/v1/images/{digest}/content/config"))

    def packages(
        self, digest: str, wanted: PackageFilter, *, scopes: tuple[Scope, ...], limit: int, after: str | None
    ) -> Page[ImagePackage]:
        return self._client.page(
            f"/v1/images/{digest}/packages", ImagePackage, **_packages(wanted, scopes), limit=limit, after=after
        )

    def images_with(
        self, wanted: PackageFilter, *, scopes: tuple[Scope, ...], limit: int, after: str | None
    ) -> Page[ImageMatch]:
        return self._client.page(
            "/v1/packages/images", ImageMatch, **_packages(wanted, scopes), limit=limit, after=after
        )

    def secrets(self, wanted: SecretFilter, *, image: str | None, limit: int, after: str | None) -> Page[SecretView]:
        asked = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
        return self._client.page("/v1/secrets", SecretView, **asked, image=image, limit=limit, after=after)

    def difference(self, first: str, second: str, *, scopes: tuple[Scope, ...]) -> ImageDiff:
        return self._client.one("/v1/differences", ImageDiff, first=first, second=second, scope=_scope(scopes))

    def sbom(self, digest: str, choice: Choice, *, scope: str, creator: str) -> Iterable[bytes]:
        name = f"{choice.format.name}@{choice.version}" if choice.version else choice.format.name
        return self._client.bytes(f"/v1/images/{digest}/sbom", format=name, scope=scope, creator=creator or None)

    def archives(self, *, repository: str | None, tag: str | None, limit: int, after: str | None) -> Page[ArchiveView]:
        return self._client.page("/v1/archives", ArchiveView, repository=repository, tag=tag, limit=limit, after=after)

    def archive(self, digest: str) -> ArchiveView:
        return self._client.one(f"/v1/archives/{digest}", ArchiveView)

    def bundle(self, digest: str, size: int) -> Iterator[bytes]:
        """Yield the `size` bytes of a bundle. Raises `ArchiveUnknown`, `ObjectNotFound`, `ObjectCold`."""
        return self._client.stored(f"/v1/archives/{digest}/bundle", size)

    def under_way(self, *, limit: int) -> list[UnderWay]:
        return list(self._client.page("/v1/transitions", UnderWay, limit=limit).items)

    def audits(self, *, limit: int) -> list[AuditView]:
        return list(self._client.page("/v1/audits", AuditView, limit=limit).items)

    def attempts(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]:
        return self._client.page("/v1/failures", AttemptView, all=True, repository=repository, limit=limit, after=after)

    def usage(self) -> Usage:
        return self._client.one("/v1/usage", Usage)

    def version(self) -> str:
        return str(self._client.json("/v1/status")["version"])

    def files(self, digest: str, *, under: str) -> Iterator[FileRecord]:
        yield from self._client.every(f"/v1/images/{digest}/content/files", FileRecord, under=under, limit=ROWS)

    def contents(self, digest: str, path: str | None) -> Iterator[Content] | None:
        rows = self._client.every(f"/v1/images/{digest}/content/retrieved", Content, limit=ROWS)
        try:
            first = next(rows, None)
        except NotCollected:
            return None
        return self._with_bytes(digest, path, first, rows)

    def _with_bytes(
        self, digest: str, path: str | None, first: Content | None, rows: Iterator[Content]
    ) -> Iterator[Content]:
        for row in (*([first] if first else []), *rows):
            if path not in (None, row.path):
                continue
            kept = b""
            if row.retrieved:
                kept = b"".join(self._client.bytes(f"/v1/images/{digest}/content/retrieved/file", path=row.path))
            yield Content(row.path, row.layer, row.digest, row.retrieved, b64encode(kept).decode(), row.matches)


def _packages(wanted: PackageFilter, scopes: tuple[Scope, ...]) -> dict[str, Any]:
    names = ("name", "version", "type", "purl", "source", "contains", "license")
    asked = {name: getattr(wanted, name) for name in names if getattr(wanted, name) is not None}
    if wanted.versions:
        asked["version"] = ",".join(f"{bound.operator}{bound.version}" for bound in wanted.versions)
    return asked | {"scope": _scope(scopes)}


def _scope(scopes: tuple[Scope, ...]) -> str:
    return scopes[0].value if len(scopes) == 1 else "all"
