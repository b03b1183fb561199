"""The document `files` line by line, from columns: a large image has a hundred thousand of them.

The lines of a layer are kept with its record, so that images on a known base write none of its anew. Those of millions
of files would be most of the memory of an analysis, so they are made block by block.
"""

from collections.abc import Iterator, Sequence
from itertools import compress, islice
from typing import Any

import orjson

from analyze.image.files import CONTENT_NAMES, TYPE_NAMES, file_record
from analyze.image.overlay import Merged
from analyze.image.snapshots import Stratum
from cargohold.documents import FILES
from cargohold.paths import to_text

_CONTENTS = tuple(b',"content":"%b"' % name.encode() if name else b"" for name in CONTENT_NAMES)
_NO_DIGEST = "0" * 64
_KEPT = 300_000  # entries of an image whose lines are kept, some 250 bytes each
_BLOCK = 1 << 14


def file_lines(merged: Merged) -> Iterator[bytes]:
    """Iterate over the lines that `FILES.write` makes of `files.file_records`."""
    if sum(len(stratum.paths) for stratum in merged.strata) > _KEPT:
        return _in_blocks(merged)
    lines: dict[bytes, bytes] = {}
    for layer, (stratum, visible) in enumerate(zip(merged.strata, merged.visible, strict=True)):
        lines.update(zip(compress(stratum.paths, visible), compress(_lines_of(stratum, layer), visible), strict=True))
        for entry in stratum.entries.bound:
            if visible[entry]:
                path = stratum.paths[entry]
                lines[path] = _line_of_link(merged, path, layer, entry)
    return map(lines.__getitem__, merged.paths)


def _in_blocks(merged: Merged) -> Iterator[bytes]:
    entries = merged.entries()
    while block := list(islice(entries, _BLOCK)):
        wanted: dict[int, list[int]] = {}
        for _, (layer, entry) in block:
            wanted.setdefault(layer, []).append(entry)
        lines = {layer: iter(_lines(merged.strata[layer], layer, numbers)) for layer, numbers in wanted.items()}
        for path, (layer, entry) in block:
            yield next(lines[layer]) or _line_of_link(merged, path, layer, entry)


def _line_of_link(merged: Merged, path: bytes, layer: int, entry: int) -> bytes:
    row = FILES.to_json(file_record(merged, path, (layer, entry)))
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _lines_of(stratum: Stratum, layer: int) -> list[bytes]:
    """Return a line for each entry of a layer, b"" for hard links: their content may be in another layer.

    Only what the record alone decides is kept with it.
    """
    if stratum.is_redirected:
        return _lines(stratum, layer)
    kept = stratum.entries.derived.get("lines")
    if kept is None or kept[0] != layer:
        kept = stratum.entries.derived["lines"] = (layer, _lines(stratum, layer))
    lines: list[bytes] = kept[1]
    return lines


def _lines(stratum: Stratum, layer: int, numbers: Sequence[int] | None = None) -> list[bytes]:
    """Return the lines of the entries with these numbers, or of all."""
    entries = stratum.entries
    heads: dict[tuple[int, int, int, int], bytes] = {}
    rare = entries.links.keys() | entries.capabilities.keys()
    columns: Sequence[Sequence[Any]] = (
        stratum.paths,
        entries.types,
        entries.modes,
        entries.uids,
        entries.gids,
        entries.sizes,
        entries.classes,
    )
    if numbers is None:
        numbers = range(len(stratum.paths))
        digests = entries.digests.hex()
    else:
        columns = [[column[number] for number in numbers] for column in columns]
        digests = b"".join(entries.digests[32 * number : 32 * number + 32] for number in numbers).hex()
    lines = []
    for position, (path, kind, mode, uid, gid, size, content) in enumerate(zip(*columns, strict=True)):
        head = heads.get((kind, mode, uid, gid))
        if head is None:
            attributes = (TYPE_NAMES[kind].encode(), mode, uid, gid)
            head = heads[kind, mode, uid, gid] = b',"type":"%b","mode":%d,"uid":%d,"gid":%d,"size":' % attributes
        number = numbers[position]
        digest = digests[64 * position : 64 * position + 64]
        line = b'{"path":%b%b%d,"layer":%d' % (orjson.dumps("/" + to_text(path)), head, size, layer)
        if digest != _NO_DIGEST:
            line += b',"digest":"sha256:%b"' % digest.encode()
        if number in rare:
            if (link := entries.links.get(number)) is not None and (text := to_text(link)):
                line += b',"link":%b' % orjson.dumps(text)
            line += _CONTENTS[content]
            if capability := entries.capabilities.get(number):
                line += b',"capability":"%b"' % capability.hex().encode()
            lines.append(b"" if number in entries.bound else line + b"}\n")
        else:
            lines.append(b"%b%b}\n" % (line, _CONTENTS[content]))
    return lines
