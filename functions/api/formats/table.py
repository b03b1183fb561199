"""`table`: name, version and type of every package, then what could not be read; for people."""

from collections.abc import Iterable, Iterator, Sequence

from api.analyses import AnalysisReader
from api.formats import Request
from cargohold.printable import printable


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the table; the columns are as wide as their widest cell. Scopes are told where there are several."""
    header = ("NAME", "VERSION", "TYPE", "SCOPE")[: 4 if len(request.scopes) > 1 else 3]
    found = {(p.name, p.version, p.type, p.scope.value)[: len(header)] for p in reader.packages()}
    yield from _table(header, sorted(found)) if found else [b"No packages found.\n"]
    unread = sorted({(unknown.path or "-", unknown.reason) for unknown in reader.unknowns()})
    if unread:
        yield b"\n"
        yield from _table(("NOT READ", "REASON"), unread)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    cells = [header, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"{line.rstrip()}\n".encode()
