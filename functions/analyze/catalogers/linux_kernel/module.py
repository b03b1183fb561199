"""The section .modinfo of a kernel module: `key=value` strings, each ended by NUL.

Source: the kernel's `include/linux/moduleparam.h` (MODULE_INFO) and `scripts/mod/modpost.c`.
"""

from io import BytesIO
from typing import Any, BinaryIO

from analyze.catalogers.executables import Elf, Window
from analyze.catalogers.text import clean, decoded

_MODINFO = 1 << 20
_ENTRIES = 5000
_TEXTS = {
    "name": "name",
    "version": "version",
    "srcversion": "sourceVersion",
    "description": "description",
    "author": "author",
    "license": "license",
    "vermagic": "versionMagic",
}


def module(stream: BinaryIO, size: int) -> dict[str, Any] | None:
    """Return Syft's linux-kernel-module fields (`path` apart) and `depends`; None without a version of the kernel.

    Raises `Malformed`.
    """
    elf = Elf(Window(stream, 0, size))
    section = elf.section(".modinfo")
    if section is None:
        return None
    found: dict[str, Any] = {}
    parameters: dict[str, dict[str, str]] = {}
    for entry in elf.read(section, _MODINFO).split(b"\0", _ENTRIES)[:_ENTRIES]:
        key, equals, value = decoded(entry).partition("=")
        if not equals:
            continue
        value = clean(value)
        if key in _TEXTS:
            found[_TEXTS[key]] = value
        elif key == "depends":
            found["depends"] = [name for name in value.split(",") if name]
        elif key in ("parm", "parmtype"):
            name, _, said = value.partition(":")
            parameters.setdefault(name, {})["type" if key == "parmtype" else "description"] = said
    magic = found.get("versionMagic", "").split()
    if not magic:
        return None
    found["kernelVersion"] = magic[0]
    found["parameters"] = parameters
    return {key: value for key, value in found.items() if value}


def module_of(data: bytes) -> dict[str, Any] | None:
    """Return what `module` does, of bytes."""
    return module(BytesIO(data), len(data))
