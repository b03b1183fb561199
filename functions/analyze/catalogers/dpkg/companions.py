"""The files beside a status file: which files a package owns, and where diversions put them.

Source: deb-md5sums(5), deb-conffiles(5), dpkg-divert(1) and dpkg's `lib/dpkg/db-fsys-files.c` (the .list files).
"""

from analyze.catalogers.text import PATHS, Reasons
from cargohold.paths import to_rooted_texts, to_text


def md5sums(data: bytes, reasons: Reasons) -> list[str]:
    """Return the paths of `digest  path` lines, each with a leading "/"."""
    paths = []
    for number, line in enumerate(_lines(data, reasons), 1):
        if not line:
            continue
        _, blank, path = line.partition(b" ")
        path = path[1:] if path[:1] in (b" ", b"*") else path
        if blank and path:
            paths.append(path)
        else:
            reasons.add(f"line {number} is not a digest and a path")
    return _absolute(paths)


def conffiles(data: bytes, reasons: Reasons) -> list[str]:
    """Return the paths of a conffiles file; lines may carry the flag `remove-on-upgrade`."""
    lines = map(bytes.strip, _lines(data, reasons))
    return _absolute([line for line in lines if line and not line.startswith(b"remove-on-upgrade ")])


def file_list(data: bytes, reasons: Reasons) -> list[str]:
    """Return the paths of a .list file that are no directories of others in it, nor the root."""
    lines = [line for line in _lines(data, reasons) if line]
    parents = {line.rpartition(b"/")[0] for line in lines}
    return _absolute([line for line in lines if line not in parents and line not in (b"/.", b"/")])


def diversions(data: bytes, reasons: Reasons) -> list[list[str]]:
    """Return `[path, where it is diverted to, the package that diverts it or ":"]` of each diversion."""
    lines = _lines(data, reasons)
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) % 3:
        reasons.add("the last diversion is incomplete")
    return [[*_absolute(lines[at : at + 2]), to_text(lines[at + 2])] for at in range(0, len(lines) - 2, 3)]


def _lines(data: bytes, reasons: Reasons) -> list[bytes]:
    lines = data.split(b"\n", PATHS)
    if len(lines) > PATHS:
        lines.pop()
        reasons.add(f"more than {PATHS} lines")
    return lines


def _absolute(paths: list[bytes]) -> list[str]:
    return to_rooted_texts([path.removeprefix(b"./").removeprefix(b"/") for path in paths])
