"""Streams that drivers and wrappers share: hashing on the way in, verifying on the way out."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from cargohold.errors import ObjectCorrupt
from cargohold.objects.store import CHUNK, ObjectInfo


class Hashed:
    """Iterates `content` and knows the size and SHA-256 of what went by."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._content = content
        self._hash = sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._content:
            self._hash.update(part)
            self.size += len(part)
            yield part

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def info(self, key: str) -> ObjectInfo:
        """Return what to record of the object."""
        return ObjectInfo(key, self.size, self.sha256)


def chunked(content: Iterable[bytes], size: int = CHUNK) -> Iterator[bytes]:
    """Yield the same bytes in chunks of exactly `size`, the last one shorter; nothing for no bytes."""
    held: list[bytes | memoryview] = []
    length = 0
    for part in content:
        view = memoryview(part)
        while length + len(view) >= size:
            held.append(view[: size - length])
            yield b"".join(held)
            view = view[size - length :]
            held, length = [], 0
        if view:
            held.append(view)
            length += len(view)
    if held:
        yield b"".join(held)


class VerifiedReader:
    """Hands on `parts` and raises `ObjectCorrupt`, before the last one, when they are not what `info` says."""

    def __init__(self, info: ObjectInfo, parts: Iterable[bytes], store: str = "") -> None:
        self.info = info
        self._what = f"{store}/{info.key}" if store else info.key
        self._parts = self._verified(parts)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer at the end; all that are left by default."""
        if size < 0:
            rest, self._rest = self._rest, b""
            return rest + b"".join(self._parts)
        collected = [self._rest[:size]]
        wanted = size - len(collected[0])
        self._rest = self._rest[size:]
        while wanted:
            part = next(self._parts, None)
            if part is None:
                break
            collected.append(part[:wanted])
            self._rest = part[wanted:]
            wanted -= len(collected[-1])
        return b"".join(collected)

    def __iter__(self) -> Iterator[bytes]:
        if self._rest:
            rest, self._rest = self._rest, b""
            yield rest
        yield from self._parts

    def _verified(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        digest, size, held = sha256(), 0, None
        for part in parts:
            if not part:
                continue
            digest.update(part)
            size += len(part)
            if size > self.info.size:
                raise ObjectCorrupt(key=self._what, expected=f"{self.info.size} bytes", actual="more")
            if held is not None:
                yield held
            held = part
        if size != self.info.size:
            raise ObjectCorrupt(key=self._what, expected=f"{self.info.size} bytes", actual=f"{size} bytes")
        if digest.hexdigest() != self.info.sha256:
            raise ObjectCorrupt(
                key=self._what, expected=f"SHA-256 {self.info.sha256}", actual=f"SHA-256 {digest.hexdigest()}"
            )
        if held is not None:
            yield held


def without_end(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield `parts` without their last `size` bytes."""
    held = b""
    for part in parts:
        held += part
        if len(held) > size:
            yield held[:-size]
            held = held[-size:]
