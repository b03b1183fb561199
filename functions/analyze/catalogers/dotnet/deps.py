"""deps.json: which packages a program was built with, and which files each brings.

Source: dotnet/sdk's "Runtime Configuration Files" (`documentation/specs/runtime-configuration-file.md`), and
Syft's `syft/pkg/cataloger/dotnet` for which entries are packages: those that bring a file, or need one that
does, or all when a tool that merges assemblies was used; no projects but the program itself.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

from analyze.catalogers.text import PACKAGES, PATHS, clean, is_name

_FRAMEWORK = re.compile(r"(?:runtimes/[^/]+/)?lib/net[^/]+/(?P<rest>.+)")
_FILES = ("runtime", "resources", "compile", "native")
_DEPENDENCIES = 5000  # of one package
_BUNDLERS = frozenset(
    [
        "ILRepack.Lib.MSBuild.Task",
        "ILRepack.Lib",
        "ILRepack.Lib.MSBuild",
        "ILRepack.Lib.NET",
        "ILRepack.NETStandard",
        "ILRepack.FullAuto",
        "ILMerge",
        "JetBrains.Build.ILRepack",
        "PostSharp.Community.Packer",
        "Brokenevent.ILStrip",
        "Brokenevent.ILStrip.CLI",
        "Costura.Fody",
        "Fody",
    ]
)


def entries(document: Any, program: str) -> dict[str, Any] | None:
    """Return `packages`, `others`, `elsewhere` of a deps.json, None when it is none. `program` names its own project.

    A package has name, version, type, path, sha512, hashPath, `files` (where each lies beside the
    deps.json: how the deps.json calls it), `dependencies` (`Name/version`), `root` for the program. `others`
    (`Name/version` to dependencies) are the entries that are no packages, and `elsewhere` is where their
    files lie. Empty fields are absent.
    """
    targets = document.get("targets") if isinstance(document, dict) else None
    if not isinstance(targets, dict):
        return None
    libraries = document.get("libraries")
    found: dict[str, dict[str, Any]] = {}
    left = PATHS
    for target in targets.values():
        for key, entry in target.items() if isinstance(target, dict) else ():
            key = clean(key)
            if key in found or not is_name(key.partition("/")[0]) or len(found) == PACKAGES:
                continue
            library = libraries.get(key) if isinstance(libraries, dict) else None
            one = _entry(key, entry, library, left)
            left -= len(one["files"])
            found[key] = one
    if not found:
        return None
    return _chosen(found, program)


def _entry(key: str, entry: Any, library: Any, left: int) -> dict[str, Any]:
    name, _, version = key.partition("/")
    one: dict[str, Any] = {"name": name, "version": version, "files": {}, "dependencies": []}
    for field in ("type", "path", "sha512", "hashPath"):
        value = library.get(field) if isinstance(library, dict) else None
        one[field] = clean(value) if isinstance(value, str) else ""
    if not isinstance(entry, dict):
        return one
    for kind in _FILES:
        files = entry.get(kind)
        for path in list(files)[:left] if isinstance(files, dict) else ():
            _claim(one["files"], clean(path), kind)
    needed = entry.get("dependencies")
    for other, wanted in list(needed.items())[:_DEPENDENCIES] if isinstance(needed, dict) else ():
        if isinstance(wanted, str):
            one["dependencies"].append(f"{clean(other)}/{clean(wanted)}")
    return one


def _claim(files: dict[str, str], path: str, kind: str) -> None:
    """Note where a file lies: publishing drops the directories of frameworks, unless it keeps all of them."""
    if not path or ".." in path.split("/") or path.endswith("/_._") or path == "_._":
        return
    match = _FRAMEWORK.fullmatch(path) if kind != "native" else None
    if match is not None:
        files.setdefault(match["rest"], path)
    files.setdefault(path, path)


def _chosen(found: dict[str, dict[str, Any]], program: str) -> dict[str, Any]:
    packages: list[dict[str, Any]] = []
    others: dict[str, list[str]] = {}
    elsewhere: list[str] = []
    bundled = any(one["name"] in _BUNDLERS for one in found.values())
    claiming = found.keys() if bundled else _with_those_above(found)
    for key, one in found.items():
        root = one["type"] == "project" and one["name"] == program
        project = one["type"] == "project" and not root
        reference = one["type"] == "referenceassembly" and not one["sha512"]
        if not root and (project or reference or key not in claiming):
            others[key] = one["dependencies"]
            elsewhere += one["files"]
            continue
        if root:
            one["root"] = True
        packages.append({field: value for field, value in one.items() if value})
    return {"packages": packages, "others": others, "elsewhere": elsewhere}


def _with_those_above(found: dict[str, dict[str, Any]]) -> set[str]:
    """Return the entries that bring a file, or need one that does, however far."""
    above: dict[str, list[str]] = defaultdict(list)
    for key, one in found.items():
        for dependency in one["dependencies"]:
            above[dependency].append(key)
    claiming = {key for key, one in found.items() if one["files"]}
    pending = deque(claiming)
    while pending:
        for key in above.get(pending.popleft(), ()):
            if key not in claiming:
                claiming.add(key)
                pending.append(key)
    return claiming


def nearest(
    start: Iterable[str], packages: dict[str, str], others: dict[str, list[str]], most: int
) -> tuple[set[str], int]:
    """Return the ids of the packages among dependencies, and how many entries were looked at, `most` of them.

    Entries that are no packages are passed over to what they need. `packages` maps to ids.
    """
    found, seen = set(), set()
    pending = deque(start)
    looked = 0
    while pending and looked < most:
        looked += 1
        key = pending.popleft()
        if key in packages:
            found.add(packages[key])
        elif key in others and key not in seen:
            seen.add(key)
            pending.extend(others[key])
    return found, looked
