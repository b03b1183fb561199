"""The document `files` line by line, from columns: a large image has a hundred thousand of them.

The lines of a layer are kept with its record, so that images on a known base write none of its anew.
"""

from collections.abc import Iterator

import orjson

from analyze.image.files import CONTENT_NAMES, TYPE_NAMES, file_record
from analyze.image.overlay import Merged
from analyze.image.snapshots import Stratum
from cargohold.documents import FILES
from cargohold.paths import to_text

_CONTENTS = tuple(b',"content":"%b"' % name.encode() if name else b"" for name in CONTENT_NAMES)
_NO_DIGEST = "0" * 64


def file_lines(merged: Merged) -> Iterator[bytes]:
    """Yield the lines that `FILES.write` makes of `files.file_records`."""
    layers = [_lines_of(stratum, layer) for layer, stratum in enumerate(merged.strata)]
    for path, (layer, entry) in merged.entries():
        line = layers[layer][entry]
        if not line:
            row = FILES.to_json(file_record(merged, path, (layer, entry)))
            line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        yield line


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


def _lines(stratum: Stratum, layer: int) -> list[bytes]:
    entries = stratum.entries
    digests = entries.digests.hex()
    heads: dict[tuple[int, int, int, int], bytes] = {}
    rare = entries.links.keys() | entries.capabilities.keys()
    columns = (entries.types, entries.modes, entries.uids, entries.gids, entries.sizes, entries.classes)
    lines = []
    for number, (path, kind, mode, uid, gid, size, content) in enumerate(zip(stratum.paths, *columns, strict=True)):
        head = heads.get((kind, mode, uid, gid))
        if head is None:
            attributes = (TYPE_NAMES[kind].encode(), mode, uid, gid)
            head = heads[kind, mode, uid, gid] = b',"type":"%b","mode":%d,"uid":%d,"gid":%d,"size":' % attributes
        digest = digests[64 * number : 64 * number + 64]
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
