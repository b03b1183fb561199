"""What the name of an archive says.

Source: Syft's `java/archive_filename.go`, whose two expressions backtrack without bound here: what they
match is found step by step instead.
"""

import re
from dataclasses import dataclass

EXTENSIONS = ("jar", "war", "ear", "par", "sar", "nar", "jpi", "hpi", "kar", "far", "lpkg", "rar")
_LONGEST = 1000
# Words between dashes that start with a letter.
_NAME = re.compile(r"[a-z][\w.]*(?:-[a-z][\w.]*)*-?", re.ASCII | re.IGNORECASE)
_VERSION = re.compile(r"[0-9].*|build[0-9]+.*|rc?[0-9]+", re.IGNORECASE)
_TRAILING_VERSION = re.compile(r"[._-]([0-9].*|build[0-9]+.*|rc?[0-9]+)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filename:
    """Name and version, "" where the file name has none, and the extension in lower case."""

    name: str
    version: str
    extension: str


def parse(path: str) -> Filename:
    """Split the last part of a path: `WEB-INF/lib/guava-r06.jar` is guava, r06, jar."""
    base = path.rpartition("/")[2]
    stem, dot, extension = base.rpartition(".")
    if not dot:
        stem, extension = base, ""
    if len(stem) > _LONGEST or "\n" in stem:
        return Filename("", "", extension.lower())
    name, version = _split(stem)
    if not version and (found := _TRAILING_VERSION.search(name)):
        name, version = name[: found.start()], found[1]
    return Filename(name, version, extension.lower())


def _split(stem: str) -> tuple[str, str]:
    """Return the shortest name that leaves a version behind a dash, or the whole as a name."""
    match = _NAME.match(stem)
    if match is None:
        return "", ""
    dash = stem.find("-")
    while 0 < dash <= match.end():
        if _VERSION.fullmatch(stem, dash + 1):
            return stem[:dash], stem[dash + 1 :]
        dash = stem.find("-", dash + 1)
    return (stem, "") if match.end() == len(stem) else ("", "")
