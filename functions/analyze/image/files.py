"""The paths of the merged image, for the document `files`."""

from collections.abc import Iterator

from analyze.image.overlay import Merged
from analyze.image.tree import Place
from analyze.layer.entries import ContentClass, Entries, EntryType
from cargohold.model import FileRecord
from cargohold.paths import to_text

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
_NO_DIGEST = bytes(32)


def file_records(merged: Merged) -> Iterator[FileRecord]:
    """Yield every visible path in the order of its bytes.

    Directories that no layer has an entry for are left out: nothing is known of them. A hard link has
    the size, digest and class of its content, which may be in a lower layer.
    """
    for path, place in merged.entries():
        yield file_record(merged, path, place)


def file_record(merged: Merged, path: bytes, place: Place) -> FileRecord:
    """Return the row of one visible path."""
    entries = merged.strata[place[0]].entries
    entry = place[1]
    if entry in entries.bound:
        return _linked(merged, path, place)
    return _record(entries, entry, path, place[0], TYPE_NAMES[entries.types[entry]], entries.links.get(entry))


def _linked(merged: Merged, path: bytes, place: Place) -> FileRecord:
    entries = merged.strata[place[0]].entries
    layer, holder = merged.snapshots.content(place) or place
    content = merged.strata[layer].entries
    kind = TYPE_NAMES[content.types[holder]]
    if kind != "file":
        return _record(content, holder, path, place[0], kind, content.links.get(holder))
    return _record(content, holder, path, place[0], "hardlink", entries.links.get(place[1]))


def _record(entries: Entries, entry: int, path: bytes, layer: int, kind: str, link: bytes | None) -> FileRecord:
    digest = entries.digests[32 * entry : 32 * entry + 32]
    capability = entries.capabilities.get(entry)
    return FileRecord(
        "/" + to_text(path),
        kind,
        entries.modes[entry],
        entries.uids[entry],
        entries.gids[entry],
        entries.sizes[entry],
        layer,
        "" if digest == _NO_DIGEST else "sha256:" + digest.hex(),
        "" if link is None else to_text(link),
        CONTENT_NAMES[entries.classes[entry]],
        "" if capability is None else capability.hex(),
    )
