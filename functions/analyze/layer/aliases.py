"""Hard links inside one layer: the same bytes under names that other catalogers may want.

A tar carries the bytes once, under the first name. Where they were kept, a link is extracted at once,
under its own path and number; where they were not, it is wanted, and `layer.want` reads it later.
"""

from collections.abc import Iterable, Sequence

from analyze.catalogers.contract import Cataloger
from analyze.layer.extract import check_weight, examine, remember, too_large
from analyze.layer.file import KeptFile
from analyze.layer.matcher import Matcher
from analyze.layer.record import LayerRecord
from analyze.limits import Limits


def settle_aliases(
    record: LayerRecord,
    catalogers: Sequence[Cataloger],
    matcher: Matcher,
    limits: Limits,
    *,
    heirs: Iterable[int] = (),
) -> None:
    """Extract the hard links of a record for catalogers whose sections are new, or note them as wanted.

    `matcher` is made of the same catalogers. `heirs` are entries whose content passed under a name
    that a later entry took. Raises `DeadlineExceeded`, and `ImageTooLarge` when links multiply facts.
    """
    bound = record.entries.bound
    for entry in heirs:
        for position in sorted(matcher.names(record.entries.paths[entry])):
            examine_kept(record, catalogers[position], matcher.patterns[position].max_size, limits, entry, entry)
    for entry, holder in bound.items():
        if holder < 0:
            continue
        for position in sorted(matcher.names(record.entries.paths[entry])):
            examine_kept(record, catalogers[position], matcher.patterns[position].max_size, limits, entry, holder)
            check_weight(sum(section.weight for section in record.sections.values()), limits)
    share_by_content(record, catalogers, matcher, limits)


def examine_kept(
    record: LayerRecord, cataloger: Cataloger, max_size: int, limits: Limits, entry: int, holder: int
) -> None:
    """Extract an entry from the bytes that were kept of its holder, or note it as wanted. Raises `DeadlineExceeded`."""
    section = record.sections[cataloger.name]
    path, size = record.entries.paths[entry], record.entries.sizes[holder]
    content = record.evidence.get(holder)
    if content is not None:
        examine(cataloger, section, entry, KeptFile(path, content), max_size, limits)
    elif size > max_size:
        remember(section, entry, too_large(size, max_size), limits)
    elif any(record.entries.digests[32 * holder : 32 * holder + 32]):
        section.wanted.add(entry)


def share_by_content(record: LayerRecord, catalogers: Sequence[Cataloger], matcher: Matcher, limits: Limits) -> None:
    """Give hard links what was read of their content by catalogers that want it for its bytes, not for its name."""
    positions = [position for position, patterns in enumerate(matcher.patterns) if patterns.by_content]
    for entry, holder in record.entries.bound.items():
        if holder < 0 or not positions:
            continue
        named = matcher.names(record.entries.paths[entry])
        for position in positions:
            section = record.sections[catalogers[position].name]
            if position in named or entry in section.facts:
                continue
            if (facts := section.facts.get(holder)) is not None:
                remember(section, entry, facts, limits)
