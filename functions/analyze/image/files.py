"""The paths of the merged image, for the document `files` and for formats."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import itemgetter

from analyze.image.overlay import Merged
from analyze.image.tree import Place
from analyze.layer.entries import ContentClass, Entries, EntryType
from cargohold.model import FileAttributes, FileFields, FileRecord
from cargohold.paths import to_rooted_texts, to_text

_TYPES = {
    EntryType.FILE: "file",
    EntryType.DIRECTORY: "directory",
    EntryType.SYMLINK: "symlink",
    EntryType.CHARACTER: "char",
    EntryType.BLOCK: "block",
    EntryType.FIFO: "fifo",
}
# Tables by number: a million look-ups of enumeration members take seconds.
TYPE_NAMES = tuple(_TYPES[kind] for kind in EntryType)
CONTENT_NAMES = tuple("" if content is ContentClass.NONE else content.name.lower() for content in ContentClass)
_NO_DIGEST = "sha256:" + "0" * 64
_BLOCK = 1024


def file_records(merged: Merged) -> Iterator[FileRecord]:
    """Yield every visible path in the order of its bytes.

    Directories that no layer has an entry for are left out: nothing is known of them. A hard link has
    the size, digest and class of its content, which may be in a lower layer.
    """
    for block in file_blocks(merged):
        yield from map(FileRecord.of, block)


def file_blocks(merged: Merged) -> Iterator[list[FileFields]]:
    """Yield the fields of `file_records`, a thousand paths at once."""
    for start in range(0, len(merged.paths), _BLOCK):
        attributes = _Attributes()
        paths = merged.paths[start : start + _BLOCK]
        layers, entries = merged.places(paths)
        if layers.count(layers[0]) == len(layers):
            yield _rows(merged, layers[0], entries, paths, attributes)
            continue
        wanted: dict[int, tuple[list[int], list[bytes]]] = {layer: ([], []) for layer in layers}
        for path, layer, entry in zip(paths, layers, entries, strict=True):
            numbers, names = wanted[layer]
            numbers.append(entry)
            names.append(path)
        rows = {layer: iter(_rows(merged, layer, *here, attributes)) for layer, here in wanted.items()}
        yield [next(rows[layer]) for layer in layers]


class _Attributes(dict[tuple[int, int, int, int, int], FileAttributes]):
    """Names of types and classes by their numbers; one object for all files that share them."""

    def __missing__(self, key: tuple[int, int, int, int, int]) -> FileAttributes:
        kind, mode, uid, gid, content = key
        self[key] = found = FileAttributes(TYPE_NAMES[kind], mode, uid, gid, CONTENT_NAMES[content])
        return found


def _rows(
    merged: Merged, layer: int, numbers: list[int], paths: list[bytes], attributes: _Attributes
) -> list[FileFields]:
    """Return the rows of entries of one layer: its columns, gathered."""
    entries = merged.strata[layer].entries
    at = itemgetter(*numbers) if len(numbers) > 1 else lambda column: (column[numbers[0]],)
    columns = (entries.types, entries.modes, entries.uids, entries.gids, entries.classes)
    shared = zip(*map(at, columns), strict=True)
    linked = [position for position, number in enumerate(numbers) if number in entries.links]
    links = [""] * len(numbers)
    for position in linked:
        links[position] = to_text(entries.links[numbers[position]])
    rows = list(
        zip(
            to_rooted_texts(paths),
            map(attributes.__getitem__, shared),
            at(entries.sizes),
            repeat(layer, len(numbers)),
            _digests(entries, numbers),
            links,
            _capabilities(entries, numbers),
            strict=True,
        )
    )
    for position in linked:
        if numbers[position] in entries.bound:
            rows[position] = file_record(merged, paths[position], (layer, numbers[position])).fields
    return rows


def _digests(entries: Entries, numbers: Sequence[int]) -> list[str]:
    digests = entries.digests
    together = b"".join([digests[32 * number : 32 * number + 32] for number in numbers])
    return f"sha256:{together.hex(';', 32).replace(';', ';sha256:')}".replace(_NO_DIGEST, "").split(";")


def _capabilities(entries: Entries, numbers: Sequence[int]) -> list[str]:
    if not entries.capabilities:
        return [""] * len(numbers)
    return [entries.capabilities.get(number, b"").hex() for number in numbers]


def file_record(merged: Merged, path: bytes, place: Place) -> FileRecord:
    """Return the row of one visible path, of a hard link too."""
    layer, holder = merged.snapshots.content(place) or place
    content, own = merged.strata[layer].entries, merged.strata[place[0]].entries
    kind, link = TYPE_NAMES[content.types[holder]], content.links.get(holder)
    if kind == "file" and place[1] in own.bound:
        kind, link = "hardlink", own.links.get(place[1])
    return FileRecord(
        "/" + to_text(path),
        kind,
        content.modes[holder],
        content.uids[holder],
        content.gids[holder],
        content.sizes[holder],
        place[0],
        content.digest(holder),
        "" if link is None else to_text(link),
        CONTENT_NAMES[content.classes[holder]],
        content.capabilities[holder].hex() if holder in content.capabilities else "",
    )
