"""The document `files`, from columns: a large image has a hundred thousand lines.

What a layer has to say is kept with its record, as one text in the order of paths, and what images on a known base
take of it is long runs: their lines are neither written nor looked at one by one. The texts of millions of files would
be most of the memory of an analysis, so those are made block by block and not kept.
"""

from __future__ import annotations  # array is subscriptable from Python 3.12 on only

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import accumulate, compress, islice
from operator import itemgetter

import orjson

from analyze.image.files import CONTENT_NAMES, TYPE_NAMES, file_record
from analyze.image.overlay import Merged
from analyze.image.snapshots import Stratum
from analyze.image.tree import Place
from analyze.layer.entries import Entries
from cargohold.documents import FILES
from cargohold.paths import to_text

_CONTENTS = tuple(b',"content":"%b"' % name.encode() if name else b"" for name in CONTENT_NAMES)
_DIGEST = b',"digest":"sha256:'
_NO_DIGEST = _DIGEST + b"0" * 64 + b'"'
_KEPT = 300_000  # entries of an image whose lines are kept, some 250 bytes each
_BLOCK = 256  # lines at once: of each layer so many are held where they are not kept

# What an entry is to the document, and how the next ones of a layer are found.
_HIDDEN, _SHOWN, _LINK = 0, 1, 2
_FEW = 32  # entries of a layer that are hidden or links and looked up one by one
_NEXT = re.compile(rb"[\x01\x02]")
_RUN = re.compile(rb"\x01+|\x02")
_GONE = re.compile(rb"\x00")


def file_lines(merged: Merged) -> Iterator[bytes | memoryview]:
    """Iterate over the lines that `FILES.write` makes of `files.file_records`, one or many at a time."""
    kept = sum(len(stratum.paths) for stratum in merged.strata) <= _KEPT
    layers = []
    for layer, (stratum, visible) in enumerate(zip(merged.strata, merged.visible, strict=True)):
        flags = _flags(stratum, visible)
        layers.append((stratum.order, flags, (_Kept if kept else _Made)(stratum, layer, flags)))
    for layer, first, end in _stretches([(order.paths, flags) for order, flags, _ in layers]):
        order, flags, lines = layers[layer]
        for run in _RUN.finditer(flags, first, end):
            start = run.start()
            if flags[start] == _SHOWN:
                yield from lines.between(start, run.end())
            else:
                yield _line_of_link(merged, order.paths[start], (layer, order.entries[start]))


def _flags(stratum: Stratum, visible: bytearray) -> bytes | bytearray:
    """Return what each entry of a layer is to the document, in the order of paths."""
    order, bound = stratum.order, stratum.entries.bound
    if visible.count(_HIDDEN) + len(bound) > _FEW:
        visible = visible[:]
        for entry in bound:
            visible[entry] = visible[entry] and _LINK
        return bytearray(map(visible.__getitem__, order.entries))
    flags = bytearray([_SHOWN]) * len(visible)
    hidden = [found.start() for found in _GONE.finditer(visible)]
    for entry in (*bound, *hidden):
        position = bisect_left(order.paths, stratum.paths[entry])
        while order.entries[position] != entry:  # one that gave way to another one of this path
            position += 1
        flags[position] = visible[entry] and _LINK
    return flags


def _stretches(layers: Sequence[tuple[Sequence[bytes], bytes | bytearray]]) -> Iterator[tuple[int, int, int]]:
    """Merge the sorted paths of layers, stretch by stretch.

    Yields (layer, first, end): what shows of these positions comes next in the image.
    """
    heads = []
    for layer, (paths, flags) in enumerate(layers):
        if found := _NEXT.search(flags):
            heads.append((paths[found.start()], layer, found.start()))
    heapify(heads)
    while heads:
        _, layer, first = heads[0]
        paths, flags = layers[layer]
        # The least of the others is one of the two below the root of the heap.
        end = bisect_left(paths, min(heads[1:3])[0], first + 1) if len(heads) > 1 else len(paths)
        yield layer, first, end
        if found := _NEXT.search(flags, end):
            heapreplace(heads, (paths[found.start()], layer, found.start()))
        else:
            heappop(heads)


class _Kept:
    """The lines of a layer as one text. What the record alone decides is kept with it."""

    def __init__(self, stratum: Stratum, layer: int, flags: bytes | bytearray) -> None:  # noqa: ARG002 - as `_Made`
        kept = None if stratum.is_redirected else stratum.entries.derived.get("lines")
        if kept is None or kept[0] != layer:
            kept = (layer, *_text(stratum, layer))
            if not stratum.is_redirected:
                stratum.entries.derived["lines"] = kept
        self._starts: array[int] = kept[1]
        self._text = memoryview(kept[2])

    def between(self, first: int, end: int) -> Iterator[memoryview]:
        """Yield the lines from one position in the order of paths to another."""
        yield self._text[self._starts[first] : self._starts[end]]


class _Made:
    """The lines of a layer, made when they are asked for, in their order and of what shows alone."""

    def __init__(self, stratum: Stratum, layer: int, flags: bytes | bytearray) -> None:
        self._left = self._written(stratum, layer, flags)

    def between(self, first: int, end: int) -> Iterator[bytes]:
        """Yield the lines from one position in the order of paths to another, not too many at once."""
        for start in range(first, end, _BLOCK):
            yield b"".join(islice(self._left, min(_BLOCK, end - start)))

    @staticmethod
    def _written(stratum: Stratum, layer: int, flags: bytes | bytearray) -> Iterator[bytes]:
        for first in range(0, len(flags), _BLOCK):
            wanted = [number == _SHOWN for number in flags[first : first + _BLOCK]]
            if any(wanted):
                yield from compress(_lines(stratum, layer, first, first + _BLOCK), wanted)


def _text(stratum: Stratum, layer: int) -> tuple[array[int], bytearray]:
    """Return where the lines of a layer start and the last one ends, and their text."""
    starts, text = array("Q", [0]), bytearray()
    for first in range(0, len(stratum.paths), _BLOCK):
        lines = _lines(stratum, layer, first, first + _BLOCK)
        starts.extend(accumulate(map(len, lines[1:]), initial=len(text) + len(lines[0])))
        text += b"".join(lines)
    return starts, text


def _lines(stratum: Stratum, layer: int, first: int, end: int) -> list[bytes]:
    """Return the lines of the entries from one position in the order of paths to another.

    Those of hard links are b"": their content may be in another layer. Column by column, so that what is done for
    each line is done by functions of C.
    """
    entries = stratum.entries
    numbers = stratum.order.entries[first:end].tolist()
    of = itemgetter(*numbers, 0)  # of one number alone it would give no tuple
    owners = zip(of(entries.types), of(entries.modes), of(entries.uids), of(entries.gids), strict=True)
    tails = list(map(_CONTENTS.__getitem__, of(entries.classes)))
    links, capabilities = entries.links, entries.capabilities
    for rare in (links, capabilities):
        for position in compress(range(len(numbers)), map(rare.__contains__, numbers)) if rare else ():
            number = numbers[position]
            tails[position] = _rare_tail(links.get(number), entries.classes[number], capabilities.get(number))
    line = b'{"path":"/%%b"%%b%%d,"layer":%d%%b%%b}\n' % layer
    values = zip(
        _texts(stratum.order.paths[first:end]),
        map(_Heads().__getitem__, owners),
        of(entries.sizes),
        _digests(entries, numbers),
        tails,
        strict=False,  # for the 0
    )
    lines = list(map(line.__mod__, values))
    if entries.bound:
        for position in compress(range(len(lines)), map(entries.bound.__contains__, numbers)):
            lines[position] = b""
    return lines


def _rare_tail(link: bytes | None, content: int, capability: bytes | None) -> bytes:
    tail = b',"link":%b' % orjson.dumps(to_text(link)) if link else b""
    tail += _CONTENTS[content]
    return tail + b',"capability":"%b"' % capability.hex().encode() if capability else tail


class _Heads(dict[tuple[int, int, int, int], bytes]):
    """What is between path and size, by type, mode and owners: few differ."""

    def __missing__(self, key: tuple[int, int, int, int]) -> bytes:
        kind, mode, uid, gid = key
        attributes = (TYPE_NAMES[kind].encode(), mode, uid, gid)
        self[key] = head = b',"type":"%b","mode":%d,"uid":%d,"gid":%d,"size":' % attributes
        return head


def _texts(paths: Sequence[bytes]) -> Sequence[bytes]:
    """Return paths as JSON, without quotes."""
    whole = b"//".join(paths)  # which is in no path
    text = orjson.dumps(to_text(whole))[1:-1]
    if text == whole:
        return paths
    texts = text.split(b"//")
    if b"///" in whole or len(texts) != len(paths):  # but the root's has no name
        return [orjson.dumps(to_text(path))[1:-1] for path in paths]
    return texts


def _digests(entries: Entries, numbers: Sequence[int]) -> list[bytes]:
    """Return what lines say of digests, b"" where there is none."""
    digests = entries.digests
    raw = b"".join([digests[32 * number : 32 * number + 32] for number in numbers])
    texts = _DIGEST + raw.hex("\n", 32).encode().replace(b"\n", b'"\n' + _DIGEST) + b'"'
    return texts.replace(_NO_DIGEST, b"").split(b"\n")


def _line_of_link(merged: Merged, path: bytes, place: Place) -> bytes:
    return orjson.dumps(FILES.to_json(file_record(merged, path, place)), option=orjson.OPT_APPEND_NEWLINE)
