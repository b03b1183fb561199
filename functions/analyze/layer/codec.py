"""Layer records as bytes, and their keys.

Format: `MAGIC`, the SHA-256 of everything after it, then length-prefixed blocks, each one zstd frame: a
JSON header, the columns, the names (joined by NUL, which no name can hold), the evidence, and one block
of JSON a section. Numbers in columns are little-endian.
"""

import hashlib
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import asdict, astuple
from typing import Any

import orjson

from analyze.catalogers.contract import Facts
from analyze.layer.entries import Entries
from analyze.layer.record import RECORD_VERSION, LayerRecord, Section
from analyze.limits import Limits
from cargohold.errors import ObjectCorrupt
from cargohold.model import Unknown
from cargohold.paths import to_bytes, to_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC = b"CHLR" + RECORD_VERSION.to_bytes(4, "little")
_LENGTH = struct.Struct("<Q")
_LEVEL = 3
_MAX_BLOCK = 2 << 30  # bytes a block may have when inflated; records are verified, this catches our own mistakes
_COLUMNS = (("modes", "I"), ("uids", "I"), ("gids", "I"), ("sizes", "Q"), ("mtimes", "q"))


def limits_digest(limits: Limits) -> str:
    """Return 16 hexadecimal digits that change with any limit."""
    return hashlib.sha256(orjson.dumps(asdict(limits), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def record_key(blob_digest: str, diff_id: str, limits: Limits) -> str:
    """Return the key of the record of a pair: 64 hexadecimal digits.

    The pair must name content: neither may be "". Raises `ValueError`.
    """
    if not blob_digest or not diff_id:
        raise ValueError("a record is found by both digests")
    text = f"{RECORD_VERSION}\n{limits_digest(limits)}\n{blob_digest}\n{diff_id}"
    return hashlib.sha256(text.encode()).hexdigest()


def encode(record: LayerRecord) -> bytes:
    """Return a record's bytes, without its incomplete sections. Equal records give equal bytes.

    Raises `ValueError` on a path with a NUL.
    """
    entries = record.entries
    sections = {name: section for name, section in sorted(record.sections.items()) if section.complete}
    header = {
        "blob_digest": record.blob_digest,
        "diff_id": record.diff_id,
        "size": record.size,
        "uncompressed_size": record.uncompressed_size,
        "unknowns": [astuple(unknown) for unknown in record.unknowns],
        "entries": len(entries.paths),
        "bound": list(entries.bound.items()),
        "links": list(entries.links),
        "capabilities": list(entries.capabilities),
        "whiteouts": len(entries.whiteouts),
        "opaques": len(entries.opaques),
        "evidence": [(entry, len(content)) for entry, content in sorted(record.evidence.items())],
        "sections": [(name, section.version) for name, section in sections.items()],
    }
    names = [*entries.paths, *entries.links.values(), *entries.whiteouts, *entries.opaques]
    joined = b"\0".join(names)
    if joined.count(b"\0") != max(len(names) - 1, 0):
        raise ValueError("a path holds a NUL")
    del names
    body = b"".join(
        part for block in _parts(header, record, joined, sections) for part in (_LENGTH.pack(len(block)), block)
    )
    return MAGIC + hashlib.sha256(body).digest() + body


def _parts(header: dict[str, Any], record: LayerRecord, joined: bytes, sections: dict[str, Section]) -> Iterator[bytes]:
    """Yield the blocks, compressed one by one: a layer of a million entries is large before that."""
    entries = record.entries
    yield zstd.compress(orjson.dumps(header), _LEVEL)
    columns = [_little(getattr(entries, name)) for name, _ in _COLUMNS]
    yield zstd.compress(b"".join((*columns, entries.types, entries.classes)), _LEVEL)
    del columns
    yield zstd.compress(entries.digests, _LEVEL)
    yield zstd.compress(joined, _LEVEL)
    yield zstd.compress(_packed(list(entries.capabilities.values())), _LEVEL)
    yield zstd.compress(b"".join(record.evidence[entry] for entry in sorted(record.evidence)), _LEVEL)
    for section in sections.values():
        yield zstd.compress(orjson.dumps(_section_out(section)), _LEVEL)


def decode(data: bytes, *, evidence: bool = True) -> LayerRecord:
    """Return the record in `data`; without its evidence when the caller will not store it again.

    Raises `ObjectCorrupt` on anything that `encode` did not write.
    """
    body = memoryview(data)[len(MAGIC) + 32 :]
    stated, actual = data[len(MAGIC) : len(MAGIC) + 32].hex(), hashlib.sha256(body).hexdigest()
    if data[: len(MAGIC)] != MAGIC or stated != actual:
        raise ObjectCorrupt(key="layer record", expected=stated or "a layer record", actual=actual)
    try:
        return _decoded(_blocks(body), evidence)
    except (ValueError, KeyError, IndexError, TypeError, struct.error, zstd.ZstdError) as error:
        raise ObjectCorrupt(key="layer record", expected="a layer record", actual=str(error)) from error


def _decoded(blocks: Iterator[memoryview], with_evidence: bool) -> LayerRecord:
    header = orjson.loads(_inflate(next(blocks)))
    count = header["entries"]
    entries = Entries()
    columns = memoryview(_inflate(next(blocks)))
    position = 0
    for name, code in _COLUMNS:
        column = array(code)
        end = position + count * column.itemsize
        column.frombytes(columns[position:end])
        if sys.byteorder == "big":
            column.byteswap()
        setattr(entries, name, column)
        position = end
    entries.types = bytearray(columns[position : position + count])
    entries.classes = bytearray(columns[position + count : position + 2 * count])
    entries.digests = bytearray(_inflate(next(blocks)))
    joined = _inflate(next(blocks))
    expected = count + len(header["links"]) + header["whiteouts"] + header["opaques"]
    names = joined.split(b"\0") if expected else []
    if len(names) != expected or len(columns) != position + 2 * count or len(entries.digests) != 32 * count:
        raise ValueError("columns of unequal length")
    opaques = len(names) - header["opaques"]
    whiteouts = opaques - header["whiteouts"]
    entries.paths = names[:count]
    entries.links = dict(zip(header["links"], names[count:whiteouts], strict=True))
    entries.whiteouts = names[whiteouts:opaques]
    entries.opaques = names[opaques:]
    entries.bound = dict(header["bound"])
    entries.capabilities = dict(zip(header["capabilities"], _unpacked(_inflate(next(blocks))), strict=True))
    kept = next(blocks)
    evidence = _evidence(header["evidence"], _inflate(kept)) if with_evidence else {}
    sections = {name: _section_in(version, _inflate(next(blocks))) for name, version in header["sections"]}
    return LayerRecord(
        blob_digest=header["blob_digest"],
        diff_id=header["diff_id"],
        size=header["size"],
        uncompressed_size=header["uncompressed_size"],
        entries=entries,
        sections=sections,
        evidence=evidence,
        unknowns=[Unknown(*fields) for fields in header["unknowns"]],
    )


def _blocks(body: memoryview) -> Iterator[memoryview]:
    position = 0
    while position < len(body):
        (length,) = _LENGTH.unpack_from(body, position)
        position += _LENGTH.size
        if position + length > len(body):
            raise ValueError("a block is cut off")
        yield body[position : position + length]
        position += length


def _inflate(block: memoryview) -> bytes:
    return zstd.ZstdDecompressor().decompress(block, max_length=_MAX_BLOCK)


def _little(column: "array[int]") -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()


def _packed(values: list[bytes]) -> bytes:
    return b"".join(part for value in values for part in (_LENGTH.pack(len(value)), value))


def _unpacked(data: bytes) -> list[bytes]:
    return [bytes(value) for value in _blocks(memoryview(data))]


def _evidence(lengths: list[tuple[int, int]], content: bytes) -> dict[int, bytes]:
    evidence: dict[int, bytes] = {}
    position = 0
    for entry, length in lengths:
        evidence[entry] = content[position : position + length]
        position += length
    if position != len(content):
        raise ValueError("evidence of another length")
    return evidence


def _section_out(section: Section) -> dict[str, Any]:
    return {
        "facts": [(entry, *_facts_out(facts)) for entry, facts in section.facts.items()],
        "wanted": sorted(section.wanted),
        "aliases": [
            (entry, to_text(path), None if facts is None else _facts_out(facts))
            for entry, known in sorted(section.aliases.items())
            for path, facts in sorted(known.items())
        ],
    }


def _facts_out(facts: Facts) -> tuple[list[dict[str, Any]], dict[str, Any], list[str]]:
    return facts.identity, facts.detail, facts.unknowns


def _section_in(version: int, content: bytes) -> Section:
    stored = orjson.loads(content)
    section = Section(version, weight=len(content), wanted=set(stored["wanted"]))
    section.facts = {entry: Facts(identity, detail, unknowns) for entry, identity, detail, unknowns in stored["facts"]}
    for entry, path, facts in stored["aliases"]:
        section.aliases.setdefault(entry, {})[to_bytes(path)] = None if facts is None else Facts(*facts)
    return section
