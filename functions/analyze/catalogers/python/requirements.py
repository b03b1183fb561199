"""Relations among installed distributions by what they require.

Source: PEP 508 for requirements. Only the marker that matters here is looked at, `extra`: a requirement
of an extra counts when some installed distribution asks for that extra.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from cargohold.model import Package, Relationship
from cargohold.purl import normalized_python_name

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]*)['"]""")
_SITE = re.compile(r"(?P<prefix>.*?)/lib(?:64)?/(?:pypy|python)[^/]*/(?:site|dist)-packages", re.DOTALL)

_Required = tuple[str, frozenset[str], str]  # name, the extras asked of it, the extra that brings it in or ""


def relations(packages: Sequence[Package], venvs: Mapping[str, bool]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each requirement that is installed where the one that requires it sees it.

    `venvs` maps the root of each virtual environment to whether it sees the system's packages.
    """
    sites: dict[str, dict[str, Package]] = defaultdict(dict)
    for package in packages:
        sites[package.metadata["sitePackagesRootPath"]].setdefault(package.name, package)
    system = [site for site in sites if _venv(site, venvs) is None and _SITE.fullmatch(site)]
    for site, installed in sites.items():
        visible = installed
        venv = _venv(site, venvs)
        if venv is not None and venvs[venv]:
            visible = {name: package for other in system for name, package in sites[other].items()} | installed
        for parent, child in sorted(_pairs(installed, visible)):
            yield Relationship(parent, child, "dependency-of")


def _pairs(installed: Mapping[str, Package], visible: Mapping[str, Package]) -> set[tuple[str, str]]:
    required = {name: _required(package) for name, package in visible.items()}
    pairs = set()
    asked: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in visible]
    while waiting:
        name, extra = waiting.pop()
        for target, extras, brought_by in required[name]:
            if brought_by != extra or target not in visible:
                continue
            if name in installed and visible[target] is not installed[name]:
                pairs.add((visible[target].id, installed[name].id))
            for wanted in extras:
                if (target, wanted) not in asked:
                    asked.add((target, wanted))
                    waiting.append((target, wanted))
    return pairs


def _required(package: Package) -> list[_Required]:
    found = []
    for requirement in package.metadata.get("requiresDist", ()):
        match = _REQUIREMENT.match(requirement)
        if match is None:
            continue
        extras = frozenset(normalized_python_name(name.strip()) for name in (match[2] or "").split(",") if name.strip())
        _, _, marker = requirement.partition(";")
        extra = _EXTRA.search(marker)
        found.append((normalized_python_name(match[1]), extras, normalized_python_name(extra[1]) if extra else ""))
    return found


def _venv(site: str, venvs: Mapping[str, bool]) -> str | None:
    match = _SITE.fullmatch(site)
    return match["prefix"] if match is not None and match["prefix"] in venvs else None
