"""`files`: regular files with their digests, places of evidence, and what could not be read where."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.analyses import AnalysisReader
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


def files(
    reader: AnalysisReader, layers: Sequence[str], places: Mapping[tuple[str, int], str]
) -> Iterator[dict[str, Any]]:
    """Yield the regular files of the merged image, then places that it has no longer or never had as files.

    `places` has the digest, or "", of each place of evidence by path and layer. Reasons without a path
    stand at "/".
    """
    reasons: dict[tuple[str, int], list[str]] = defaultdict(list)
    for unknown in reader.unknowns():
        reasons[unknown.path or "/", unknown.layer].append(f"{unknown.cataloger}: {unknown.reason}")
    rest = dict(places) | {place: places.get(place, "") for place in reasons}
    for file in reader.files():
        place = (file.path, file.layer)
        if file.digest or place in rest:
            rest.pop(place, None)
            yield _row(place, layers, file.digest, reasons.get(place, ()), _metadata(file))
    for place, digest in sorted(rest.items()):
        yield _row(place, layers, digest, reasons.get(place, ()), {})


def _row(
    place: tuple[str, int], layers: Sequence[str], digest: str, reasons: Sequence[str], metadata: dict[str, Any]
) -> dict[str, Any]:
    path, layer = place[0], layers[place[1]]
    row: dict[str, Any] = {"id": file_id(path, layer), "location": {"path": path, "layerID": layer}}
    if metadata:
        row["metadata"] = metadata
    if digest:
        algorithm, _, value = digest.partition(":")
        row["digests"] = [{"algorithm": algorithm, "value": value}]
    if reasons:
        row["unknowns"] = list(reasons)
    return row


def _metadata(file: FileRecord) -> dict[str, Any]:
    row: dict[str, Any] = {
        "mode": int(f"{file.mode & 0o7777:o}"),  # Syft writes the octal digits as a decimal number
        "type": _TYPES[file.type],
        "userID": file.uid,
        "groupID": file.gid,
        "mimeType": _MIME_TYPES.get(file.content, ""),
        "size": file.size,
    }
    if file.link:
        row["linkDestination"] = file.link
    return row
