"""Layer records written by hand, for tests of what is made of them.

Members are short strings: `d/` a directory, `f=text` a file, `l->target` a symbolic link,
`h=>target` a hard link, and names with `.wh.` whiteouts and opaque markers as in a tar. The members of
a layer must be canonical already, as the walker makes them.
"""

from collections.abc import Mapping
from hashlib import sha256

from analyze.catalogers.contract import Facts
from analyze.layer.entries import Entries, EntryType
from analyze.layer.record import LayerRecord, Section
from cargohold.paths import to_text


def entries(*members: str | bytes) -> Entries:
    """Return the entries of one layer."""
    result = Entries()
    index: dict[bytes, int] = {}
    for member in members:
        raw = member.encode() if isinstance(member, str) else member
        content, link, bound = b"", None, None
        kind = EntryType.FILE
        if b"=>" in raw:
            path, link = raw.split(b"=>", 1)
            bound = index.get(link, -1)
        elif b"->" in raw:
            path, link = raw.split(b"->", 1)
            kind = EntryType.SYMLINK
        elif b"=" in raw:
            path, content = raw.split(b"=", 1)
        else:
            path = raw
        if path.endswith(b"/"):
            path, kind = path.rstrip(b"/"), EntryType.DIRECTORY
        directory, _, name = path.rpartition(b"/")
        if name == b".wh..wh..opq":
            result.opaques.append(directory)
            continue
        if name.startswith(b".wh."):
            result.whiteouts.append((directory + b"/" if directory else b"") + name[4:])
            continue
        entry = index[path] = len(result.paths)
        result.paths.append(path)
        result.types.append(kind)
        result.modes.append(0o755)
        result.uids.append(0)
        result.gids.append(0)
        result.sizes.append(len(content))
        result.mtimes.append(0)
        result.classes.append(0)
        regular = kind == EntryType.FILE and bound is None
        result.digests += sha256(content).digest() if regular else bytes(32)
        if link is not None:
            result.links[entry] = link
        if bound is not None:
            result.bound[entry] = bound
    return result


def record(*members: str | bytes, facts: Mapping[str, Mapping[str, Facts]] | None = None) -> LayerRecord:
    """Return a layer record; `facts` by cataloger and path."""
    columns = entries(*members)
    index = {to_text(path): entry for entry, path in enumerate(columns.paths)}
    sections = {
        cataloger: Section(1, {index[path]: found for path, found in by_path.items()})
        for cataloger, by_path in (facts or {}).items()
    }
    return LayerRecord("", "", 0, 0, columns, sections, {}, [])
