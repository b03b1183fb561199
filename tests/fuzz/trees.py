"""Files of an image as files here.

A path's bytes that are unsafe in a name are percent-encoded; `.packed` ends the name of a file that is
large only because it repeats itself, and is kept with gzip.
"""

import gzip
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

_PACKED = ".packed"
_SMALL = 4 << 10
_SAFE = "/ @+=,~()[]{}"


def write(directory: Path, files: Mapping[bytes, bytes]) -> None:
    """Write files below a directory in the place of what was there."""
    shutil.rmtree(directory, ignore_errors=True)
    for path, content in files.items():
        place = directory / quote_from_bytes(path, _SAFE)
        place.parent.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(content, mtime=0)
        if len(content) > _SMALL and len(packed) < len(content) // 4:
            place.with_name(place.name + _PACKED).write_bytes(packed)
        else:
            place.write_bytes(content)


def read(directory: Path) -> dict[bytes, bytes]:
    """Return the files below a directory by their path in an image."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            name, content = path.relative_to(directory).as_posix(), path.read_bytes()
            packed = name.endswith(_PACKED)
            found[unquote_to_bytes(name.removesuffix(_PACKED))] = gzip.decompress(content) if packed else content
    return found
