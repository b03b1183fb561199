"""Which package a package of a program depends on."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from analyze.catalogers.contract import FileFacts
from analyze.catalogers.dotnet.assembly import is_runtime, path_text
from analyze.catalogers.dotnet.deps import nearest
from cargohold.model import Package, Relationship

_LOOKED_AT = 2_000_000  # entries of one deps.json, each as often as a package leads to it


def relations(found: Sequence[FileFacts], packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` by each deps.json, and of client-side libraries and shared runtimes to programs.

    Dependencies that are no packages are passed over to theirs. Which shared runtime a program takes is
    not written down, so it may be any, unless it brings its own.
    """
    by_path: dict[str, dict[str, str]] = defaultdict(dict)
    for package in packages:
        by_path[package.locations[0].path][f"{package.name}/{package.metadata.get('version', '')}"] = package.id
    programs = {path_text(one.path) for one in found if _has_program(one)}
    shared = {
        package.id
        for package in packages
        if package.type == "dotnet" and is_runtime(package.name) and package.locations[0].path not in programs
    }
    for one in found:
        if one.facts.detail.get("kind") != "deps":
            continue
        path = path_text(one.path)
        ids, others = by_path[path], one.facts.detail["others"]
        beside = by_path.get(path.rpartition("/")[0] + "/libman.json", {})
        bundled = any(is_runtime(record["name"]) for record in one.facts.detail["packages"])
        left, rooted = _LOOKED_AT, False
        for record in one.facts.detail["packages"]:
            child = ids.get(f"{record['name']}/{record.get('version', '')}")
            if child is None:
                continue
            parents, looked = nearest(record.get("dependencies", ()), ids, others, left)
            left -= looked
            if record.get("root") and not rooted:
                rooted = True
                parents |= set(beside.values()) if bundled else shared | set(beside.values())
            for parent in sorted(parents - {child}):
                yield Relationship(parent, child, "dependency-of")


def _has_program(one: FileFacts) -> bool:
    return any(record.get("root") for record in one.facts.detail.get("packages", ()))
