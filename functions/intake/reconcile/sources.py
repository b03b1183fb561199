"""The two ways in which registries tell what they have: the OCI protocol, and ECR's own API."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from cargohold.errors import ImageNotFound
from cargohold.registry import ecr
from cargohold.registry.document import Registry
from cargohold.registry.listing import Listing, children_of

_AT_ONCE = 4  # requests


class Source(Protocol):
    """Lists a registry, a repository at a time. Everything raises what `Listing` raises."""

    def repositories(self) -> list[str] | None:
        """Return all repositories; None when the registry does not tell."""

    def tags(self, repository: str) -> list[str]:
        """Return the tags of a repository; none when it is gone."""

    def digests(self, repository: str, names: Iterable[str]) -> dict[str, str | None]:
        """Return the digest that each tag or digest names; None for one that names nothing."""

    def pushed_at(self, digest: str) -> datetime | None:
        """Return when a digest of the repository listed last was pushed, if the registry tells."""

    def children(self, repository: str, digest: str) -> list[str]:
        """Return the digests in an index; none when it is not one."""


class OciSource:
    """By the protocol: a request for each tag."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self.repositories = listing.repositories
        self.tags = listing.tags
        self.children = listing.children

    def digests(self, repository: str, names: Iterable[str]) -> dict[str, str | None]:
        """See `Source`."""
        asked = list(names)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(asked, pool.map(lambda name: self._listing.digest(repository, name), asked), strict=True))

    def pushed_at(self, digest: str) -> datetime | None:  # noqa: ARG002 -- the protocol has no times
        """See `Source`."""
        return None


class EcrSource:
    """By ECR's API, which tells all of a repository at once."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._repository = ""
        self._tags: dict[str, str] = {}
        self._pushed: dict[str, datetime] = {}

    def repositories(self) -> list[str] | None:
        """See `Source`."""
        return ecr.repositories(self._host)

    def tags(self, repository: str) -> list[str]:
        """See `Source`."""
        try:
            images = ecr.images(self._host, repository)
        except ImageNotFound:
            images = []
        self._repository = repository
        self._tags = {tag: image.digest for image in images for tag in image.tags}
        self._pushed = {image.digest: image.pushed_at for image in images}
        return list(self._tags)

    def digests(self, repository: str, names: Iterable[str]) -> dict[str, str | None]:
        """See `Source`."""
        if repository != self._repository:
            self.tags(repository)
        return {name: self._tags.get(name) or (name if name in self._pushed else None) for name in names}

    def pushed_at(self, digest: str) -> datetime | None:
        """See `Source`."""
        return self._pushed.get(digest)

    def children(self, repository: str, digest: str) -> list[str]:
        """See `Source`."""
        return children_of(ecr.manifest(self._host, repository, digest).encode())


@contextmanager
def open_source(registry: Registry) -> Iterator[Source]:
    """Open the source of a registry; it is closed at the end."""
    if registry.uses_ecr:
        yield EcrSource(registry.host)
        return
    with Listing(registry) as listing:
        yield OciSource(listing)
