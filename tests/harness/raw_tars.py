"""Tars made byte by byte, so that tests say exactly what a layer holds, legal or not."""

import hashlib
from collections.abc import Sequence

BLOCK = 512
END = bytes(2 * BLOCK)


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def octal(value: int, width: int) -> bytes:
    text = b"%0*o" % (width - 1, value)
    return text + b"\0" if len(text) < width else base256(value, width)


def base256(value: int, width: int) -> bytes:
    raw = (value % (1 << (8 * width))).to_bytes(width, "big")
    return bytes([raw[0] | 0x80 if value >= 0 else raw[0]]) + raw[1:]


def header(
    name: bytes,
    *,
    kind: bytes = b"0",
    size: int | bytes = 0,
    link: bytes = b"",
    mode: int | bytes = 0o644,
    uid: int | bytes = 0,
    gid: int | bytes = 0,
    mtime: int | bytes = 0,
    magic: bytes = b"ustar\0" + b"00",
    prefix: bytes = b"",
    checksum: bytes | None = None,
    tail: bytes | None = None,
) -> bytes:
    """One header block; numbers given as bytes are written as they are."""

    def number(value: int | bytes, width: int) -> bytes:
        return value.ljust(width, b"\0") if isinstance(value, bytes) else octal(value, width)

    assert len(magic) == 8
    block = bytearray(
        name[:100].ljust(100, b"\0")
        + number(mode, 8)
        + number(uid, 8)
        + number(gid, 8)
        + number(size, 12)
        + number(mtime, 12)
        + b" " * 8
        + kind
        + link[:100].ljust(100, b"\0")
        + magic
        + bytes(64 + 16)  # owner names, devices
        + (tail if tail is not None else prefix.ljust(155, b"\0")).ljust(167, b"\0")
    )
    assert len(block) == BLOCK
    block[148:156] = checksum if checksum is not None else b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def file(name: bytes, content: bytes = b"", **fields: object) -> bytes:
    return header(name, size=len(content), **fields) + padded(content)  # type: ignore[arg-type]


def directory(name: bytes) -> bytes:
    return header(name, kind=b"5", mode=0o755)


def symlink(name: bytes, target: bytes) -> bytes:
    return header(name, kind=b"2", link=target)


def hard_link(name: bytes, target: bytes) -> bytes:
    return header(name, kind=b"1", link=target)


def record(key: bytes, value: bytes) -> bytes:
    """One record of a PAX header: its own length comes first."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def pax(records: Sequence[tuple[bytes, bytes]], kind: bytes = b"x") -> bytes:
    return file(b"PaxHeaders/x", b"".join(record(key, value) for key, value in records), kind=kind)


def gnu_long(name: bytes, kind: bytes = b"L") -> bytes:
    return file(b"././@LongLink", name + b"\0", kind=kind, magic=b"ustar  \0")
