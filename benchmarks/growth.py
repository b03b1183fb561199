"""`python -m benchmarks.growth`: the most memory that one very large layer takes, of many entries and of many bytes.

The layers are generated while they are read and never stored. Each is walked by every cataloger in a process of its
own, and its record is stored, loaded and merged, as analyze does. The target is 512 MiB. A layer of ten million entries
is more than one may have, and is refused; two layers that together have all the entries that an image may have, with
long names below a link that the lower one makes, are what the limits and the function's memory have to agree about,
and so are three layers that together have as many secrets as may be found in an image, the lower two of them hidden.
"""

import argparse
import gzip
import string
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from benchmarks.speed.measure import run

TARGET = 512  # MiB
_DIRECTORY = 1000  # files in each
_BLOCK = 4 << 20
_GATHERED = 1 << 20
_SECRETS = 200  # in each file


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


def flood(count: int) -> Iterator[bytes]:
    """Yield a gzip layer of this many empty files, all of different names, at little cost."""
    return _numbered(count, "srv/0000", "")


def upper(count: int) -> Iterator[bytes]:
    """Yield a layer of empty files with names of 100 bytes below `in`, where `lower` has a link."""
    return _numbered(count, "in/0000", "x" * 80)


def lower(count: int) -> Iterator[bytes]:
    """Yield a layer of as many files with names of 100 bytes, and a link."""
    link = tarfile.TarInfo("in")
    link.type, link.linkname = tarfile.SYMTYPE, "srv"
    yield gzip.compress(link.tobuf(tarfile.GNU_FORMAT))
    yield from _numbered(count, "in-0000", "x" * 80)


def secrets(count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield a gzip layer with this many tokens, as many in a file as are kept of one."""
    random = Random(seed)
    alphabet = string.ascii_letters + string.digits
    tokens = "".join(f"token = gh{'p'}_{''.join(random.choices(alphabet, k=36))}\n" for _ in range(_SECRETS))
    content = tokens.encode() + bytes(-len(tokens) % 512)
    for start in range(0, count // _SECRETS, _DIRECTORY):
        numbers = range(start, min(start + _DIRECTORY, count // _SECRETS))
        members = (_header(f"srv/{number:06}", len(tokens)) + content for number in numbers)
        yield gzip.compress(b"".join(members), 1)
    yield gzip.compress(bytes(1024), 1)


def _numbered(count: int, directory: str, padding: str) -> Iterator[bytes]:
    """Yield directories of a thousand files. One is made and the others are it with other digits, for speed."""
    made: dict[int, bytes] = {}  # by the sum of the digits, which decides the checksums of headers
    assert count <= 10_000 * _DIRECTORY
    for number in range(count // _DIRECTORY):
        digits = f"{number:04}"
        total = sum(map(int, digits))
        if total not in made:
            alike = next(str(one).zfill(4) for one in range(10_000) if sum(map(int, f"{one:04}")) == total)
            names = (f"{directory[:-4]}{alike}/{index:03}{padding}" for index in range(_DIRECTORY))
            made[total] = b"".join(_header(name, 0) for name in names).replace(
                f"{directory[:-4]}{alike}/".encode(), f"{directory[:-4]}\0\0\0\0/".encode()
            )
        yield gzip.compress(made[total].replace(b"\0\0\0\0/", f"{digits}/".encode()), 1)
    yield gzip.compress(bytes(1024), 1)


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)


def walk(*layers: Iterator[bytes]) -> None:
    """Do with an image's layers what analyze does, and print how many entries, bytes and secrets they have."""
    from analyze.catalogers import CATALOGERS
    from analyze.catalogers.secrets import SecretScanner
    from analyze.catalogers.secrets.allowed import Allowed
    from analyze.image.assemble import assemble
    from analyze.image.lines import file_lines
    from analyze.layer.codec import decode, encode
    from analyze.layer.walk import walk_layer
    from analyze.limits import DEFAULT
    from analyze.scratch import Scratch
    from analyze.searched import find_secrets
    from cargohold.errors import ImageTooLarge

    scanner = SecretScanner()
    catalogers = (*CATALOGERS, scanner)
    records, size, stored = [], 0, 0
    for parts in layers:
        with (
            tempfile.TemporaryDirectory() as directory,
            Scratch(directory, "growth", budget=1 << 30, memory=48 << 20) as scratch,
        ):
            try:
                record = walk_layer(
                    parts, blob_digest="", diff_id="", catalogers=catalogers, limits=DEFAULT, scratch=scratch
                )
            except ImageTooLarge as refused:
                print(f"{refused.code}: {refused}")
                return
        content = encode(record)
        size += record.uncompressed_size
        stored += len(content)
        del record
        records.append(decode(content))
    result = assemble(records, catalogers, b"{}")
    count = sum(bytes(lines).count(b"\n") for lines in file_lines(result.merged))
    found = sum(1 for _ in find_secrets(result, b"{}", scanner, Allowed()))
    print(f"{count:,} files, {size:,} bytes, {found:,} secrets, records of {stored:,} bytes")


def main() -> int:
    """Measure layers at a tenth and at their full size, and the limits; 1 when a layer takes more than the target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--walk", choices=["entries", "stream", "flood", "image", "secrets"], help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.walk:
        makers: tuple[Callable[[int], Iterator[bytes]], ...] = {
            "image": (lower, upper),
            "entries": (entries,),
            "stream": (stream,),
            "flood": (flood,),
            "secrets": tuple(partial(secrets, seed=layer) for layer in range(3)),
        }[options.walk]
        walk(*(make(options.size // len(makers)) for make in makers))
        return 0
    missed = False
    for kind, size in (("entries", options.entries), ("stream", int(options.gigabytes * 1e9))):
        for part in (size // 10, size):
            missed |= _measured(kind, part) > TARGET
    _measured("flood", 10_000_000)
    _measured("image", 2_998_000)  # and a link: just below the limit of entries of an image
    _measured("secrets", 3_150_000)  # as many as `section_facts` and `image_facts` let be
    return int(missed)


def _measured(kind: str, size: int) -> float:
    """Print what walking takes in a process of its own, and return its memory in MiB."""
    command = [sys.executable, "-m", "benchmarks.growth", "--walk", kind, "--size", str(size)]
    one = run(command, keep=True)
    print(
        f"{kind}: {one.output.decode().strip()}; {one.wall:.1f} s, {one.cpu:.1f} s CPU, "
        f"{one.memory:.0f} MiB, scratch {one.scratch:.0f} MiB",
        flush=True,
    )
    return one.memory


if __name__ == "__main__":
    sys.exit(main())
