"""Kernel images.

Source: the kernel's `Documentation/arch/x86/boot.rst` (the setup header), `Documentation/arch/arm64/booting.rst`
and `init/version-timestamp.c` (the banner "Linux version ..."); file(1)'s `magic/Magdir/linux` for the words.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from analyze.catalogers.contract import LayerFile
from analyze.catalogers.executables import elf
from analyze.catalogers.inflate import GZIP
from analyze.catalogers.text import clean, decoded

HEAD = 1024
_SETUP = 64 << 10  # bytes of the real-mode part, in which the version is
_SEARCHED = 128 << 20  # bytes of an image that has its version in its data
_CHUNK = 1 << 20
_OVERLAP = 1 << 10
_BANNER = re.compile(rb"Linux version (\d[^\s\0]{0,200}) (\([^\0\n]{0,500}\)) (#[^\0\n]{0,200})")
_ARM64 = b"ARM\x64"
_VIDEO = {0xFFFF: "Normal VGA", 0xFFFE: "Extended VGA", 0xFFFD: "Prompt for Videomode"}
_ELF_MACHINES = {3: "x86", 62: "x86", 183: "arm64", 40: "arm"}


def kernel(file: LayerFile) -> dict[str, Any] | None:
    """Return Syft's linux-kernel-archive fields, or None when the file is no kernel that says its version.

    Raises what `file.open` raises.
    """
    head = file.head(HEAD)
    if head[0x202:0x206] == b"HdrS" and head[0x1FE:0x200] == b"\x55\xaa":
        return _x86(file.head(_SETUP))
    if head[0x38:0x3C] == _ARM64:
        return _by_banner(file, "arm64", "Image", compressed=False)
    if head.startswith(elf.MAGIC):
        kind = elf.identify(head)
        machine = int.from_bytes(head[18:20], kind[1]) if kind is not None else 0
        return _by_banner(file, _ELF_MACHINES.get(machine, ""), "vmlinux", compressed=False)
    if head.startswith(GZIP):
        try:
            start = zlib.decompressobj(wbits=31).decompress(head, 0x40)
        except zlib.error:
            return None
        return _by_banner(file, "arm64", "Image.gz", compressed=True) if start[0x38:0x3C] == _ARM64 else None
    return None


def _x86(data: bytes) -> dict[str, Any] | None:
    if _short(data, 0x206) < 0x200 or not _short(data, 0x20E):
        return None
    start = 0x200 + _short(data, 0x20E)
    extended = clean(decoded(data[start : start + 512].split(b"\0", 1)[0]))
    if not extended or not extended[0].isdigit():
        return None
    mode = _short(data, 0x1FA)
    return _full(
        {
            "name": "linux-kernel",
            "architecture": "x86",
            "version": extended.split()[0],
            "extendedVersion": extended,
            "format": "bzImage" if data[0x211] & 1 else "zImage",
            "rwRootFS": _short(data, 0x1F2) == 0,
            "swapDevice": _short(data, 0x1F6),
            "rootDevice": _short(data, 0x1FC),
            "videoMode": _VIDEO.get(mode, f"Video mode {mode}"),
        }
    )


def _by_banner(file: LayerFile, architecture: str, form: str, *, compressed: bool) -> dict[str, Any] | None:
    """Search for the banner that the kernel prints first; it is in the data of every image."""
    match = _banner(file, compressed=compressed)
    if match is None:
        return None
    version, builder, build = (clean(decoded(part)) for part in match.groups())
    return _full(
        {
            "name": "linux-kernel",
            "architecture": architecture,
            "version": version,
            "extendedVersion": f"{version} {builder} {build}",
            "format": form,
        }
    )


def _banner(file: LayerFile, *, compressed: bool) -> re.Match[bytes] | None:
    tail = b""
    left = _SEARCHED
    with file.open() as stream:
        for part in _inflated(stream) if compressed else iter(lambda: stream.read(_CHUNK), b""):
            match = _BANNER.search(tail + part)
            left -= len(part)
            if match is not None or left <= 0:
                return match
            tail = part[-_OVERLAP:]
    return None


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    data = b""
    while not inflate.eof and (data := data or stream.read(_CHUNK)):
        try:
            part = inflate.decompress(data, _CHUNK)
        except zlib.error:
            return
        data = inflate.unconsumed_tail
        if part:
            yield part


def _short(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 2], "little")


def _full(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value}
