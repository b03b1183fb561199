"""The paths of the merged image, for the document `files`."""

from collections.abc import Iterator

from analyze.image.overlay import Merged
from analyze.image.tree import Place
from analyze.layer.entries import ContentClass, EntryType
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
_CONTENT = {content: "" if content is ContentClass.NONE else content.name.lower() for content in ContentClass}


def file_records(merged: Merged) -> Iterator[FileRecord]:
    """Yield every visible path in the order of its bytes.

    Directories that no layer has an entry for are left out: nothing is known of them. A hard link has
    the size, digest and class of its content, which may be in a lower layer.
    """
    for path in merged.paths:
        place = merged.find(path)
        if place is not None:
            yield _record(merged, path, place)


def _record(merged: Merged, path: bytes, place: Place) -> FileRecord:
    layer, entry = place
    entries = merged.strata[layer].entries
    lower, holder = merged.snapshots.content(place) or place
    content = merged.strata[lower].entries
    kind = _TYPES[EntryType(content.types[holder])]
    linked = entry in entries.bound and kind == "file"
    link = entries.links.get(entry, b"") if linked else content.links.get(holder, b"")
    return FileRecord(
        path="/" + to_text(path),
        type="hardlink" if linked else kind,
        mode=content.modes[holder],
        uid=content.uids[holder],
        gid=content.gids[holder],
        size=content.sizes[holder],
        layer=layer,
        digest=merged.snapshots.digest(place),
        link=to_text(link),
        content=_CONTENT[ContentClass(content.classes[holder])],
        capability=content.capabilities.get(holder, b"").hex(),
    )
