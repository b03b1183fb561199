"""Whole layers: mutated tars through the walk, the record and the assembly, with every cataloger."""

import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from backports import zstd

from analyze.catalogers import CATALOGERS
from analyze.catalogers.secrets import SecretScanner
from analyze.image.assemble import assemble
from analyze.layer.codec import decode, encode
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.errors import CargoholdError
from tests.fuzz.inputs import Input
from tests.fuzz.mutations import EDGES, LARGEST, PIECES, mutate_bytes
from tests.fuzz.oracle import Broken
from tests.harness import raw_tars as tars
from tests.harness.fixtures import tree

NAME = "layers"
_NAMES = [b"a", b"a/b", b"a/b/c", b"a/.wh.b", b"a/.wh..wh..opq", b".wh.a", b"etc/os-release", b"var/lib/dpkg/status"]
_NAMES += [
    b"../a",
    b"./a",
    b"/a",
    b"a//b",
    b"a/../b",
    b"",
    b".",
    b"\xff\xfe",
    b"a" * 99,
    b"a\nb",
    b".wh.",
    b".wh..wh.plnk",
]
_KINDS = b"012345670gxLKSVDMNXA\0 7"
_FIELDS = [
    (0, 100),
    (100, 8),
    (108, 8),
    (116, 8),
    (124, 12),
    (136, 12),
    (148, 8),
    (156, 1),
    (157, 100),
    (257, 8),
    (345, 155),
]


class Layers:
    """Makes tars of the catalogers' fixtures and of hostile members, and walks them."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._seeds = list(_seeds())
        self._catalogers = (*CATALOGERS, SecretScanner())
        self._scratch = tempfile.mkdtemp(prefix="fuzz-")

    def make(self, number: int) -> Input:
        """Return two layers as files: the mutated one and one that lies above or below it."""
        rng = Random(f"{self._seed}/{NAME}/{number}")
        content = rng.choice(self._seeds)
        for _ in range(rng.choice((1, 2, 3, 6))):
            content = (_mutate_members if rng.random() < 0.75 else mutate_bytes)(content, rng, self._seeds)[:LARGEST]
        if rng.random() < 0.2:
            content = gzip.compress(content, 1, mtime=0) if rng.random() < 0.5 else zstd.compress(content, 1)
            if rng.random() < 0.5:
                content = mutate_bytes(content, rng, self._seeds)
        return Input(b"layer", content, {b"other": rng.choice(self._seeds)} if rng.random() < 0.5 else {})

    def check(self, one: Input) -> None:
        """Walk the layers, store and load the records, and merge them both ways."""
        records = []
        with Scratch(self._scratch, "fuzz", budget=64 << 20, memory=8 << 20) as scratch:
            for content in (one.content, *one.beside.values()):
                try:
                    record = walk_layer(
                        [content[:1000], content[1000:]],
                        blob_digest="",
                        diff_id="",
                        catalogers=self._catalogers,
                        limits=DEFAULT,
                        scratch=scratch,
                    )
                except CargoholdError:
                    continue
                records.append(decode(encode(record)))
        for order in (records, records[::-1]) if len(records) > 1 else (records,):
            result = assemble(order, self._catalogers, b"{}")
            list(result.files())
            for unknown in result.unknowns:
                if unknown.reason.startswith("bug"):
                    raise Broken(f"{unknown.cataloger}: {unknown.reason[:100]}")


def _seeds() -> Iterator[bytes]:
    for cataloger in CATALOGERS:
        files = [(path, data) for path, data in tree(cataloger.name).items() if isinstance(data, bytes)]
        yield (
            b"".join(tars.file(path, data) for path, data in files if len(path) < 100 and len(data) < 20_000) + tars.END
        )
    members = [
        tars.directory(b"a"),
        tars.file(b"a/b", b"x" * 700),
        tars.symlink(b"a/link", b"b"),
        tars.symlink(b"loop", b"loop"),
        tars.symlink(b"usr/lib", b"../lib"),
        tars.hard_link(b"a/hard", b"a/b"),
        tars.hard_link(b"a/hard2", b"a/hard"),
        tars.gnu_long(b"long/" * 40) + tars.file(b"short", b"y"),
        tars.gnu_long(b"target/" * 40, b"K") + tars.symlink(b"to-long", b"short"),
        tars.pax([(b"path", b"a/pax"), (b"size", b"3")]) + tars.file(b"short", b"abc"),
        tars.pax([(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"9")])
        + tars.file(b"sparse", b"1\n0\n3\n".ljust(512, b"\0") + b"abc"),
        tars.pax([(b"SCHILY.xattr.security.capability", b"\1\0\0\2" + bytes(16))]) + tars.file(b"bin/ping", b"p"),
        tars.file(b"a/.wh.b"),
        tars.file(b"a/.wh..wh..opq"),
        tars.header(b"dev/null", kind=b"3"),
        tars.file(b"etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
    ]
    yield b"".join(members) + tars.END
    yield from (member + tars.END for member in members)
    root = os.environ.get("TEST_CORPUS")
    for directory in ("hostile", "layers") if root else ():
        for path in sorted(Path(root or "", directory).rglob("*")):
            if path.is_file() and path.stat().st_size < LARGEST:
                yield path.read_bytes()


def _mutate_members(content: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Change fields of a header (its checksum stays right), or exchange, double and drop blocks."""
    count = len(content) // tars.BLOCK
    if not count:
        return content
    starts = [
        at * tars.BLOCK for at in range(count) if content[at * tars.BLOCK + 257 : at * tars.BLOCK + 262] == b"ustar"
    ]
    start = rng.choice(starts) if starts else 0
    kind = rng.randrange(6)
    if kind < 3:
        block = bytearray(content[start : start + tars.BLOCK])
        at, size = rng.choice(_FIELDS)
        block[at : at + size] = _field(rng, size)[:size].ljust(size, b"\0")
        if rng.random() < 0.95:
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
        return content[:start] + bytes(block) + content[start + tars.BLOCK :]
    other = rng.choice(starts) if starts else 0
    if kind == 3:
        return content[:start] + content[other : other + tars.BLOCK * rng.choice((1, 2, 3))] + content[start:]
    if kind == 4:
        return content[:start] + content[start + tars.BLOCK * rng.choice((1, 1, 2)) :]
    record = tars.pax(
        [
            (
                rng.choice((b"path", b"linkpath", b"size", b"hdrcharset", b"GNU.sparse.map", b"mtime", b"")),
                _field(rng, 200),
            )
        ]
    )
    return content[:start] + (record if rng.random() < 0.5 else rng.choice(others)[:4096]) + content[start:]


def _field(rng: Random, size: int) -> bytes:
    kind = rng.randrange(5)
    if kind == 0:
        return rng.choice(_NAMES)
    if kind == 1:
        return rng.choice(PIECES)
    if kind == 2 and size <= 12:
        return tars.base256(rng.choice(EDGES), size)
    if kind == 3:
        return bytes([rng.choice(_KINDS)])
    return b"%o" % abs(rng.choice(EDGES)) if rng.random() < 0.5 else b"%d" % rng.choice(EDGES)
