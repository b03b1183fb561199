"""Files that a cataloger wants under another name: symbolic links, and hard links to lower layers.

`extract` ran on the name that a file has in its layer. A cataloger that wants `var/lib/dpkg/status`
has not seen `opt/db`, though a symbolic link leads from one to the other. What it says under the link's
name is asked for (`wants`) and then found in the sections of the record (`Section.aliases`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyze.catalogers.contract import Cataloger, Facts
from analyze.image.ambiguities import SOURCE
from analyze.image.overlay import Merged
from analyze.image.snapshots import Stratum
from analyze.image.tree import Place
from analyze.layer.entries import EntryType
from analyze.layer.matcher import Matcher, matcher_of
from analyze.layer.record import LayerRecord
from analyze.layer.want import Want
from cargohold.model import Unknown
from cargohold.paths import to_text


@dataclass(frozen=True, slots=True)
class Alias:
    """`cataloger` wants the file `target` as `path`; `link` is the entry of that name."""

    cataloger: str
    path: bytes
    link: Place
    target: Place
    visible: bool


@dataclass(frozen=True, slots=True)
class Aliases:
    """All aliases of an image in the order of layers and entries."""

    found: tuple[Alias, ...]
    unknowns: tuple[Unknown, ...] = ()

    def wants(self, records: Sequence[LayerRecord]) -> dict[int, list[Want]]:
        """Return by layer what the records do not answer yet."""
        wants: dict[int, list[Want]] = {}
        for alias in self.found:
            layer, entry = alias.target
            if alias.path not in records[layer].sections[alias.cataloger].aliases.get(entry, {}):
                wants.setdefault(layer, []).append(Want(entry, alias.path, alias.cataloger))
        return wants


def find_aliases(
    merged: Merged, records: Sequence[LayerRecord], catalogers: Sequence[Cataloger], *, most: int
) -> Aliases:
    """Return the aliases of an image, at most `most`; the rest is one unknown."""
    found: list[Alias] = []
    left = 0
    for alias in _aliases(merged, records, catalogers):
        if len(found) < most:
            found.append(alias)
        else:
            left += 1
    if not left:
        return Aliases(tuple(found))
    reason = f"not read: {left} more links lead to files that catalogers want under the link's name"
    return Aliases(tuple(found), (Unknown("/" + to_text(found[-1].path), found[-1].link[0], SOURCE, reason),))


def wanted_links(
    merged: Merged, records: Sequence[LayerRecord], catalogers: Sequence[Cataloger], *, most: int
) -> dict[int, list[Want]]:
    """Return by layer what has to be read again, because links give wanted names to files."""
    return find_aliases(merged, records, catalogers, most=most).wants(records)


def _aliases(merged: Merged, records: Sequence[LayerRecord], catalogers: Sequence[Cataloger]) -> Iterator[Alias]:
    matcher = matcher_of(tuple(catalogers))
    for layer, stratum in enumerate(merged.strata):
        for entry, names in _wanted(stratum, matcher):
            path = stratum.paths[entry]
            link = (layer, entry)
            target, visible = _target(merged, path, link)
            if target is None:
                continue
            sections = records[target[0]].sections
            unsaid = [
                name
                for name in names
                if (section := sections.get(catalogers[name].name)) is not None and target[1] not in section.facts
            ]
            if unsaid:
                # Who wanted the file under its own name has seen it.
                seen = matcher.names(merged.strata[target[0]].paths[target[1]])
                for name in sorted(unsaid):
                    if name not in seen:
                        yield Alias(catalogers[name].name, path, link, target, visible)


def _wanted(stratum: Stratum, matcher: Matcher) -> list[tuple[int, frozenset[int]]]:
    """Return the links of a layer with wanted names, and who wants them; kept where the record alone decides."""
    kept = None if stratum.is_redirected else stratum.entries.derived.get("wanted links")
    if kept is not None and kept[0] is matcher:
        known: list[tuple[int, frozenset[int]]] = kept[1]
        return known
    links, bound = stratum.entries.links, stratum.entries.bound
    # Hard links within a layer have facts of their own.
    numbers = [entry for entry in sorted(links) if bound.get(entry, -1) < 0]
    wanted = [(entry, names) for entry in numbers if (names := matcher.names(stratum.paths[entry]))]
    if not stratum.is_redirected:
        stratum.entries.derived["wanted links"] = (matcher, wanted)
    return wanted


def _target(merged: Merged, path: bytes, link: Place) -> tuple[Place | None, bool]:
    """Return the file that a link shows in the merged image, or for a hidden one in its own layer's."""
    visible = merged.is_visible(link)
    holder = merged.snapshots.content(link)
    if holder is None:
        return None, visible
    if merged.snapshots.kind(link) == EntryType.SYMLINK:
        found = merged.resolve(path) if visible else merged.snapshots.resolve(path, link[0])
        holder = merged.snapshots.content(found.place) if found and found.place else None
    if holder is None or merged.snapshots.kind(holder) != EntryType.FILE:
        return None, visible
    return holder, visible


def facts_at(records: Sequence[LayerRecord], cataloger: str, place: Place, holder: Place, path: bytes) -> Facts | None:
    """Return what a cataloger says of the file `place`, whose bytes are at `holder`, seen as `path`."""
    section = records[place[0]].sections.get(cataloger)
    if section is not None and place[1] in section.facts:
        return section.facts[place[1]]
    section = records[holder[0]].sections.get(cataloger)
    if section is None:
        return None
    known = section.aliases.get(holder[1], {})
    return known[path] if path in known else section.facts.get(holder[1])
