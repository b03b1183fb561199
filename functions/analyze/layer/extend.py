"""New and newer catalogers over a layer that was read before: from its record, as far as that goes.

What a cataloger wants by name is among the paths of the record. What it wants by content can only be among
the files of some classes: a layer that has none need not be read, and of one that has few only these are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analyze.catalogers.contract import Cataloger, Patterns
from analyze.layer.aliases import examine_kept, settle_aliases, share_by_content
from analyze.layer.content import HEAD, classes_of
from analyze.layer.entries import ContentClass, EntryType
from analyze.layer.extract import examine, remember, too_large
from analyze.layer.file import KeptFile
from analyze.layer.matcher import Matcher
from analyze.layer.record import LayerRecord, Section
from analyze.layer.want import Want, wanted
from analyze.limits import DEFAULT, Limits

_FEW = 512  # files of one cataloger; beyond that a walk with all its checks costs little more


@dataclass(slots=True)
class Extension:
    """What `extend` could not do from the record alone.

    `wants` go to `rewalk` and then `complete`. Catalogers in `walk` look at too many files that the record
    does not hold: `walk_layer` with them alone, then `merge_sections`.
    """

    wants: list[Want] = field(default_factory=list)
    walk: list[Cataloger] = field(default_factory=list)


def extend(record: LayerRecord, catalogers: Sequence[Cataloger], limits: Limits = DEFAULT) -> Extension:
    """Run catalogers that the record lacks, or has in an older version, over the bytes it kept.

    A section that is newer than its cataloger stays as it is. Raises `DeadlineExceeded`.
    """
    extension = Extension()
    ready: list[Cataloger] = []
    by_content: dict[str, list[Want]] = {}
    for cataloger in catalogers:
        section = record.sections.get(cataloger.name)
        if section is not None and section.version >= cataloger.version:
            continue
        if cataloger.patterns().by_content:
            wants = _unread(record, cataloger, limits)
            if wants is None:
                extension.walk.append(cataloger)
                continue
            by_content[cataloger.name] = wants
        ready.append(cataloger)
    if extension.walk:  # what is walked once anyway, is walked once for all of them
        extension.walk += [cataloger for cataloger in ready if by_content.get(cataloger.name)]
        ready = [cataloger for cataloger in ready if not by_content.get(cataloger.name)]
    if not ready:
        return extension
    for cataloger in ready:
        record.sections[cataloger.name] = Section(cataloger.version)
    matcher = Matcher(ready)
    for entry in _files(record):
        for position in sorted(matcher.names(record.entries.paths[entry])):
            examine_kept(record, ready[position], matcher.patterns[position].max_size, limits, entry, entry)
    for cataloger in ready:
        if cataloger.name in by_content:
            _read_kept(record, cataloger, by_content[cataloger.name], limits)
            extension.wants += by_content[cataloger.name]
    settle_aliases(record, ready, matcher, limits)
    deferred = {(want.cataloger, want.entry) for want in extension.wants}
    extension.wants += [want for want in wanted(record, ready) if (want.cataloger, want.entry) not in deferred]
    return extension


def complete(record: LayerRecord, catalogers: Sequence[Cataloger], limits: Limits = DEFAULT) -> None:
    """Give hard links what `rewalk` read for the content they share."""
    several = [one for one in catalogers if one.name in record.sections and one.patterns().by_content]
    if several and record.entries.bound:
        share_by_content(record, several, Matcher(several), limits)


def _files(record: LayerRecord) -> Iterator[int]:
    entries = record.entries
    for entry, kind in enumerate(entries.types):
        if kind == EntryType.FILE and entry not in entries.bound:
            yield entry


def _candidates(record: LayerRecord, patterns: Patterns, matcher: Matcher) -> Iterator[tuple[int, bool]]:
    """Yield files that a cataloger may want by content and not by name, and whether their magic has to tell."""
    entries = record.entries
    sure = {ContentClass[kind.upper()] for kind in patterns.contents}
    possible = {kind for magic in patterns.magic for kind in classes_of(magic)}
    if_not_tiny = {kind for magic in patterns.magic for kind in classes_of(magic, HEAD)}
    for entry in _files(record):
        kind = entries.classes[entry]
        if (kind in sure or kind in (possible if entries.sizes[entry] < HEAD else if_not_tiny)) and not matcher.names(
            entries.paths[entry]
        ):
            yield entry, kind not in sure


def _unread(record: LayerRecord, cataloger: Cataloger, limits: Limits) -> list[Want] | None:
    """Return the files that a cataloger may want by content and has to be shown; None when that needs a walk."""
    patterns = cataloger.patterns()
    wants: list[Want] = []
    for entry, by_magic in _candidates(record, patterns, Matcher([cataloger])):
        if entry in record.evidence or (not by_magic and record.entries.sizes[entry] > patterns.max_size):
            continue
        if len(wants) == _FEW or record.entries.sizes[entry] > limits.evidence_file:
            return None
        wants.append(Want(entry, record.entries.paths[entry], cataloger.name, by_magic))
    return wants


def _read_kept(record: LayerRecord, cataloger: Cataloger, wants: Sequence[Want], limits: Limits) -> None:
    """Read what was kept of the files that a cataloger wants by content, and note the others as wanted."""
    section, patterns = record.sections[cataloger.name], cataloger.patterns()
    section.wanted |= {want.entry for want in wants}
    for entry, by_magic in _candidates(record, patterns, Matcher([cataloger])):
        content = record.evidence.get(entry)
        if entry in section.wanted or (by_magic and content is not None and not content.startswith(patterns.magic)):
            continue
        if content is None:
            remember(section, entry, too_large(record.entries.sizes[entry], patterns.max_size), limits)
        else:
            examine(
                cataloger, section, entry, KeptFile(record.entries.paths[entry], content), patterns.max_size, limits
            )
