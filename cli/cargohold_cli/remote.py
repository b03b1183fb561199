"""A deployed API as a `Source`: what commands ask becomes requests, and answers become the same views.

Requests are signed with the credentials that AWS's tools find (SigV4, service `execute-api`), unless
CARGOHOLD_TOKEN is set, which then is the bearer token of a `cargohold serve` somewhere.
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import orjson
import urllib3
from pydantic import BaseModel, TypeAdapter

from api.formats import Choice
from api.queries.images import ImageFilter
from api.queries.packages import PackageFilter
from api.queries.paging import Page
from api.queries.secrets import SecretFilter
from api.queries.transitions import AuditView, UnderWay
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
from cargohold import errors
from cargohold.documents.analysis import Analysis
from cargohold.model import Scope
from cargohold_cli.output import say
from cargohold_cli.signing import signed
from cargohold_cli.web import LOOPBACK

View = TypeVar("View")

PART = 4 << 20  # bytes asked for at a time where an answer is too large
PATIENCE = 12  # tries while the database wakes
_TIMES = urllib3.Timeout(connect=10, read=35)


@cache
def connect(endpoint: str) -> "Remote":
    """Return the API at `endpoint`, whose connections are kept."""
    return Remote(endpoint)


class Remote:
    """See `Source`. Raises the errors that the API names, and `EndpointFailed`."""

    def __init__(self, endpoint: str) -> None:
        address = urlsplit(endpoint)
        self._endpoint = endpoint.rstrip("/")
        self._token = os.environ.get("CARGOHOLD_TOKEN", "")
        self._here = address.hostname in LOOPBACK
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
            raise errors.InvalidConfiguration(setting="--endpoint", reason=f"{endpoint!r} is no http(s) address")
        if address.scheme == "http" and not self._here:
            raise errors.InvalidConfiguration(setting="--endpoint", reason="what is not on this machine needs https")
        self._pool = urllib3.PoolManager(timeout=_TIMES, retries=False)

    def find_image(self, text: str) -> str:
        return str(self._json("/v1/lookup", name=text)["digest"])

    def find_archive(self, text: str) -> str:
        return str(self._json("/v1/lookup", name=text, **{"in": "archives"})["digest"])

    def images(self, wanted: ImageFilter, *, archived: bool, limit: int, after: str | None) -> Page[ImageView]:
        packages = wanted.packages or PackageFilter()
        return self._page(
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
        return self._page("/v1/failures", AttemptView, repository=repository, limit=limit, after=after)

    def image(self, digest: str) -> ImageDetail:
        return self._one(f"/v1/images/{digest}", ImageDetail)

    def analysis(self, digest: str) -> Analysis:
        return self._one(f"/v1/images/{digest}/analysis", Analysis)

    def config(self, digest: str) -> bytes:
        return b"".join(self._bytes(f"/v1/images/{digest}/content/config"))

    def packages(
        self, digest: str, wanted: PackageFilter, *, scopes: tuple[Scope, ...], limit: int, after: str | None
    ) -> Page[ImagePackage]:
        return self._page(
            f"/v1/images/{digest}/packages", ImagePackage, **_packages(wanted, scopes), limit=limit, after=after
        )

    def images_with(
        self, wanted: PackageFilter, *, scopes: tuple[Scope, ...], limit: int, after: str | None
    ) -> Page[ImageMatch]:
        return self._page("/v1/packages/images", ImageMatch, **_packages(wanted, scopes), limit=limit, after=after)

    def secrets(self, wanted: SecretFilter, *, image: str | None, limit: int, after: str | None) -> Page[SecretView]:
        asked = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
        return self._page("/v1/secrets", SecretView, **asked, image=image, limit=limit, after=after)

    def difference(self, first: str, second: str, *, scopes: tuple[Scope, ...]) -> ImageDiff:
        return self._one("/v1/differences", ImageDiff, first=first, second=second, scope=_scope(scopes))

    def sbom(self, digest: str, choice: Choice, *, scope: str, creator: str) -> Iterable[bytes]:
        name = f"{choice.format.name}@{choice.version}" if choice.version else choice.format.name
        return self._bytes(f"/v1/images/{digest}/sbom", format=name, scope=scope, creator=creator or None)

    def archives(self, *, repository: str | None, tag: str | None, limit: int, after: str | None) -> Page[ArchiveView]:
        return self._page("/v1/archives", ArchiveView, repository=repository, tag=tag, limit=limit, after=after)

    def archive(self, digest: str) -> ArchiveView:
        return self._one(f"/v1/archives/{digest}", ArchiveView)

    def under_way(self, *, limit: int) -> list[UnderWay]:
        return list(self._page("/v1/transitions", UnderWay, limit=limit).items)

    def audits(self, *, limit: int) -> list[AuditView]:
        return list(self._page("/v1/audits", AuditView, limit=limit).items)

    def _page(self, path: str, view: type[View], **parameters: Any) -> Page[View]:
        found = self._json(path, **parameters)
        return Page(self._read(tuple[view, ...], found.get("items")), found.get("next"))  # type: ignore[valid-type]

    def _one(self, path: str, view: type[View], **parameters: Any) -> View:
        found: View = self._read(view, self._json(path, **parameters))
        return found

    def _read(self, kind: Any, value: Any) -> Any:
        try:
            return TypeAdapter(kind).validate_python(value)
        except ValueError as error:  # a newer release may answer otherwise
            raise errors.EndpointFailed(endpoint=self._endpoint, reason=str(error).splitlines()[0]) from None

    def _json(self, path: str, **parameters: Any) -> dict[str, Any]:
        answer = self._ask(path, parameters, {})
        try:
            found = orjson.loads(answer.data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise errors.EndpointFailed(endpoint=self._endpoint, reason="the answer is no JSON object")
        return found

    def _bytes(self, path: str, **parameters: Any) -> Iterator[bytes]:
        """Yield an answer of any size: compressed, or in parts of one and the same."""
        try:
            yield self._ask(path, parameters, {"Accept-Encoding": "gzip"}).data
        except errors.AnswerTooLarge:
            start, size, etag = 0, 1, ""
            while start < size:
                headers = {"Range": f"bytes={start}-{start + PART - 1}"} | ({"If-Range": etag} if etag else {})
                answer = self._ask(path, parameters, headers)
                etag = answer.headers.get("ETag", "")
                size = int(answer.headers.get("Content-Range", "").rpartition("/")[2] or 0)
                start += len(answer.data)
                if answer.status != 206 or not answer.data:
                    raise errors.EndpointFailed(
                        endpoint=self._endpoint, reason="the image was analyzed anew meanwhile; try again"
                    ) from None
                yield answer.data

    def _ask(self, path: str, parameters: dict[str, Any], headers: dict[str, str]) -> Any:
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        url = self._endpoint + quote(path, safe="/:@")
        if given:
            url += "?" + urlencode(given, quote_via=quote)
        for attempt in range(1, PATIENCE + 1):
            try:
                answer = self._pool.request("GET", url, headers=self._authorized(url, headers), redirect=False)
            except urllib3.exceptions.HTTPError as error:
                raise errors.EndpointFailed(endpoint=self._endpoint, reason=type(error).__name__) from error
            if answer.status != 503 or attempt == PATIENCE:
                break
            if attempt == 1:
                say("waiting for the database to wake")
            time.sleep(min(float(_digits(answer.headers.get("Retry-After"))), 30))
        if answer.status not in (200, 206):
            raise self._error(answer)
        return answer

    def _authorized(self, url: str, headers: dict[str, str]) -> dict[str, str]:
        if self._token:
            return headers | {"Authorization": f"Bearer {self._token}"}
        return headers if self._here else signed("GET", url, headers)

    def _error(self, answer: Any) -> errors.CargoholdError:
        """Return the error that a problem names, with the message that it came with."""
        try:
            found = Told.model_validate_json(answer.data)
        except ValueError:
            return errors.EndpointFailed(endpoint=self._endpoint, reason=f"HTTP status {answer.status}")
        kind = CODES.get(found.code)
        if kind is None:
            return errors.EndpointFailed(endpoint=self._endpoint, reason=found.detail)
        error = kind.__new__(kind, found.detail)
        error.fields = {}
        return error


class Told(BaseModel):
    """What is needed of a problem."""

    code: str
    detail: str


CODES: dict[str, type[errors.CargoholdError]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.CargoholdError)
}


def _packages(wanted: PackageFilter, scopes: tuple[Scope, ...]) -> dict[str, Any]:
    names = ("name", "version", "type", "purl", "source", "contains", "license")
    asked = {name: getattr(wanted, name) for name in names if getattr(wanted, name) is not None}
    if wanted.versions:
        asked["version"] = ",".join(f"{bound.operator}{bound.version}" for bound in wanted.versions)
    return asked | {"scope": _scope(scopes)}


def _scope(scopes: tuple[Scope, ...]) -> str:
    return scopes[0].value if len(scopes) == 1 else "all"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _digits(value: str | None) -> str:
    return value if value is not None and value.isdecimal() else "5"
