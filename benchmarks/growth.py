"""`python -m benchmarks.growth`: the most memory that one very large layer takes, of many entries and of many bytes.

The layers are generated while they are read and never stored. Each is walked by every cataloger in a process of its
own, and its record is stored, loaded and merged, as analyze does. The target is 512 MiB.
"""

import argparse
import gzip
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from random import Random

from benchmarks.speed.measure import run

TARGET = 512  # MiB
_DIRECTORY = 1000  # files in each
_BLOCK = 4 << 20
_GATHERED = 1 << 20


def entries(count: int) -> Iterator[bytes]:
    """Yield a gzip layer of this many small files, a thousand in a directory."""
    pending = bytearray()
    for number in range(count):
        name = f"srv/part{number // _DIRECTORY:06}/file-{number:09}.txt"
        content = b"%d\n" % number
        pending += _header(name, len(content)) + content.ljust(512, b"\0")
        if len(pending) >= _GATHERED:
            yield gzip.compress(pending, 1)
            pending.clear()
    yield gzip.compress(bytes(pending) + bytes(1024), 1)


def stream(size: int) -> Iterator[bytes]:
    """Yield a gzip layer of one file of this many bytes, in whole blocks: pseudo-random hexadecimal, about 1.8 to 1."""
    random = Random(0)
    blocks = [gzip.compress(random.randbytes(_BLOCK // 2).hex().encode(), 1) for _ in range(4)]
    count = size // _BLOCK
    yield gzip.compress(_header("srv/data", count * _BLOCK))
    for number in range(count):
        yield blocks[number % len(blocks)]
    yield gzip.compress(bytes(1024))


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)


def walk(parts: Iterator[bytes]) -> None:
    """Do with a layer what analyze does, and print how many entries and bytes it has."""
    from analyze.catalogers import CATALOGERS
    from analyze.image.assemble import assemble
    from analyze.layer.codec import decode, encode
    from analyze.layer.walk import walk_layer
    from analyze.limits import DEFAULT
    from analyze.scratch import Scratch

    with (
        tempfile.TemporaryDirectory() as directory,
        Scratch(directory, "growth", budget=1 << 30, memory=48 << 20) as scratch,
    ):
        record = walk_layer(parts, blob_digest="", diff_id="", catalogers=CATALOGERS, limits=DEFAULT, scratch=scratch)
    stored = encode(record)
    size = record.uncompressed_size
    del record
    result = assemble([decode(stored)], CATALOGERS, b"{}")
    count = sum(1 for _ in result.files())
    print(f"{count:,} files, {size:,} bytes, a record of {len(stored):,} bytes")


def main() -> int:
    """Measure both layers at a tenth and at their full size; 1 when one takes more than the target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--walk", choices=["entries", "stream"], help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.walk:
        walk({"entries": entries, "stream": stream}[options.walk](options.size))
        return 0
    missed = False
    for kind, size in (("entries", options.entries), ("stream", int(options.gigabytes * 1e9))):
        for part in (size // 10, size):
            command = [sys.executable, "-m", "benchmarks.growth", "--walk", kind, "--size", str(part)]
            one = run(command, keep=True)
            missed |= one.memory > TARGET
            print(
                f"{kind}: {one.output.decode().strip()}; {one.wall:.1f} s, {one.cpu:.1f} s CPU, "
                f"{one.memory:.0f} MiB, scratch {one.scratch:.0f} MiB",
                flush=True,
            )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
