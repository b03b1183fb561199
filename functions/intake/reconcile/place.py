"""Where a run stopped, as text: after a repository, or after a tag or a digest within one."""

from dataclasses import dataclass

from cargohold.digests import is_digest
from cargohold.errors import InvalidMessage
from cargohold.registry.reference import is_repository, is_tag


@dataclass(frozen=True, slots=True)
class Place:
    """`repository` is done; with `tag` or `digest` it is done up to there, tags before digests."""

    repository: str = ""
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str` wrote; raises `InvalidMessage`."""
        repository, at, digest = text.partition("@")
        repository, colon, tag = repository.partition(":")
        right = not at or is_digest(digest)
        right &= not colon or is_tag(tag)
        if not right or not (is_repository(repository) or text == ""):
            raise InvalidMessage(reason=f"{text[:80]!r} is not a place where a run can go on")
        return cls(repository, tag, digest)

    def __str__(self) -> str:
        if self.digest:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag}" if self.tag else self.repository

    def is_before(self, repository: str) -> bool:
        """Tell whether there is something left to do in `repository`."""
        return repository > self.repository or (repository == self.repository and bool(self.tag or self.digest))
