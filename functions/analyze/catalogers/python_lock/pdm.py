"""pdm.lock.

Source: `pdm/formats` and `pdm/project/lockfile` of pdm-project/pdm: `package` tables with requirements as
text; a package with extras is a table of its own. Files are in the table, before version 4 in `metadata`.
"""

from analyze.catalogers.lockfile import toml
from analyze.catalogers.lockfile.entries import Entries, table, tables, text, texts
from analyze.catalogers.python_lock.named import Named, requirement
from cargohold.purl import normalized_python_name


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = toml.loads(data)
    files = table(table(document.get("metadata")).get("files"))
    named = Named(entries)
    for package in tables(document.get("package")):
        name, version = text(package.get("name")), text(package.get("version"))
        dependencies = texts(package.get("dependencies"))
        groups = texts(package.get("groups"))
        metadata = {
            "summary": text(package.get("summary")),
            "files": [
                {"url": text(one.get("url")) or text(one.get("file")), "digest": text(one.get("hash"))}
                for one in tables(package.get("files")) or tables(files.get(f"{name} {version}"))
            ],
            "marker": text(package.get("marker")),
            "requiresPython": text(package.get("requires_python")),
            "dependencies": dependencies,
            "development": bool(groups) and "default" not in groups,
        }
        position = entries.add(name, version, metadata)
        needed = [requirement(one)[0] for one in dependencies]
        own = normalized_python_name(name)
        named.add(name, version, position, [(one, "") for one in needed if one and normalized_python_name(one) != own])
    named.relate()
