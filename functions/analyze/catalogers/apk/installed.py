"""The `installed` file of apk.

Source: apk-tools 2, `src/database.c` and `src/package.c` (the letters), and the Apk spec of the Alpine wiki.
A package ends with a blank line. `F:` sets the directory, `R:` names a file in it, `Z:` its checksum.
"""

from collections.abc import Iterator
from typing import Any

from analyze.catalogers.text import PACKAGES, PATHS, Reasons, clean, is_name, words
from cargohold.paths import to_text

_TEXT = {
    b"P": "package",
    b"o": "originPackage",
    b"m": "maintainer",
    b"V": "version",
    b"A": "architecture",
    b"U": "url",
    b"L": "license",
    b"T": "description",
    b"C": "pullChecksum",
    b"c": "gitCommitOfApkPort",
}
_NUMBERS = {b"S": "size", b"I": "installedSize"}
_WORDS = {b"D": "pullDependencies", b"p": "provides"}


def installed(data: bytes, reasons: Reasons) -> list[dict[str, Any]]:
    """Return the packages: Syft's apk-db-entry fields, `license`, and `files` (paths with a leading "/").

    Sizes are in bytes; empty fields are absent. A broken line is left out, and named in `reasons`.
    """
    packages: list[dict[str, Any]] = []
    budget = PATHS
    for line, lines in _blocks(data):
        package = _package(line, lines, budget, reasons)
        if not is_name(package.get("package", "")):
            reasons.add(f"the package at line {line} has no name")
            continue
        if not package.get("version"):
            reasons.add(f"the package at line {line} has no version")
        if len(packages) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            break
        budget -= len(package.get("files", ()))
        packages.append(package)
    return packages


def _blocks(data: bytes) -> Iterator[tuple[int, list[bytes]]]:
    lines: list[bytes] = []
    number = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if line:
            lines.append(line)
        elif lines:
            yield number - len(lines), lines
            lines = []
    if lines:
        yield number + 1 - len(lines), lines


def _package(start: int, lines: list[bytes], budget: int, reasons: Reasons) -> dict[str, Any]:
    package: dict[str, Any] = {}
    files: list[str] = []
    directory = b""
    for number, line in enumerate(lines, start):
        letter, colon, value = line.partition(b":")
        if not colon:
            reasons.add(f"line {number} is no field")
        elif letter == b"F":
            directory = value.strip(b"/")
        elif letter == b"R":
            if len(files) < budget:
                files.append(to_text(b"/%b/%b" % (directory, value) if directory else b"/" + value))
            elif len(files) == budget:
                reasons.add(f"more than {PATHS} files")
                budget = -1
        elif value and letter in _TEXT:
            package.setdefault(_TEXT[letter], clean(value.decode("utf-8", "replace")))
        elif value and letter in _WORDS:
            package.setdefault(_WORDS[letter], words(value.decode("utf-8", "replace")))
        elif letter in _NUMBERS:
            if value.isdigit() and len(value) < 16:
                package.setdefault(_NUMBERS[letter], int(value))
            elif value:
                reasons.add(f"line {number} is no number")
    if files:
        package["files"] = files
    return package
