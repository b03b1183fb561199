"""Packages whose files belong to a package of the operating system.

Source: Syft's `internal/relationship/by_file_ownership.go`. The owned package stays: a Python module
that Debian ships is a Python module. Evidence first: the few paths at which packages were found are
looked for among the many that packages own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from analyze.catalogers.contract import ImageView
from analyze.image.overlay import Merged
from cargohold.model import Package, Relationship, Scope
from cargohold.paths import to_bytes, to_text

KIND = "ownership-by-file-overlap"

OWNERS = frozenset({"alpm", "apk", "bitnami", "deb", "nix", "portage", "rpm"})
# What a database says of a package is no file of the package, and copyright files are shared.
_NOT_EVIDENCE = re.compile(
    r"/(?:lib/apk/db/|(?:var/)?lib/(?:dpkg|opkg|rpm|pacman)/|usr/lib/opkg/|usr/share/rpm/"
    r"|usr/lib/sysimage/rpm/|var/db/pkg/|usr/share/doc/.*/copyright\Z)",
    re.DOTALL,
)


def overlaps(view: ImageView, merged: Merged, packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield the relations owner → owned among visible packages, by package id."""
    visible = [package for package in packages if package.scope is not Scope.HIDDEN]
    owners = [package for package in visible if package.type in OWNERS and package.files]
    if not owners:
        return
    located: dict[str, list[Package]] = defaultdict(list)
    for package in visible:
        for location in package.locations:
            if location.path in located or not _NOT_EVIDENCE.search(location.path):
                located[location.path].append(package)
    for path in list(located):
        real = _real(view, path)
        if real is not None and real != path:
            known = {package.id for package in located[real]}
            located[real] += [package for package in located[path] if package.id not in known]
    yield from _matches(view, merged, owners, located)


def _matches(
    view: ImageView, merged: Merged, owners: Iterable[Package], located: dict[str, list[Package]]
) -> Iterator[Relationship]:
    known = frozenset(located)
    direct = [(owner, known.intersection(owner.files)) for owner in owners]
    directly = {(owner.type, path) for owner, paths in direct for path in paths}
    elsewhere = _Elsewhere(view, merged)
    links = elsewhere.links.keys()
    names = {path.rpartition("/")[2] for path in known}
    last = min(map(len, names), default=0) or 1
    ends = {name[-last:] or "/" for name in names}  # these tell most paths from them, and take half the time
    for owner, paths in direct:
        # A path that leads to a located one has its name, unless it is a link itself.
        others = {path for path in owner.files if path[-last:] in ends and path[path.rfind("/") + 1 :] in names}
        others |= links & owner.files
        leads = [(path, path) for path in paths]
        leads += [(path, real) for path in others - paths if (real := elsewhere.real(path)) in known]
        children: dict[str, set[str]] = defaultdict(set)
        for path, real in leads:
            if real != path and (owner.type, real) in directly:
                continue
            for child in located[real]:
                if child.id != owner.id:
                    children[child.id].add(path)
        for child_id in sorted(children):
            yield Relationship(owner.id, child_id, KIND, tuple(sorted(children[child_id])))


class _Elsewhere:
    """Real paths of owned ones, looked up only where a symbolic link may be on the way."""

    def __init__(self, view: ImageView, merged: Merged) -> None:
        self._view = view
        self._merged = merged
        self.links = {
            "/" + to_text(stratum.paths[entry]): (stratum.paths[entry], target)
            for stratum, visible in zip(merged.strata, merged.visible, strict=True)
            for entry, target in stratum.entries.links.items()
            if visible[entry] and entry not in stratum.entries.bound
        }
        self._directories: dict[str, str | None] = {}

    def real(self, path: str) -> str | None:
        """Return the real path of an owned one, None when nothing is there."""
        if (link := self.links.get(path)) is not None:
            there = self._merged.straight(*link) or self._view.resolve(link[0])
            return None if there is None else "/" + to_text(there)
        directory, _, name = path.rpartition("/")
        if directory not in self._directories:
            self._directories[directory] = _real(self._view, directory)
        real = self._directories[directory]
        if real is None:
            return None
        moved = real.rstrip("/") + "/" + name
        return _real(self._view, moved) if moved in self.links else moved


def _real(view: ImageView, path: str) -> str | None:
    try:
        asked = to_bytes(path.lstrip("/"))
    except UnicodeEncodeError:
        return None
    real = view.resolve(asked)
    if real is asked and "\\" not in path and path[:2] != "//" and path[:1] == "/":
        return path
    return None if real is None else "/" + to_text(real)
