"""The object store: the port that drivers implement and everything else uses.

Keys are immutable: an object that exists never changes, so a reader needs no lock and a retry of a
`put` is harmless. Names are `/`-separated segments of `[A-Za-z0-9._:=@+-]`, at most 512 bytes, no
segment `.` or `..`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from cargohold.digests import is_digest
from cargohold.errors import InvalidConfiguration

CHUNK = 1 << 20  # bytes a driver hands over at a time

_KEY = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._:=@+-]+(?:/[A-Za-z0-9._:=@+-]+)*")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store knows of an object. `size` and `sha256` (hexadecimal) are of the content as put."""

    key: str
    size: int
    sha256: str


class Warmth(StrEnum):
    """Whether an object can be read now."""

    READABLE = "readable"
    WARMING = "warming"


class ObjectReader(Protocol):
    """A verified stream: iterate it to the end, or `read` it in parts.

    The last read raises `ObjectCorrupt` when size or SHA-256 differ from what was put.
    """

    info: ObjectInfo

    def read(self, size: int = -1) -> bytes: ...

    def __iter__(self) -> Iterator[bytes]: ...


class ObjectStore(ABC):
    """Four verbs, two listings, one warm-up. Errors say by their class whether a retry can help."""

    name: str = ""  # for messages: the URL without its options
    if_absent_waits: bool = False  # a put with `if_absent` takes much longer: for whoever needs no lock

    def at(self, key: str) -> str:
        """Return what messages call an object."""
        return f"{self.name}/{key}" if self.name else key

    @abstractmethod
    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        """Store `content` under `key`, streamed, and return its size and SHA-256.

        The object appears whole or not at all. With `if_absent`, exactly one of several concurrent
        callers succeeds and the others get `ObjectExists`; without it an existing object is replaced.
        Raises `StoreUnavailable` (transient).
        """

    @abstractmethod
    def get(self, key: str) -> AbstractContextManager[ObjectReader]:
        """Open an object. Raises `ObjectNotFound`, `ObjectCold`, `ObjectCorrupt`, `StoreUnavailable`."""

    @abstractmethod
    def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object.

        Raises `ObjectNotFound`, `StoreUnavailable`; under compression also `ObjectCold` and
        `ObjectCorrupt`, as what is known lies in the object itself.
        """

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is removed already. Raises `StoreUnavailable`."""

    @abstractmethod
    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects whose key starts with `prefix`, in key order, without loading them all.

        Stores whose listings do not tell leave `sha256` empty, and `size` is then of the bytes as
        stored; `head` knows both. Raises `StoreUnavailable`.
        """

    def tail(self, key: str, size: int) -> bytes:
        """Return the last `size` bytes of an object, or all of a shorter one; they are not verified.

        Raises what `get` raises.
        """
        last = b""
        with self.get(key) as reader:
            for part in reader:
                last = (last + part)[-size:]
        return last

    def link(self, key: str, seconds: int) -> str | None:  # noqa: ARG002 -- for the stores that can
        """Return an address where anybody can read an object for so long, None where the store has none to give.

        It gives the object as it is stored: with trailers at its end, which readers of Zstandard skip. As good as a
        credential, it belongs into no log. Whether there is such an object is not looked at.
        """
        return None

    def sweep(self, older_than: timedelta) -> int:  # noqa: ARG002 -- for the stores that can leave something
        """Remove what uploads that were killed left behind, and return how many parts that were."""
        return 0

    def warm(self, keys: Iterable[str]) -> Warmth:  # noqa: ARG002 -- for the classes that need it
        """Ask for cold objects to become readable; `READABLE` when all of them are."""
        return Warmth.READABLE


def checked_key(key: str) -> str:
    """Return `key` when it is well formed; raise `InvalidConfiguration` otherwise."""
    if len(key) > 512 or not _KEY.fullmatch(key):
        raise InvalidConfiguration(setting="object key", reason=f"{key!r} is not a valid key")
    return key


def analysis_key(image: str, analysis_id: object, document: str) -> str:
    """Return the key of a document: derivable, so that no table needs to store it."""
    return f"analyses/{image}/{analysis_id}/{document}"


def parse_analysis_key(key: str) -> tuple[str, UUID, str] | None:
    """Return image, analysis id and document of a key of `analysis_key`, None for any other key."""
    prefix, image, identifier, document = [*key.split("/", 3), "", "", ""][:4]
    try:
        analysis_id = UUID(identifier)
    except ValueError:
        return None
    is_ours = prefix == "analyses" and is_digest(image) and analysis_id.version == 7
    return (image, analysis_id, document) if is_ours else None
