"""What the first block of a file says it is."""

from analyze.layer.entries import ContentClass

HEAD = 512  # bytes that decide; a tar's own block, so that they are at hand whatever the file's size

_TEXT = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x100)) - {0x7F})  # as file(1) and Git tell them apart
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


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
    if first == 0x4D and len(head) >= 64 and head.startswith(b"MZ"):
        return ContentClass.PE
    return ContentClass.BINARY if head.translate(None, _TEXT) else ContentClass.TEXT
