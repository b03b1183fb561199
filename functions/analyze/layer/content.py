"""What the first block of a file says it is."""

from analyze.layer.entries import ContentClass

HEAD = 512  # bytes that decide; a tar's own block, so that they are at hand whatever the file's size

_TEXT = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x100)) - {0x7F})  # as file(1) and Git tell them apart
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_DOS_HEADER = 64  # bytes, without which "MZ" is no program
_MARKS = ((b"\x7fELF", ContentClass.ELF), (b"#!", ContentClass.SCRIPT), *((mark, ContentClass.ZIP) for mark in _ZIP))


def classify(head: bytes) -> ContentClass:
    """Return the class of a file that starts with `head`, its first `HEAD` bytes or all it has."""
    if not head:
        return ContentClass.NONE
    first = head[0]
    if first == 0x7F and head.startswith(b"\x7fELF"):
        return ContentClass.ELF
    if first == 0x23 and head.startswith(b"#!"):
        return ContentClass.SCRIPT
    if first == 0x50 and head.startswith(_ZIP):
        return ContentClass.ZIP
    if first == 0x4D and len(head) >= _DOS_HEADER and head.startswith(b"MZ"):
        return ContentClass.PE
    return ContentClass.BINARY if head.translate(None, _TEXT) else ContentClass.TEXT


def classes_of(magic: bytes, size: int = 0) -> frozenset[ContentClass]:
    """Return every class that a file of `size` bytes or more whose first bytes are `magic` (at most `HEAD`) can have.

    Text in the sense of `classify` may have any byte over 127. What starts with a magic that has one is taken
    for that format only when it is no text: all such formats have zeros in their first block, and a cataloger
    of programs need not look at texts.
    """
    for mark, kind in _MARKS:
        if magic.startswith(mark):
            return frozenset({kind})
    possible = {kind for mark, kind in _MARKS if mark.startswith(magic)} | {ContentClass.BINARY}
    if magic.startswith(b"MZ") or b"MZ".startswith(magic):
        possible.add(ContentClass.PE)
        if magic.startswith(b"MZ") and size >= _DOS_HEADER:
            return frozenset({ContentClass.PE})
    if magic.isascii() and not magic.translate(None, _TEXT):
        possible.add(ContentClass.TEXT)
    return frozenset(possible)
