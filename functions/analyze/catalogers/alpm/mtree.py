"""`mtree` of pacman's local database: what makepkg saw of each file of a package.

Source: mtree(5) of libarchive, and makepkg's `generate_meta.sh` for the keywords. gzip, then a line a file:
its path, with octal escapes, and keywords; `/set` gives those of the files that follow.
"""

import re
import zlib
from datetime import UTC, datetime
from typing import Any

from analyze.catalogers.text import PATHS, Reasons
from cargohold.paths import to_text

_LARGEST = 64 << 20  # of what it unpacks to
_LINES = PATHS
_ESCAPE = re.compile(rb"\\([0-7]{3})")
_SECONDS = re.compile(rb"\d{1,11}")
_GZIP = b"\x1f\x8b"
_WORDS = 64  # of a line
_DEFAULTS = {b"type": b"file", b"uid": b"0", b"gid": b"0"}
_KEYWORDS = {
    b"type": "type",
    b"uid": "uid",
    b"gid": "gid",
    b"time": "time",
    b"size": "size",
    b"link": "link",
    b"md5digest": "md5",
    b"sha256digest": "sha256",
}

_Row = tuple[int, bytes, list[bytes]]


def files(data: bytes, reasons: Reasons) -> dict[str, list[Any]]:
    """Return the files of a package column by column, small as facts.

    `directories`, and of each file `at` (a number in them) and `names`; the other columns are keywords as
    mtree has them, one for each file, or only one when it is the same for all. MD5 is left out where there
    is SHA-256. What makepkg says of the package itself (`.PKGINFO` and so on) is no file of it.
    """
    text = _unpacked(data, reasons)
    if text.count(b"\n") > _LINES:
        reasons.add(f"more than {_LINES} lines")
        return {}
    directories: dict[bytes, int] = {}
    rows: list[_Row] = []
    shared = _DEFAULTS
    for number, line in enumerate(text.split(b"\n"), 1):
        name, *words = line.split(None, _WORDS)[:_WORDS] or [b"#"]
        keywords = {key: value for key, _, value in (word.partition(b"=") for word in words) if key in _KEYWORDS}
        if name == b"/set":
            shared = {**shared, **keywords}
        elif name == b"/unset":
            shared = {key: value for key, value in shared.items() if key not in words}
        elif name.startswith(b"./"):
            directory, _, base = _unescaped(name[2:]).rpartition(b"/")
            if directory or not base.startswith(b"."):
                known = {**shared, **keywords}
                values = [known.get(keyword, b"") for keyword in _KEYWORDS]
                rows.append((directories.setdefault(directory, len(directories)), base, values))
        elif not name.startswith(b"#"):
            reasons.add(f"line {number} is no file")
    return _columns(list(directories), rows)


def records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return Syft's records of files."""
    owned = paths(columns)
    values = [_spread(columns.get(name, [""]), len(owned)) for name in _KEYWORDS.values()]
    found = []
    for path, type_, uid, gid, time, size, link, md5, sha256 in zip(owned, *values, strict=True):
        digests = [{"algorithm": name, "value": value} for name, value in (("md5", md5), ("sha256", sha256)) if value]
        record = {
            "path": path,
            "type": type_,
            "uid": uid,
            "gid": gid,
            "time": datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else "",
            "size": size,
            "link": link,
            "digest": digests,
        }
        found.append({field: value for field, value in record.items() if value})
    return found


def paths(columns: dict[str, list[Any]]) -> list[str]:
    """Return the paths, each with a leading "/"."""
    directories = ["/" + directory + "/" if directory else "/" for directory in columns.get("directories", ())]
    return [directories[at] + name for at, name in zip(columns.get("at", ()), columns.get("names", ()), strict=True)]


def _columns(directories: list[bytes], rows: list[_Row]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "directories": [to_text(directory) for directory in directories],
        "at": [at for at, _, _ in rows],
        "names": [to_text(name) for _, name, _ in rows],
    }
    for place, (keyword, name) in enumerate(_KEYWORDS.items()):
        columns[name] = [to_text(_unescaped(values[place])) for _, _, values in rows]
        if keyword == b"time":
            columns[name] = [_seconds(values[place]) for _, _, values in rows]
    if columns["sha256"]:
        columns["md5"] = ["" if sha256 else md5 for md5, sha256 in zip(columns["md5"], columns["sha256"], strict=True)]
    for name in _KEYWORDS.values():
        column = columns[name]
        if column and column.count(column[0]) == len(column):
            columns[name] = column[:1] if column[0] else []
    return {name: column for name, column in columns.items() if column}


def _spread(column: list[Any], count: int) -> list[Any]:
    return column if len(column) == count else column * count


def _unpacked(data: bytes, reasons: Reasons) -> bytes:
    if not data.startswith(_GZIP):
        return data
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(data, _LARGEST)
    except zlib.error:
        reasons.add("damaged gzip")
        return b""
    if not inflate.eof:
        reasons.add(f"cut short, or larger than {_LARGEST} bytes when it is unpacked")
    return text


def _unescaped(name: bytes) -> bytes:
    if b"\\" not in name:
        return name
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), name)


def _seconds(value: bytes) -> int:
    match = _SECONDS.match(value)
    return int(match[0]) if match else 0
