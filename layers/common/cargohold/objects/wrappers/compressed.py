"""Compression with Zstandard over any store, deterministic. `docs/formats/objects.md` describes the result.

What is stored is the content, compressed or as it is, and a trailer with size and SHA-256 of the
content as put. Content that is short or compressed already is stored as it is.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain

from cargohold.errors import ObjectCorrupt
from cargohold.objects.store import CHUNK, ObjectInfo, ObjectReader, ObjectStore, Warmth
from cargohold.objects.streams import Hashed, VerifiedReader, chunked, without_end
from cargohold.objects.trailer import SIZE, Method, Trailer, decode

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MINIMUM = 512  # bytes: below, the frame is no smaller than the content

_LEVEL = 3
_WINDOW_LOG = 21  # what level 3 uses; a reader needs no more than 2 MiB
_MAXIMUM_WINDOW_LOG = 23
# zstd, gzip, xz, bzip2 (its "1AY&SY" comes later), zip: RFC 8878, RFC 1952, and the formats' own documents.
_COMPRESSED = (b"\x28\xb5\x2f\xfd", b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh", b"PK\x03\x04")


class CompressedStore(ObjectStore):
    """See `ObjectStore`; wraps another one. `list` gives no SHA-256 and sizes as stored."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.name = store.name
        self.if_absent_waits = store.if_absent_waits

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        hashed = Hashed(content)
        self._store.put(key, _stored(hashed), if_absent=if_absent)
        return hashed.info(key)

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        with self._store.get(key) as stored:
            parts: Iterable[bytes]
            if stored.info.size <= CHUNK:  # one request for both
                whole = stored.read()
                trailer, parts = _checked(self.at(key), whole[-SIZE:]), (whole[:-SIZE],)
            else:
                trailer, parts = self._trailer(key), without_end(stored, SIZE)
            if trailer.method is Method.ZSTANDARD:
                parts = _decompressed(self.at(key), parts, trailer.size)
            yield VerifiedReader(ObjectInfo(key, trailer.size, trailer.sha256), parts, self.name)

    def head(self, key: str) -> ObjectInfo:
        trailer = self._trailer(key)
        return ObjectInfo(key, trailer.size, trailer.sha256)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        for info in self._store.list(prefix):
            yield ObjectInfo(info.key, info.size, "")

    def tail(self, key: str, size: int) -> bytes:
        trailer = self._trailer(key)
        if trailer.method is Method.AS_IS:
            return self._store.tail(key, size + SIZE)[:-SIZE]
        return super().tail(key, size)

    def link(self, key: str, seconds: int) -> str | None:
        return self._store.link(key, seconds)

    def sweep(self, older_than: timedelta) -> int:
        return self._store.sweep(older_than)

    def warm(self, keys: Iterable[str]) -> Warmth:
        return self._store.warm(keys)

    def _trailer(self, key: str) -> Trailer:
        return _checked(self.at(key), self._store.tail(key, SIZE))


def _checked(what: str, raw: bytes) -> Trailer:
    trailer = decode(raw)
    if trailer is None:
        raise ObjectCorrupt(key=what, expected="a trailer at the end", actual="none")
    return trailer


def _stored(hashed: Hashed) -> Iterator[bytes]:
    # Chunks of one size: the compressor's output may depend on how its input is cut.
    chunks = chunked(hashed, CHUNK)
    first = next(chunks, b"")
    if len(first) < MINIMUM or first.startswith(_COMPRESSED):
        yield from chain((first,), chunks)
        yield Trailer(hashed.size, hashed.sha256, Method.AS_IS).encode()
        return
    yield from compressed(chain((first,), chunks))
    yield Trailer(hashed.size, hashed.sha256, Method.ZSTANDARD).encode()


def compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the Zstandard frame of a content; the same one however it comes in chunks of one size."""
    parameters = zstd.CompressionParameter
    compressor = zstd.ZstdCompressor(
        options={parameters.compression_level: _LEVEL, parameters.window_log: _WINDOW_LOG, parameters.checksum_flag: 1}
    )
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


def _decompressed(what: str, parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    decompressor = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _MAXIMUM_WINDOW_LOG})
    produced = 0
    try:
        for part in parts:
            if decompressor.eof:
                raise ObjectCorrupt(key=what, expected="one frame", actual="more")
            data = decompressor.decompress(part, max_length=CHUNK)
            while True:
                produced += len(data)
                yield data
                # What exceeds `size` is not worth the work: the reader refuses it.
                if produced > size or decompressor.needs_input or decompressor.eof:
                    break
                data = decompressor.decompress(b"", max_length=CHUNK)
    except zstd.ZstdError as error:
        raise ObjectCorrupt(key=what, expected="a Zstandard frame", actual=str(error)) from error
    if not decompressor.eof or decompressor.unused_data:
        raise ObjectCorrupt(key=what, expected="one whole frame", actual="something else")
