"""`files`: regular files with their digests, places of evidence, and what could not be read where."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import orjson

from api.analyses import AnalysisReader
from api.formats.rows import members
from api.formats.syft_json.artifacts import file_id
from cargohold.model import FileRecord

_TYPES = {
    "file": "RegularFile",
    "hardlink": "RegularFile",
    "directory": "Directory",
    "symlink": "SymbolicLink",
    "char": "CharacterDevice",
    "block": "BlockDevice",
    "fifo": "FIFONode",
}
_MIME_TYPES = {
    "elf": "application/x-executable",
    "pe": "application/vnd.microsoft.portable-executable",
    "script": "text/x-script",
    "zip": "application/zip",
    "text": "text/plain",
    "binary": "application/octet-stream",
}


def files(reader: AnalysisReader, layers: Sequence[str], places: Mapping[tuple[str, int], str]) -> Iterator[bytes]:
    """Yield, as JSON, the regular files of the merged image, then places that it has no longer or never had as files.

    `places` has the digest, or "", of each place of evidence by path and layer. Reasons without a path
    stand at "/".
    """
    reasons: dict[tuple[str, int], list[str]] = defaultdict(list)
    for unknown in reader.unknowns():
        reasons[unknown.path or "/", unknown.layer].append(f"{unknown.cataloger}: {unknown.reason}")
    rest = dict(places) | {place: places.get(place, "") for place in reasons}
    rows = _Rows(layers)
    for file in reader.files():
        place = (file.path, file.layer)
        if file.digest or place in rest:
            rest.pop(place, None)
            yield rows.row(place, file.digest, reasons.get(place, ()), file)
    for place, digest in sorted(rest.items()):
        yield rows.row(place, digest, reasons.get(place, ()))


class _Rows:
    """Writes rows as bytes: a large image has a hundred thousand, most of which share owners, modes and classes."""

    def __init__(self, layers: Sequence[str]) -> None:
        self._layers = layers
        self._places = [b',"layerID":%b}' % orjson.dumps(layer) for layer in layers]
        self._metadata: dict[tuple[int, str, int, int, str], bytes] = {}

    def row(self, place: tuple[str, int], digest: str, reasons: Sequence[str], file: FileRecord | None = None) -> bytes:
        path, layer = place
        identifier = file_id(path, self._layers[layer]).encode()
        row = b'{"id":"%b","location":{"path":%b%b' % (identifier, orjson.dumps(path), self._places[layer])
        if file is not None:
            link = b',"linkDestination":%b' % orjson.dumps(file.link) if file.link else b""
            row += b',"metadata":{%b%d%b}' % (self._shared(file), file.size, link)
        if digest:
            algorithm, _, value = digest.encode().partition(b":")
            row += b',"digests":[{"algorithm":"%b","value":"%b"}]' % (algorithm, value)
        if reasons:
            row += b',"unknowns":%b' % orjson.dumps(list(reasons))
        return row + b"}"

    def _shared(self, file: FileRecord) -> bytes:
        """Return the members of the metadata up to the size."""
        key = (file.mode, file.type, file.uid, file.gid, file.content)
        shared = self._metadata.get(key)
        if shared is None:
            fields = {
                "mode": int(f"{file.mode & 0o7777:o}"),  # Syft writes the octal digits as a decimal number
                "type": _TYPES[file.type],
                "userID": file.uid,
                "groupID": file.gid,
                "mimeType": _MIME_TYPES.get(file.content, ""),
            }
            shared = self._metadata[key] = members(fields) + b',"size":'
        return shared
