"""An image as catalogers see it when they assemble: `catalogers.contract.ImageView`."""

from collections.abc import Iterator, Sequence
from operator import attrgetter

from analyze.catalogers.contract import Facts, FileFacts
from analyze.image.aliases import Aliases, facts_at
from analyze.image.overlay import Merged
from analyze.image.tree import Place, Resolved
from analyze.layer.record import LayerRecord
from cargohold.model import Distro, Scope

_KEPT = 100_000  # facts of one cataloger in a layer that are kept, some 250 bytes each
_ORDER = attrgetter("path", "layer", "entry")


class View:
    """The visible or the hidden files of an image. `scope` is VISIBLE or HIDDEN."""

    def __init__(
        self,
        merged: Merged,
        records: Sequence[LayerRecord],
        aliases: Aliases,
        scope: Scope = Scope.VISIBLE,
        distro: Distro | None = None,
    ) -> None:
        self.scope = scope
        self.distro = distro
        self._merged = merged
        self._records = records
        self._aliases = aliases

    def facts(self, cataloger: str) -> Iterator[FileFacts]:
        """Yield a cataloger's facts in this view's scope, ordered by path, then layer."""
        wanted = self.scope is not Scope.HIDDEN
        merged = self._merged
        found: list[FileFacts] = []
        for layer, record in enumerate(self._records):
            section = record.sections.get(cataloger)
            if section is None or not section.facts:
                continue
            visible = merged.visible[layer]
            if wanted:
                known = self._of_layer(layer, cataloger).values()
                found += known if 0 not in visible else [one for one in known if visible[one.entry]]
            elif 0 in visible:
                found += [
                    self._facts(layer, entry, facts, visible=False)
                    for entry, facts in section.facts.items()
                    if not visible[entry]
                ]
        for alias in self._aliases.found:
            if alias.cataloger != cataloger or alias.visible is not wanted:
                continue
            holder = alias.target
            facts = self._records[holder[0]].sections[cataloger].aliases.get(holder[1], {}).get(alias.path)
            if facts is not None:
                # A hard link is a file of its own, a symbolic link is a way to another.
                place = alias.link if alias.link[1] in merged.strata[alias.link[0]].entries.bound else holder
                digest = merged.snapshots.digest(holder)
                found.append(FileFacts(alias.path, *place, wanted, digest, facts))
        found.sort(key=_ORDER)
        yield from found

    def _facts(self, layer: int, entry: int, facts: Facts, *, visible: bool) -> FileFacts:
        merged = self._merged
        path, digest = merged.strata[layer].paths[entry], merged.snapshots.digest((layer, entry))
        return FileFacts(path, layer, entry, visible, digest, facts)

    def _of_layer(self, layer: int, cataloger: str) -> dict[int, FileFacts]:
        """Return a cataloger's facts by entry, as if all of the layer were visible, ordered by path.

        They stay with the record where it alone decides them.
        """
        stratum, section = self._merged.strata[layer], self._records[layer].sections[cataloger]
        kept = stratum.entries.derived.setdefault("facts", {})
        known = kept.get(cataloger)
        if known is not None and not stratum.is_redirected:
            number, facts, count, found = known
            if number == layer and facts is section.facts and count == len(section.facts):
                result: dict[int, FileFacts] = found
                return result
        made = [self._facts(layer, entry, facts, visible=True) for entry, facts in section.facts.items()]
        made.sort(key=_ORDER)
        found = {one.entry: one for one in made}
        bound = stratum.entries.bound
        if (
            not stratum.is_redirected
            and len(found) <= _KEPT
            and all(bound[entry] >= 0 for entry in bound.keys() & found.keys())
        ):
            for one in made:
                one.made = [None] * len(one.facts.identity) if one.facts.identity else None
            kept[cataloger] = (layer, section.facts, len(found), found)
        return found

    def facts_at(self, cataloger: str, path: bytes, *, seen_from: int | None = None) -> FileFacts | None:
        """Return a cataloger's facts of the file that `path` leads to, through symbolic links.

        In the merged image, or as layers 0 to `seen_from` alone merge it.
        """
        merged = self._merged
        found = merged.resolve(path) if seen_from is None else merged.snapshots.resolve(path, seen_from)
        if found is None or found.place is None:
            return None
        layer, entry = found.place
        section = self._records[layer].sections.get(cataloger)
        if section is not None and entry in section.facts and merged.visible[layer][entry]:
            return self._of_layer(layer, cataloger)[entry]
        holder = merged.snapshots.content(found.place)
        if holder is None:
            return None
        name = found.path
        if found.path != path and (named := self._named(path, seen_from)) is not None:
            name = named.path
        facts = facts_at(self._records, cataloger, found.place, holder, name)
        if facts is None:
            return None
        digest = merged.snapshots.digest(holder)
        return FileFacts(found.path, *found.place, merged.is_visible(found.place), digest, facts)

    def _named(self, path: bytes, seen_from: int | None) -> Resolved | None:
        """Return the link or file of that name, whose directories alone are followed."""
        if seen_from is None:
            return self._merged.resolve(path, follow_last=False)
        return self._merged.snapshots.resolve(path, seen_from, follow_last=False)

    def exists(self, path: bytes) -> bool:
        """Tell whether `path` leads to something visible."""
        return self.resolve(path) is not None

    def resolve(self, path: bytes) -> bytes | None:
        """Return the real path that `path` leads to in the merged image, or None."""
        merged = self._merged
        if merged.is_plain(path):
            return path
        found = merged.resolve(path)
        if found is None or not (found.place or not found.path or merged.has_below(found.path)):
            return None
        return found.path

    def children(self, directory: bytes) -> Sequence[bytes]:
        """Return the base names in a directory of the merged image, sorted."""
        real = self.resolve(directory)
        return [] if real is None else self._merged.children(real)

    def place(self, path: bytes) -> Place | None:
        """Return the visible entry that `path` leads to, or None."""
        found = self._merged.resolve(path)
        return found.place if found else None
