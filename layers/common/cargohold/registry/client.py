"""Reading one repository of a registry (OCI distribution-spec, "Pull")."""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager

import orjson

from cargohold import digests
from cargohold.errors import (
    DigestMismatch,
    ImageArchivedInRegistry,
    ImageNotFound,
    ImageTooLarge,
    LayerUnavailable,
    RegistryUnavailable,
    Unauthorized,
)
from cargohold.registry.authentication import Authenticator
from cargohold.registry.blobs import open_stream
from cargohold.registry.document import Registry
from cargohold.registry.http import Answer, Session, origin_free
from cargohold.registry.manifest import Manifest
from cargohold.registry.patience import Patience
from cargohold.registry.reference import DOCKER_HUB

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


_ECR_IPV4 = re.compile(r"(\d{12})\.dkr\.ecr(-fips)?\.([a-z0-9-]+)\.amazonaws\.com")


def serving_host(host: str) -> str:
    """Return the host that serves a registry.

    Docker Hub's name is not that of its API. ECR's usual host has IPv4 addresses only; where the SDK is
    told to use dual-stack endpoints there may be no way to those, so its dual-stack host is taken
    (Amazon ECR user guide, "Making requests over IPv6").
    """
    if host == DOCKER_HUB:
        return "registry-1.docker.io"
    match = _ECR_IPV4.fullmatch(host)
    if match and os.environ.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true":
        return f"{match[1]}.dkr-ecr{match[2] or ''}.{match[3]}.on.aws"
    return host


class RegistryClient:
    """Reads manifests and blobs of one repository. Safe for threads; close it when done."""

    def __init__(self, registry: Registry, repository: str, patience: Patience | None = None) -> None:
        self._registry = registry
        self._repository = repository
        host = serving_host(registry.host)
        self._session = Session(registry, host, patience or Patience())
        self._authenticator = Authenticator(self._session)
        self._base = f"{'http' if registry.insecure_http else 'https'}://{host}/v2/{repository}"
        self._scope = f"repository:{repository}:pull"

    def __enter__(self) -> "RegistryClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def manifest(self, name: str, limit: int) -> Manifest:
        """Return what a tag or a digest names, at most `limit` bytes, verified over the exact bytes.

        Raises `ImageNotFound`, `Unauthorized`, `DigestMismatch`, `ImageTooLarge`,
        `ImageArchivedInRegistry`, `RateLimited`, `RegistryUnavailable`, `AddressForbidden`.
        """
        what = self._named(name)
        answer = self._get(f"/manifests/{name}", {"Accept": ", ".join(MANIFEST_TYPES)}, limit)
        if answer.status != 200:
            raise self._error(answer, what)
        if answer.cut:
            raise ImageTooLarge(what=f"The manifest of {what}", limit=limit, actual=f"more than {limit}")
        actual = digests.of(answer.body)
        expected = name if digests.is_digest(name) else answer.headers.get("Docker-Content-Digest", "")
        if expected != actual and digests.is_digest(expected):
            raise DigestMismatch(what=f"the manifest of {what}", expected=expected, actual=actual)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        return Manifest(answer.body, media_type, actual)

    def blob(self, digest: str, size: int, limit: int) -> bytes:
        """Return a small blob (a config), verified. Raises as `manifest` does."""
        what = self._named(digest)
        if size > limit:
            raise ImageTooLarge(what=f"The blob {digest}", limit=limit, actual=size)
        answer = self._get(f"/blobs/{digest}", {}, limit)
        if answer.status != 200:
            raise self._error(answer, what)
        actual = digests.of(answer.body)
        if answer.cut or actual != digest:
            raise DigestMismatch(what=f"the blob {digest}", expected=digest, actual=actual)
        return answer.body

    def open_blob(self, digest: str, size: int) -> AbstractContextManager[Iterator[bytes]]:
        """Open a blob as a stream of parts of at most 1 MiB, resumed by `Range` when its connection breaks.

        Its length is checked against `size`, its digest is left to the reader. Raises
        `LayerUnavailable`, `TruncatedContent`, `DigestMismatch` and as `manifest` does.
        """

        def at(offset: int) -> Answer:
            headers = {"Range": f"bytes={offset}-"} if offset else {}
            answer = self._get(f"/blobs/{digest}", headers, None)
            if answer.status in (200, 206, 416):
                return answer
            if answer.status in (404, 410):
                raise LayerUnavailable(digest=digest, reason=f"{self._registry.host} does not have it")
            raise self._error(answer, self._named(digest))

        return open_stream(at, what=f"the blob {digest}", size=size, patience=self._session.patience)

    def _get(self, path: str, headers: dict[str, str], limit: int | None) -> Answer:
        return self._authenticator.request("GET", self._base + path, self._scope, headers=headers, limit=limit)

    def _named(self, name: str) -> str:
        return f"{self._registry.host}/{self._repository}{'@' if digests.is_digest(name) else ':'}{name}"

    def _error(
        self, answer: Answer, what: str
    ) -> Unauthorized | ImageNotFound | ImageArchivedInRegistry | RegistryUnavailable:
        codes, text = _problems(answer.body)
        foreign = origin_free(answer.url) != origin_free(self._base)
        if answer.status in (400, 404) and "archive" in text:
            return ImageArchivedInRegistry(reference=what)
        if answer.status in (401, 403) and not foreign:
            return Unauthorized(registry=self._registry.host, repository=self._repository)
        if answer.status in (404, 410):
            return ImageNotFound(reference=what)
        reason = " ".join([f"status {answer.status}", *codes])
        return RegistryUnavailable(registry=self._registry.host, reason=reason)


def _problems(body: bytes) -> tuple[list[str], str]:
    """Return the codes of an error answer (distribution-spec, "Error Codes") and all its text, in lower case."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [], ""
    errors = content.get("errors") if isinstance(content, dict) else None
    listed = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    codes = [str(each.get("code", ""))[:64] for each in listed[:4]]
    text = " ".join(f"{each.get('code', '')} {each.get('message', '')}" for each in listed).lower()
    return [code for code in codes if code.replace("_", "").isalnum()], text
