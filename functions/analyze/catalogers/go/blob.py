"""The build info blob of a Go executable: which Go linked it, and the text that names its modules.

Source: Go's debug/buildinfo and cmd/link/internal/ld (`Link.buildinfo`). Go 1.13 to 1.17 write pointers to
two Go strings, 1.18 and later the strings themselves.
"""

from typing import Literal

from analyze.catalogers.executables import Elf, Executable, Malformed, Pe

_MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_HEADER = 32
_BIG_ENDIAN, _INLINE = 1, 2  # flags
_FRAME = 16  # bytes of a sentinel before and after the text
_CHUNK = 1 << 20
_SEARCHED = 16 << 20  # of a data section that does not say where the blob is; linkers put it first
_VERSION = 1 << 10
_TEXT = 4 << 20  # of modules; ten thousand make a megabyte
_VARINT = 10
_PE_DATA = 0x40 | 0x40000000 | 0x80000000  # initialised data, readable, writable
_PE_ALIGN = 0x600000


def read(image: Executable) -> tuple[str, str] | None:
    """Return Go's version and the text of modules, "" when there is none; None when Go did not link the image.

    Raises `Malformed` when it looks like Go's and cannot be followed.
    """
    for address, size in _places(image):
        found = _find(image, address, min(size, _SEARCHED))
        if found is not None:
            return _decode(image, found)
    return None


def _places(image: Executable) -> list[tuple[int, int]]:
    """Return the address and size of where the blob may be."""
    if isinstance(image, Elf):
        if image.names_section(b".go.buildinfo"):
            section = image.section(".go.buildinfo")
            return [(section.address, section.size)] if section is not None else []
        if image.has_sections:
            return []
        return [(one.address, one.size) for one in image.segments if one.writable][:1]
    if isinstance(image, Pe):
        data = (one for one in image.sections if one.size and one.flags & ~_PE_ALIGN == _PE_DATA)
        return [(one.address, one.size) for one in data][:1]
    section = image.section("__go_buildinfo")
    return [(section.address, section.size)] if section is not None else []


def _find(image: Executable, start: int, size: int) -> int | None:
    """Return the address of the first blob in a range: it is aligned, so it cannot cross a chunk."""
    end = start + size
    start = (start + _ALIGN - 1) // _ALIGN * _ALIGN
    while start < end:
        data = image.read_address(start, min(_CHUNK, end - start))
        at = data.find(_MAGIC)
        while at >= 0:
            if at % _ALIGN == 0:
                return start + at
            at = data.find(_MAGIC, at + 1)
        if len(data) < _CHUNK:
            return None
        start += _CHUNK
    return None


def _decode(image: Executable, address: int) -> tuple[str, str]:
    header = image.read_address(address, _HEADER)
    if len(header) < _HEADER:
        raise Malformed("the Go build info is cut off")
    width, flags = header[14], header[15]
    if flags & _INLINE:
        version, after = _inline(image, address + _HEADER, _VERSION)
        text, _ = _inline(image, after, _TEXT)
    elif width in (4, 8):
        order: Literal["little", "big"] = "big" if flags & _BIG_ENDIAN else "little"
        pointers = [int.from_bytes(header[16 + width * one : 16 + width * (one + 1)], order) for one in (0, 1)]
        version = _string(image, pointers[0], width, order, _VERSION)
        text = _string(image, pointers[1], width, order, _TEXT)
    else:
        raise Malformed(f"Go build info with pointers of {width} bytes")
    if not version:
        raise Malformed("Go build info without a version")
    framed = len(text) >= 2 * _FRAME + 1 and text[-_FRAME - 1 :].startswith(b"\n")
    return version.decode("utf-8", "replace"), text[_FRAME:-_FRAME].decode("utf-8", "replace") if framed else ""


def _inline(image: Executable, address: int, limit: int) -> tuple[bytes, int]:
    """Return a string after its length as a varint, and the address after it."""
    size = shift = 0
    for count, byte in enumerate(image.read_address(address, _VARINT), 1):
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return _exactly(image, address + count, size, limit), address + count + size
    raise Malformed("a length in the Go build info is cut off")


def _string(image: Executable, address: int, width: int, order: Literal["little", "big"], limit: int) -> bytes:
    """Return what a Go string at an address says; b"" where there is none."""
    header = image.read_address(address, 2 * width) if address else b""
    if len(header) < 2 * width:
        return b""
    return _exactly(
        image, int.from_bytes(header[:width], order), int.from_bytes(header[width : 2 * width], order), limit
    )


def _exactly(image: Executable, address: int, size: int, limit: int) -> bytes:
    data = image.read_address(address, size) if size <= limit else b""
    if len(data) != size:
        raise Malformed(f"a text of {size} bytes in the Go build info")
    return data
