"""`table`: name, version and type of every visible package, for people."""

from collections.abc import Iterator

from api.analyses import AnalysisReader
from cargohold.model import Scope


def render(reader: AnalysisReader) -> Iterator[bytes]:
    """Yield the table; the columns are as wide as their widest cell."""
    rows = sorted({(p.name, p.version, p.type) for p in reader.packages() if p.scope is Scope.VISIBLE})
    if not rows:
        yield b"No packages found.\n"
        return
    rows.insert(0, ("NAME", "VERSION", "TYPE"))
    names, versions = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, version, kind in rows:
        yield f"{name:<{names}}  {version:<{versions}}  {kind}\n".encode()
