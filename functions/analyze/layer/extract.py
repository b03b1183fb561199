"""Runs catalogers over the files of a layer and gathers what they say, by number of slot or entry."""

import errno
from collections.abc import Iterable, Sequence

import orjson

from analyze.catalogers.contract import Cataloger, Facts, LayerFile
from analyze.layer.entries import ContentClass
from analyze.layer.matcher import matcher_of
from analyze.layer.record import Section
from analyze.limits import Limits
from cargohold.errors import DeadlineExceeded, ImageTooLarge, ScratchExhausted

# What says nothing about a file, and so is never stored of one.
_ENVIRONMENT = frozenset(
    (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE, errno.ENOENT, errno.EMFILE, errno.ENFILE)
)
_OVERHEAD = 256  # bytes that the smallest facts take in memory
_NOT_KEPT = frozenset((ContentClass.ELF, ContentClass.PE, ContentClass.ZIP))  # large as a rule, read again at need


class Extraction:
    """The catalogers of a walk with their sections, and the evidence worth keeping."""

    def __init__(self, catalogers: Sequence[Cataloger], limits: Limits) -> None:
        self.catalogers = catalogers
        self.matcher = matcher_of(tuple(catalogers))
        self.sections = {cataloger.name: Section(cataloger.version) for cataloger in catalogers}
        self.evidence: dict[int, bytes] = {}
        self._limits = limits
        self._kept = 0
        self._weight = 0

    def run(self, number: int, file: LayerFile, content: ContentClass, wanted: Iterable[int]) -> None:
        """Let the catalogers at the positions `wanted` read a file, and keep its bytes when they are small.

        Raises `ImageTooLarge` when all facts of the layer are too many.
        """
        keep = False
        for position in wanted:
            cataloger = self.catalogers[position]
            patterns = self.matcher.patterns[position]
            keep = keep or patterns.keep
            section = self.sections[cataloger.name]
            before = section.weight
            examine(cataloger, section, number, file, patterns.max_size, self._limits)
            self._weight += section.weight - before
        check_weight(self._weight, self._limits)
        if keep and content not in _NOT_KEPT:
            self._keep(number, file)

    def _keep(self, number: int, file: LayerFile) -> None:
        if file.size <= self._limits.evidence_kept and self._kept + file.size <= self._limits.evidence_kept_layer:
            try:
                self.evidence[number] = file.read(file.size)
            except ScratchExhausted:
                return  # evidence is a help for later walks, not a result
            self._kept += file.size


def examine(
    cataloger: Cataloger, section: Section, number: int, file: LayerFile, max_size: int, limits: Limits
) -> None:
    """Put what a cataloger reads in a file into its section, under `number`.

    What the environment caused leaves the section incomplete. Raises `DeadlineExceeded`.
    """
    if section.weight <= limits.section_facts:
        facts = facts_of(cataloger, section, file, max_size)
        if facts is not None:
            remember(section, number, facts, limits)


def remember(section: Section, number: int, facts: Facts, limits: Limits) -> None:
    """Put facts into a section as long as it has room, and the reason in their place when they end it."""
    if section.weight > limits.section_facts:
        return
    facts, weight = weigh(facts)
    section.weight += weight
    if section.weight > limits.section_facts:
        facts = Facts(unknowns=[f"not kept, as all that follows: over {limits.section_facts} bytes of facts"])
    section.facts[number] = facts


def check_weight(weight: int, limits: Limits) -> None:
    """Raise `ImageTooLarge` when the facts of one layer, of `weight` bytes in all, are too many to hold."""
    if weight > limits.layer_facts:
        raise ImageTooLarge(what="the facts that one layer holds", limit=limits.layer_facts, actual=weight)


def weigh(facts: Facts) -> tuple[Facts, int]:
    """Return facts with the bytes they take; in the place of facts that JSON cannot hold, their reason."""
    try:
        return facts, _OVERHEAD + len(orjson.dumps((facts.identity, facts.detail, facts.unknowns)))
    except TypeError as bug:  # also what orjson raises on surrogates
        return Facts(unknowns=[f"bug: facts that are not JSON: {bug}"[:500]]), _OVERHEAD


def facts_of(cataloger: Cataloger, section: Section, file: LayerFile, max_size: int) -> Facts | None:
    """Return what a cataloger reads in a file, with its failures as facts, or None.

    Raises `DeadlineExceeded`.
    """
    if file.size > max_size:
        return too_large(file.size, max_size)
    try:
        return cataloger.extract(file)
    except ScratchExhausted:
        section.complete = False
        return None
    except (DeadlineExceeded, MemoryError):
        raise
    except OSError as failure:
        if failure.errno not in _ENVIRONMENT:
            return _bug(failure)  # a seek to where no file can be
        section.complete = False
        return None
    except Exception as bug:  # noqa: BLE001 -- one cataloger's bug must not cost the image its other packages
        return _bug(bug)


def _bug(bug: Exception) -> Facts:
    return Facts(unknowns=[f"bug: {type(bug).__name__}: {bug}"[:500]])


def too_large(size: int, limit: int) -> Facts:
    """Return facts that say why a file was not read."""
    return Facts(unknowns=[f"not read: {size} bytes are more than {limit}"])
