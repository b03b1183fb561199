"""conaninfo.txt and conanmanifest.txt, which lie in the folder of each package.

Source: `conan/internal/model/info.py` and `conan/internal/model/manifest.py` of Conan 2, and Conan 1's
`conans/model/info.py` for `[full_requires]` and `[recipe_hash]`.
"""

from analyze.catalogers.text import PATHS, clean

_SECTIONS = frozenset({"settings", "requires", "full_requires", "recipe_hash"})
_MOST = 2000  # lines of a section


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines of the sections `settings`, `requires`, `full_requires` and `recipe_hash`; others are absent."""
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line[1:-1], []) if line[1:-1] in _SECTIONS else None
        elif lines is not None and line and not line.startswith("#") and len(lines) < _MOST:
            lines.append(clean(line))
    return found


def manifest(text: str) -> list[str]:
    """Return the paths of `path: md5` lines after the time stamp, relative to the package."""
    paths = []
    for line in text.split("\n", PATHS)[1 : PATHS + 1]:
        path, colon, digest = line.rpartition(":")
        if colon and digest.strip() and (path := clean(path)):
            paths.append(path)
    return paths
