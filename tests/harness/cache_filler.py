"""A process that keeps more in a cache than its disk takes: ROOT. What it counted is written as JSON.

The exit code is 3 when a value was wrong, 4 when a file was left that belongs to nobody.
"""

import hashlib
import json
import os
import sys

from analyze.cache.blobs import BlobCache
from analyze.cache.directory import CacheDirectory, Kind
from analyze.cache.disk import DiskCache
from analyze.cache.upkeep import usage

WRONG, LEFT = 3, 4
_RECORD, _BLOB = 20_000, 60_000


def main(root: str) -> int:
    """Put, read back, make room on the disk, and put again."""
    directory = CacheDirectory(root, quota=1 << 30, blob_quota=1 << 29)
    values, blobs = DiskCache(directory), BlobCache(directory)
    kept = [number for number in range(80) if values.put(_key(number), _content(number, _RECORD))]
    digests = [digest for number in range(40) if (digest := _keep(blobs, number))]
    counted = directory.counters.snapshot() | {"by_name": dict(directory.counters.errors)}
    for number in range(80):
        value = values.get(_key(number))
        if value != (_content(number, _RECORD) if number in kept else None):
            return WRONG
    for digest in digests:
        with blobs.open(digest, _BLOB) as parts:
            if parts is None or f"sha256:{hashlib.sha256(b''.join(parts)).hexdigest()}" != digest:
                return WRONG
    left = usage(directory)
    if left.kinds[Kind.TEMPORARY].files or left.kinds[Kind.LEASE].files:
        return LEFT
    again = False
    if kept:
        for number in kept[:10]:
            os.unlink(directory.path(_key(number), Kind.RECORD))  # noqa: PTH108
        again = values.put(_key(100), b"room again")
    sys.stdout.write(json.dumps(counted | {"kept": len(kept), "blobs": len(digests), "again": again}))
    return 0


def _key(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def _content(number: int, size: int) -> bytes:
    return hashlib.shake_128(b"%d" % number).digest(size)


def _keep(blobs: BlobCache, number: int) -> str:
    content = _content(number, _BLOB)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    draft = blobs.keep(digest, len(content))
    if draft is None:
        return ""
    draft.write(content)
    return digest if draft.keep() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
