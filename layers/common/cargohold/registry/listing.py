"""What a registry has: repositories, tags, and which digest a tag names (OCI distribution-spec, "Content Discovery").

The catalog is CNCF distribution's (`GET /v2/_catalog`); many registries have none, or not for everybody.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from cargohold import digests
from cargohold.errors import ImageNotFound, RegistryUnavailable, Unauthorized
from cargohold.registry.authentication import Authenticator
from cargohold.registry.client import MANIFEST_TYPES, serving_host
from cargohold.registry.document import Registry
from cargohold.registry.http import Answer, Session
from cargohold.registry.patience import Patience
from cargohold.registry.reference import is_repository, is_tag

_PAGE = 4 << 20  # bytes of one answer
_PAGES = 10_000
_ENTRIES = 1000  # asked for in one answer; registries give fewer as they like
_MANIFEST = 4 << 20  # bytes
_REFUSED = frozenset((400, 401, 403, 404, 405, 501))

_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel\s*=\s*"?next"?', re.IGNORECASE)


class Listing:
    """Lists one registry. Safe for threads; close it when done.

    Everything raises `Unauthorized`, `RateLimited`, `RegistryUnavailable`, `AddressForbidden`.
    """

    def __init__(self, registry: Registry, patience: Patience | None = None) -> None:
        self._registry = registry
        host = serving_host(registry.host)
        self._session = Session(registry, host, patience or Patience())
        self._authenticator = Authenticator(self._session)
        self._base = f"{'http' if registry.insecure_http else 'https'}://{host}/v2/"

    def __enter__(self) -> "Listing":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def ping(self) -> str:
        """Return how the registry knows its client, in words; that it answers at all is the rest of the news."""
        answer = self._authenticator.request("GET", self._base, "", limit=_PAGE)
        if answer.status in (401, 403):
            raise Unauthorized(registry=self._registry.host, repository="its API")
        if answer.status != 200:
            raise RegistryUnavailable(registry=self._registry.host, reason=f"/v2/ answers with status {answer.status}")
        return self._authenticator.how

    def repositories(self) -> list[str] | None:
        """Return the names in the catalog; None when there is none for this client."""
        found: list[str] = []
        try:
            for answer in self._pages(f"_catalog?n={_ENTRIES}", "registry:catalog:*"):
                if answer.status in _REFUSED:
                    return None
                found += [name for name in self._listed(answer, "repositories") if is_repository(name)]
        except Unauthorized:
            return None
        return found

    def tags(self, repository: str) -> list[str]:
        """Return the tags of a repository; none when there is no such repository."""
        found: list[str] = []
        for answer in self._pages(f"{repository}/tags/list?n={_ENTRIES}", f"repository:{repository}:pull"):
            if answer.status in (404, 410):
                return []
            found += [tag for tag in self._listed(answer, "tags", repository) if is_tag(tag)]
        return found

    def digest(self, repository: str, name: str) -> str | None:
        """Return the digest of what a tag or a digest names; None when it names nothing."""
        url = f"{self._base}{repository}/manifests/{name}"
        scope = f"repository:{repository}:pull"
        headers = {"Accept": ", ".join(MANIFEST_TYPES)}
        answer = self._authenticator.request("HEAD", url, scope, headers=headers, limit=0)
        given = answer.headers.get("Docker-Content-Digest", "")
        if answer.status == 200 and not digests.is_digest(given):
            answer = self._authenticator.request("GET", url, scope, headers=headers, limit=_MANIFEST)
            given = digests.of(answer.body)
        if answer.status in (404, 410):
            return None
        self._check(answer, repository)
        return given

    def children(self, repository: str, digest: str) -> list[str]:
        """Return the digests in an index; none when it is a manifest, or nothing that can be read."""
        url = f"{self._base}{repository}/manifests/{digest}"
        headers = {"Accept": ", ".join(MANIFEST_TYPES)}
        answer = self._authenticator.request(
            "GET", url, f"repository:{repository}:pull", headers=headers, limit=_MANIFEST
        )
        return children_of(answer.body) if answer.status == 200 else []

    def _pages(self, path: str, scope: str) -> Iterator[Answer]:
        url = self._base + path
        seen: set[str] = set()
        while url not in seen and len(seen) < _PAGES:
            seen.add(url)
            answer = self._authenticator.request("GET", url, scope, limit=_PAGE)
            yield answer
            link = _NEXT.search(answer.headers.get("Link", ""))
            if answer.status != 200 or not link:
                return
            following = urljoin(url, link[1])
            # A page of another host would be asked for with the credentials of this one.
            if urlsplit(following)[:2] != urlsplit(url)[:2]:
                raise RegistryUnavailable(registry=self._registry.host, reason="its list goes on at another host")
            url = following

    def _listed(self, answer: Answer, name: str, repository: str = "its catalog") -> list[str]:
        self._check(answer, repository)
        names = None if answer.cut else _object(answer.body).get(name, [])
        if names is None and not answer.cut:
            return []  # as distribution writes a list without anything
        if not isinstance(names, list):
            raise RegistryUnavailable(registry=self._registry.host, reason=f"its list of {name} cannot be read")
        return [each for each in names if isinstance(each, str)]

    def _check(self, answer: Answer, repository: str) -> None:
        if answer.status in (401, 403):
            raise Unauthorized(registry=self._registry.host, repository=repository)
        if answer.status in (404, 410):
            raise ImageNotFound(reference=f"{self._registry.host}/{repository}")
        if answer.status != 200:
            raise RegistryUnavailable(registry=self._registry.host, reason=f"status {answer.status}")


def children_of(index: bytes) -> list[str]:
    """Return the digests in an index; none when it is a manifest, or nothing that can be read."""
    listed = _object(index).get("manifests")
    found = [child.get("digest") for child in listed if isinstance(child, dict)] if isinstance(listed, list) else []
    return [child for child in found if isinstance(child, str) and digests.is_digest(child)]


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
