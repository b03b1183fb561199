"""The files of a package: paths out of three lists, with what else the header says of each.

Source: rpm's `lib/rpmfi.cc` and `include/rpm/rpmfiles.h` (flags). Older headers, and those of gpg-pubkey,
have no lists or one list of whole paths.
"""

from collections.abc import Iterator
from typing import Any

from analyze.catalogers.rpm.header import Header
from analyze.catalogers.rpm.signatures import HASHES
from cargohold.paths import to_text

OLD_NAMES, SIZES, MODES, DIGESTS, FLAGS, USERS, GROUPS = 1027, 1028, 1030, 1035, 1037, 1039, 1040
INDEXES, NAMES, DIRECTORIES, LONG_SIZES, ALGORITHM = 1116, 1117, 1118, 5008, 5011
TAGS = (OLD_NAMES, SIZES, MODES, DIGESTS, FLAGS, USERS, GROUPS, INDEXES, NAMES, DIRECTORIES, LONG_SIZES, ALGORITHM)

_MD5 = 1  # what digests are when the header does not say
_FLAGS = ((2, "d"), (1, "c"), (32, "s"), (8, "m"), (16, "n"), (64, "g"), (128, "l"), (256, "r"), (4096, "a"))
_LARGEST = 1 << 63


def files(header: Header) -> dict[str, Any]:
    """Return a package's files column by column, small as facts; empty columns are absent.

    `directories`, and of each file `at` (a number in them) and `names`; `modes`, `sizes`, `flags` (numbers),
    `digests` (hexadecimal, "" for what has none), `users` and `groups`: one for each file, or only one when
    it is the same for all. `algorithm` is of the digests. Raises `ValueError` when the lists do not fit.
    """
    names, indexes, directories = header.strings(NAMES), header.numbers(INDEXES), header.strings(DIRECTORIES)
    if not names:
        names, indexes, directories = header.strings(OLD_NAMES), (), [b""]
        indexes = (0,) * len(names)
    if not names:
        return {}
    if len(indexes) != len(names) or max(indexes) >= len(directories):
        raise ValueError(f"{len(names)} files with {len(indexes)} of {len(directories)} directories")
    columns: dict[str, Any] = {
        "directories": [to_text(directory) for directory in directories],
        "at": list(indexes),
        "names": [to_text(name) for name in names],
        "modes": header.numbers(MODES),
        "sizes": header.numbers(SIZES) or tuple(min(size, _LARGEST - 1) for size in header.numbers(LONG_SIZES)),
        "flags": header.numbers(FLAGS),
        "digests": [digest.decode("ascii", "replace") for digest in header.strings(DIGESTS)],
        "users": [to_text(user) for user in header.strings(USERS)],
        "groups": [to_text(group) for group in header.strings(GROUPS)],
    }
    for name, column in columns.items():
        if name != "directories" and column:
            if len(column) != len(names):
                raise ValueError(f"{len(column)} {name} of {len(names)} files")
            if name not in ("at", "names") and column.count(column[0]) == len(column):
                columns[name] = column[:1]
            columns[name] = list(columns[name])
    algorithm = header.numbers(ALGORITHM)
    columns["algorithm"] = HASHES.get(algorithm[0] if algorithm else _MD5, "").lower()
    return {name: column for name, column in columns.items() if column}


def weight(columns: dict[str, Any]) -> tuple[int, int]:
    """Return how many files there are, and how many characters their paths have when they are put together."""
    lengths = [len(directory) for directory in columns.get("directories", ())]
    names = columns.get("names", ())
    return len(names), sum(map(len, names)) + sum(lengths[index] for index in columns.get("at", ()))


def paths(columns: dict[str, Any]) -> list[str]:
    """Return the paths, each with a leading "/"."""
    directories = ["/" + directory.strip("/") for directory in columns.get("directories", ())]
    directories = [directory if directory == "/" else directory + "/" for directory in directories]
    return [
        directories[index] + (name.lstrip("/"))
        for index, name in zip(columns.get("at", ()), columns.get("names", ()), strict=True)
    ]


def records(columns: dict[str, Any], owned: list[str]) -> list[dict[str, Any]]:
    """Return Syft's records of the files whose paths are `owned`."""
    algorithm = columns.get("algorithm", "")
    flags = {flag: "".join(letter for bit, letter in _FLAGS if flag & bit) for flag in set(columns.get("flags", ()))}
    rows = zip(
        owned,
        _column(columns, "modes", 0),
        _column(columns, "sizes", 0),
        _column(columns, "digests", ""),
        _column(columns, "users", ""),
        _column(columns, "groups", ""),
        _column(columns, "flags", 0),
        strict=False,
    )
    return [
        {
            "path": path,
            "mode": mode,
            "size": size,
            "digest": {"algorithm": algorithm, "value": digest} if digest else {},
            "userName": user,
            "groupName": group,
            "flags": flags.get(flag, ""),
        }
        for path, mode, size, digest, user, group, flag in rows
    ]


def _column(columns: dict[str, Any], name: str, default: Any) -> Iterator[Any]:
    """Yield a value for each file."""
    values = columns.get(name, ())
    count = len(columns.get("names", ()))
    if len(values) == count:
        yield from values
    else:
        value = values[0] if values else default
        yield from (value for _ in range(count))
