"""A process that uses a cache directory as functions do, until its standard input ends: ROOT QUOTA BLOB_QUOTA SEED.

It writes a line when it has begun, and what it counted as JSON in the end. Every value tells what it must be, so a
wrong one is noticed by whoever reads it: the exit code is then 3.
"""

import hashlib
import json
import random
import select
import sys
from functools import cache

from analyze.cache.blobs import BlobCache, BlobLost
from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache

ABANDONED = 2.0
RECORDS, BLOBS = 60, 40
LARGEST = 300_000
WRONG = 3
_PART = 16 << 10


def record(number: int, edition: int) -> bytes:
    """Return an edition of a value: what it is, and bytes that follow from that."""
    name = f"{number} {edition}\n".encode()
    return name + hashlib.shake_128(name).digest(1000 + number * 7919 % 60_000)


@cache
def blob(number: int) -> tuple[str, bytes]:
    """Return a blob and its digest."""
    content = hashlib.shake_128(b"blob %d" % number).digest(50_000 + number * 104_729 % (LARGEST - 50_000))
    return f"sha256:{hashlib.sha256(content).hexdigest()}", content


def is_right(number: int, value: bytes) -> bool:
    """Tell whether a value is any edition of the one that was asked for."""
    stated, edition = value.partition(b"\n")[0].split()
    return int(stated) == number and value == record(number, int(edition))


def key(number: int) -> str:
    """Return the key of a value."""
    return hashlib.sha256(b"record %d" % number).hexdigest()


def use(directory: CacheDirectory, choose: random.Random) -> bool:
    """Do one thing, and tell whether what came back was right."""
    values, blobs = DiskCache(directory), BlobCache(directory)
    match choose.randrange(5):
        case 0:
            number = choose.randrange(RECORDS)
            values.put(key(number), record(number, choose.randrange(1000)))
        case 1 | 2:
            number = choose.randrange(RECORDS)
            value = values.get(key(number))
            return value is None or is_right(number, value)
        case 3:
            digest, content = blob(choose.randrange(BLOBS))
            draft = blobs.keep(digest, len(content))
            if draft is not None:
                cut = choose.random() < 0.2  # a download that breaks off, or is another than was promised
                for at in range(0, len(content) // (2 if cut else 1), _PART):
                    draft.write(content[at : at + _PART])
                if cut:
                    draft.drop()
                draft.keep()
        case _:
            digest, content = blob(choose.randrange(BLOBS))
            with blobs.open(digest, len(content)) as parts:
                try:
                    return parts is None or b"".join(parts) == content
                except BlobLost:
                    return True
    return True


def main(root: str, quota: str, blob_quota: str, seed: str) -> int:
    """Use the cache until standard input ends."""
    directory = CacheDirectory(root, quota=int(quota), blob_quota=int(blob_quota), abandoned=ABANDONED)
    choose = random.Random(int(seed))
    begun = False
    while not select.select([sys.stdin], [], [], 0)[0]:
        if not use(directory, choose):
            return WRONG
        if not begun and directory.counters.hits and directory.counters.stored:
            begun = True
            sys.stdout.write("begun\n")
            sys.stdout.flush()
    counters = directory.counters
    sys.stdout.write(json.dumps(counters.snapshot() | {"by_name": counters.errors}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
