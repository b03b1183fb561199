"""`files`: regular files with their digests, places of evidence, and what could not be read where."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from api.analyses import AnalysisReader
from api.formats.rows import SEPARATOR, members, strings
from api.formats.syft_json.artifacts import file_id
from cargohold.model import FileAttributes, FileFields

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

_HEADS = 10_000  # kept at once: an image may give each file an owner of its own


def files(reader: AnalysisReader, layers: Sequence[str], places: Mapping[tuple[str, int], str]) -> Iterator[bytes]:
    """Yield, as JSON, the regular files of the merged image, then places that it has no longer or never had as files.

    `places` has the digest, or "", of each place of evidence by path and layer. Reasons without a path
    stand at "/". What is yielded are rows, a thousand at once where there are as many.
    """
    reasons: dict[tuple[str, int], list[str]] = defaultdict(list)
    for unknown in reader.unknowns():
        reasons[unknown.path or "/", unknown.layer].append(f"{unknown.cataloger}: {unknown.reason}")
    rows = _Rows(layers, reasons, dict(places) | {place: places.get(place, "") for place in reasons})
    for block in reader.file_blocks():
        if block and (found := rows.block(block)):
            yield SEPARATOR.join(found).encode()
    for place, digest in sorted(rows.rest.items()):
        yield rows.row(place, digest).encode()


class _Rows:
    """Writes rows: a large image has a hundred thousand, most of which share owners, modes and classes.

    `rest` are places that no file was written for, with their digests.
    """

    def __init__(
        self, layers: Sequence[str], reasons: Mapping[tuple[str, int], list[str]], rest: dict[tuple[str, int], str]
    ) -> None:
        self.rest = rest
        self._reasons = reasons
        self._layers = layers
        self._endings = [f"\n{layer}".encode() for layer in layers]
        self._places = [f',"layerID":{_json(layer)}}}' for layer in layers]
        self._heads = _Heads()
        self._evident = {path for path, _ in rest}

    def block(self, block: Sequence[FileFields]) -> list[str]:
        """Return the rows of what is a file, or a place of evidence or unknowns."""
        endings, places, heads, evident = self._endings, self._places, self._heads, self._evident
        rows = []
        names = strings([fields[0] for fields in block], b"\n").decode().split("\n")
        for name, fields in zip(names, block, strict=True):
            path, attributes, size, layer, digest, link, _ = fields
            if link or path in evident or not digest.startswith("sha256:"):
                if digest or (path, layer) in self.rest:
                    self.rest.pop((path, layer), None)
                    rows.append(self.row((path, layer), digest, fields))
                continue
            # `row` of almost every file, in one go.
            identifier = sha256(path.encode() + endings[layer]).hexdigest()[:16]
            rows.append(
                f'{{"id":"{identifier}","location":{{"path":{name}{places[layer]},"metadata":{{{heads[attributes]}{size}}}'
                f',"digests":[{{"algorithm":"sha256","value":"{digest[7:]}"}}]}}'
            )
        return rows

    def row(self, place: tuple[str, int], digest: str, file: FileFields | None = None) -> str:
        """Return the row of a place, whatever is there."""
        path, layer = place
        identifier = file_id(path, self._layers[layer])
        row = f'{{"id":"{identifier}","location":{{"path":{_json(path)}{self._places[layer]}'
        if file is not None:
            _, attributes, size, _, _, link, _ = file
            ending = f',"linkDestination":{_json(link)}' if link else ""
            row += f',"metadata":{{{self._heads[attributes]}{size}{ending}}}'
        if digest:
            algorithm, _, value = digest.partition(":")
            row += f',"digests":[{{"algorithm":"{algorithm}","value":"{value}"}}]'
        if reasons := self._reasons.get(place):
            row += f',"unknowns":{_json(reasons)}'
        return row + "}"


class _Heads(dict[FileAttributes, str]):
    """The members of the metadata of files up to the size."""

    def __missing__(self, key: FileAttributes) -> str:
        if len(self) >= _HEADS:
            self.clear()
        fields = {
            "mode": int(f"{key.mode & 0o7777:o}"),  # Syft writes the octal digits as a decimal number
            "type": _TYPES[key.type],
            "userID": key.uid,
            "groupID": key.gid,
            "mimeType": _MIME_TYPES.get(key.content, ""),
        }
        self[key] = head = members(fields).decode() + ',"size":'
        return head


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
