"""What the records of one image hold together: bounded, for the bounds of a layer hold for each of a thousand."""

from threading import Lock

from analyze.layer.entries import Entries
from analyze.layer.record import LayerRecord
from analyze.limits import Limits
from cargohold.errors import ImageTooLarge


class Holdings:
    """Counts entries, bytes of names, bytes of facts and of evidence of one image's records. Safe for threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries = 0
        self._names = 0
        self._facts = 0
        self._evidence = 0
        self._lock = Lock()

    def add(self, record: LayerRecord, times: int) -> None:
        """Count the record of a layer that the image has `times` times; the merge treats each for itself.

        Evidence that is over what an image may hold goes: the cache has it, and a second walk gets it where there is
        none. Raises `ImageTooLarge`.
        """
        entries = record.entries
        count = len(entries) + len(entries.whiteouts) + len(entries.opaques)
        names = _names(entries)
        evidence = sum(map(len, record.evidence.values()))
        with self._lock:
            self._entries += count * times
            self._names += names * times
            if self._evidence + evidence > self._limits.image_evidence:
                record.evidence = {}
            else:
                self._evidence += evidence
            _check("the number of entries in all layers", self._limits.image_entries, self._entries)
            _check("the size of the names in all layers", self._limits.image_names, self._names)
        self.add_facts(weight(record))

    def add_facts(self, size: int) -> None:
        """Count facts that a record holds or was given later. Raises `ImageTooLarge`."""
        with self._lock:
            self._facts += size
            _check("the facts that all layers hold", self._limits.image_facts, self._facts)


def weight(record: LayerRecord) -> int:
    """Return the bytes that the facts of a record are as JSON."""
    return sum(section.weight for section in record.sections.values())


def _check(what: str, limit: int, actual: int) -> None:
    if actual > limit:
        raise ImageTooLarge(what=what, limit=limit, actual=actual)


def _names(entries: Entries) -> int:
    """Return the bytes of all names, counted once for a record that images share in memory."""
    known = entries.derived.get("names")
    if known is None:
        lists = (entries.paths, entries.links.values(), entries.whiteouts, entries.opaques)
        known = entries.derived["names"] = sum(sum(map(len, names)) for names in lists)
    return int(known)
