"""cache.sqlite3: which package lies in which folder of Conan 2's cache.

Source: `conan/internal/cache/db/packages_table.py`. `prev` is the revision of a package that was built.
"""

from typing import Any

from analyze.catalogers.conan.references import parse
from analyze.catalogers.sqlite_memory import Unreadable, opened
from analyze.catalogers.text import PACKAGES, Reasons, clean

_QUERY = "SELECT reference, rrev, pkgid, prev, path FROM packages WHERE prev IS NOT NULL LIMIT ?"


def packages(data: bytes, reasons: Reasons) -> list[dict[str, Any]]:
    """Return reference, name, version, package_id and `path` (relative to the cache) of each package."""
    found: list[dict[str, Any]] = []
    try:
        with opened(data, ("packages",)) as database:
            for row in database.rows(_QUERY, PACKAGES) if database.tables else ():
                reference, revision, package_id, _, path = (one if isinstance(one, str) else "" for one in row)
                parsed = parse(reference)
                if parsed is None or not path or ".." in path:
                    continue
                text = f"{parsed.text}#{revision}" if revision else parsed.text
                found.append(
                    {
                        "reference": clean(text),
                        "name": parsed.name,
                        "version": parsed.version,
                        "package_id": clean(package_id),
                        "path": clean(path),
                    }
                )
    except Unreadable as error:
        reasons.add(str(error))
    return found
