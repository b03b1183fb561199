"""The inputs of a cataloger, each made from a seed and its number alone."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from analyze.catalogers import CATALOGERS
from analyze.catalogers.contract import Cataloger
from analyze.catalogers.secrets import SecretScanner
from tests.fuzz import binary_formats as binary
from tests.fuzz import text_formats as text
from tests.fuzz import zips
from tests.fuzz.mutations import LARGEST, PIECES, mutate_bytes
from tests.harness.fixtures import tree
from tests.harness.secrets import SAMPLES
from tests.harness.views import wants

_SEED = 3 << 20  # bytes; larger files of the corpus are left out
_CORPUS = {  # where the files of a directory of the corpus stand in an image; "" for as they are called
    "rpm": "var/lib/rpm/",
    "dpkg": "var/lib/dpkg/",
    "apk": "lib/apk/db/",
    "os-release": "etc/os-release",
    "go": "",
    "rust": "",
    "java": "",
    "dotnet": "",
    "binary-snippets": "",
}
_MANY = 60  # files of the corpus for one cataloger
_OF_CORPUS = 0.4  # of the inputs, at most


@dataclass(frozen=True)
class Input:
    """A layer, and which of its files is mutated."""

    path: bytes
    content: bytes
    beside: dict[bytes, bytes]


def targets() -> dict[str, Cataloger]:
    """Return what can be fuzzed by name."""
    return {one.name: one for one in (*CATALOGERS, SecretScanner())}


class Inputs:
    """Makes the inputs of one cataloger."""

    def __init__(self, cataloger: Cataloger, seed: str) -> None:
        self._cataloger = cataloger
        self._seed = seed
        self._fixtures = sorted(fixtures(cataloger).items())
        self._files = [*self._fixtures, *of_corpus(cataloger)]
        self._contents = [content for _, content in self._files]

    def make(self, number: int) -> Input:
        """Return an input."""
        rng = Random(f"{self._seed}/{self._cataloger.name}/{number}")
        path, content = rng.choice(self._files if rng.random() < _OF_CORPUS else self._fixtures)
        beside: dict[bytes, bytes] = {}
        if rng.random() < 0.4:
            near = [file for file in self._files if file[0] != path and len(file[1]) < 100_000]
            near.sort(key=lambda file: -_common(file[0], path))
            beside = dict(near[: rng.choice((1, 4, 10))])
        if rng.random() < 0.03:
            path = _renamed(path, rng)
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            content = mutate(content, rng, self._contents)[:LARGEST]
        return Input(path, content, beside)


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes two paths begin with alike."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)


def fixtures(cataloger: Cataloger) -> dict[bytes, bytes]:
    """Return the files of a cataloger's fixtures that it wants."""
    names = [cataloger.name] if cataloger.name != "secrets" else ["npm", "python", "conan", "snap", "php", "dpkg"]
    found: dict[bytes, bytes] = {}
    for name in names:
        found |= {path: content for path, content in tree(name).items() if isinstance(content, bytes)}
    if cataloger.name == "secrets":
        found |= _secrets()
    return {path: content for path, content in found.items() if wants(cataloger, path, content)}


def of_corpus(cataloger: Cataloger) -> list[tuple[bytes, bytes]]:
    """Return files of the corpus that a cataloger wants, none without a corpus."""
    found: list[tuple[bytes, bytes]] = []
    root = os.environ.get("TEST_CORPUS")
    for directory, place in _CORPUS.items() if root else ():
        files = sorted(path for path in Path(root or "", directory).rglob("*") if path.is_file())
        for path in files:
            name = place if place and not place.endswith("/") else place + path.name
            if path.suffix in (".status", ".installed"):
                name = place + path.suffix[1:]
            key = f"c{len(found)}/{name}".encode()
            content = path.read_bytes() if path.stat().st_size < _SEED else b""
            if content and len(found) < _MANY and wants(cataloger, key, content):
                found.append((key, content))
    return found


def _secrets() -> dict[bytes, bytes]:
    samples = sorted(SAMPLES.items())
    return {f"srv/{kind}/{one.name}".encode(): one.content(one.value()) for kind, one in samples}


def mutate(content: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Return content with one change of those that fit its format."""
    changes: list[Any] = [mutate_bytes, mutate_bytes]
    if text.looks_like_text(content):
        changes += [text.mutate_lines, text.mutate_tokens]
        if text.looks_like_json(content):
            changes += [text.mutate_json] * 4
        elif content[:200].lstrip()[:1] == b"<":
            changes += [text.mutate_xml] * 3
    if b"PK\x03\x04" in content[:200_000]:
        changes += [_nested(zips.mutate_zip)] * 4
    if content.startswith(b"\x1f\x8b"):
        changes += [_nested(binary.mutate_gzip)] * 4
    elif content.startswith(b"\x28\xb5\x2f\xfd"):
        changes += [_nested(binary.mutate_zstd)] * 4
    elif content.startswith(b"\x7fELF"):
        changes += [binary.mutate_elf] * 3 + [_nested(binary.mutate_zlib)]
    elif content.startswith(b"MZ"):
        changes += [binary.mutate_pe] * 4
    elif b"\0" in content[:512]:
        changes += [binary.mutate_pages] * 2
    return bytes(rng.choice(changes)(content, rng, others))


def _nested(change: Any) -> Any:
    return lambda content, rng, others: change(content, rng, others, mutate)


def _renamed(path: bytes, rng: Random) -> bytes:
    """Put strange bytes into one directory or name of a path."""
    parts = path.split(b"/")
    at = rng.randrange(len(parts))
    piece = rng.choice(PIECES).replace(b"/", b"").replace(b"\0", b"")[:60] or b"\xff"
    cut = rng.randint(0, len(parts[at]))
    parts[at] = parts[at][:cut] + piece + parts[at][cut:]
    return b"/".join(part for part in parts if part not in (b".", b".."))
