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
_NO_DIGEST = "0" * 64


def file_records(merged: Merged) -> Iterator[FileRecord]:
    """Yield every visible path in the order of its bytes.

    Directories that no layer has an entry for are left out: nothing is known of them. A hard link has
    the size, digest and class of its content, which may be in a lower layer.
    """
    digests = [stratum.entries.digests.hex() for stratum in merged.strata]  # all at once: one by one takes longest
    for path, place in merged.entries():
        layer, entry = place
        entries = merged.strata[layer].entries
        if entry in entries.bound:
            yield file_record(merged, path, place)
        else:
            digest = digests[layer][64 * entry : 64 * entry + 64]
            kind, link = TYPE_NAMES[entries.types[entry]], entries.links.get(entry)
            yield _record(entries, entry, path, layer, kind, link, digest)


def file_record(merged: Merged, path: bytes, place: Place) -> FileRecord:
    """Return the row of one visible path, of a hard link too."""
    layer, holder = merged.snapshots.content(place) or place
    content, own = merged.strata[layer].entries, merged.strata[place[0]].entries
    kind, link = TYPE_NAMES[content.types[holder]], content.links.get(holder)
    if kind == "file" and place[1] in own.bound:
        kind, link = "hardlink", own.links.get(place[1])
    digest = content.digests[32 * holder : 32 * holder + 32].hex()
    return _record(content, holder, path, place[0], kind, link, digest)


def _record(
    entries: Entries, entry: int, path: bytes, layer: int, kind: str, link: bytes | None, digest: str
) -> FileRecord:
    return FileRecord(
        "/" + to_text(path),
        kind,
        entries.modes[entry],
        entries.uids[entry],
        entries.gids[entry],
        entries.sizes[entry],
        layer,
        "" if digest == _NO_DIGEST else "sha256:" + digest,
        "" if link is None else to_text(link),
        CONTENT_NAMES[entries.classes[entry]],
        entries.capabilities[entry].hex() if entry in entries.capabilities else "",
    )
