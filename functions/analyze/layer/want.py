"""Reading again what a walk passed by: the want-list and the second walk.

A wanted file is named by its entry and the path under which a cataloger should see it. In the stream it
is found by size and SHA-256, which need no second reconstruction of the tree, verify every byte that a
cataloger sees, and let the second walk stop at the last wanted file.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyze.catalogers.contract import Cataloger, Facts
from analyze.layer.content import HEAD
from analyze.layer.cursor import BLOCK, Cursor
from analyze.layer.decompress import Blob, decompress
from analyze.layer.extract import facts_of, weigh
from analyze.layer.file import KeptFile, StreamedFile
from analyze.layer.headers import FILE, HeaderReader
from analyze.layer.record import LayerRecord, Section
from analyze.limits import DEFAULT, Limits
from analyze.scratch import Scratch
from cargohold.errors import DeadlineExceeded, DigestMismatch

_CHECK = 1024


@dataclass(frozen=True, slots=True)
class Want:
    """A cataloger is to see the content of `entry` as if it were at `path` (no leading "/").

    With `by_magic` only when it starts with one of the cataloger's magics, which a record does not tell.
    """

    entry: int
    path: bytes
    cataloger: str
    by_magic: bool = False


def wanted(record: LayerRecord, catalogers: Sequence[Cataloger]) -> list[Want]:
    """Return what a record itself knows to be unread: hard links whose names a cataloger wants."""
    return [
        Want(entry, record.entries.paths[entry], cataloger.name)
        for cataloger in catalogers
        if (section := record.sections.get(cataloger.name)) is not None
        for entry in sorted(section.wanted)
    ]


def extract_alias(record: LayerRecord, want: Want, cataloger: Cataloger, limits: Limits = DEFAULT) -> bool:
    """Satisfy a want from the bytes that the record kept; False when it needs a `rewalk`. Raises `DeadlineExceeded`."""
    section = record.sections[cataloger.name]
    if _is_known(section, want):
        return True
    content = record.evidence.get(_holder(record, want.entry))
    if content is None:
        return False
    facts = facts_of(cataloger, section, KeptFile(want.path, content), cataloger.patterns().max_size)
    _store(record, want, facts, limits)
    return True


def rewalk(
    parts: Iterable[bytes],
    record: LayerRecord,
    wants: Sequence[Want],
    catalogers: Mapping[str, Cataloger],
    *,
    limits: Limits,
    scratch: Scratch,
    deadline: float | None = None,
) -> int:
    """Read a layer's blob again and let catalogers see what is wanted; return how many files were read.

    Sections of the record are completed in place; facts of an entry whose own path is wanted are under
    its number, others under its alias. Wants over `limits.second_walk_files` become facts that say so.
    Raises `DigestMismatch` when the blob has a wanted content no longer, `ScratchExhausted`, and what
    `walk_layer` raises.
    """
    open_wants: dict[bytes, list[Want]] = {}
    for number, want in enumerate(dict.fromkeys(wants)):
        section = record.sections[want.cataloger]
        digest = record.entries.digests[32 * want.entry : 32 * want.entry + 32]
        if number >= limits.second_walk_files:
            reason = f"not read: more than {limits.second_walk_files} files need a second walk"
            _store(record, want, Facts(unknowns=[reason]), limits)
        elif not any(digest):
            reason = "not read: a sparse file, or a link to nothing in its layer"
            _store(record, want, Facts(unknowns=[reason]), limits)
        elif not _is_known(section, want):
            open_wants.setdefault(bytes(digest), []).append(want)
    if not open_wants:
        return 0
    return _Rewalk(record, open_wants, catalogers, limits, scratch, deadline).run(parts)


def merge_sections(into: LayerRecord, other: LayerRecord, *, incomplete: bool = False) -> None:
    """Add the sections of another record of the same layer; a newer version is never replaced by an older.

    Incomplete ones are left out, unless they are to be seen by whoever holds the record.
    """
    for name, section in other.sections.items():
        mine = into.sections.get(name)
        if not section.complete and not (incomplete and (mine is None or mine.version < section.version)):
            continue
        if mine is None or not mine.complete or mine.version < section.version:
            into.sections[name] = section
        elif mine.version == section.version:
            _merge(mine, section)
    for entry, content in other.evidence.items():
        into.evidence.setdefault(entry, content)


class _Rewalk:
    def __init__(
        self,
        record: LayerRecord,
        wants: dict[bytes, list[Want]],
        catalogers: Mapping[str, Cataloger],
        limits: Limits,
        scratch: Scratch,
        deadline: float | None,
    ) -> None:
        self._record = record
        self._wants = wants
        self._catalogers = catalogers
        self._limits = limits
        self._scratch = scratch
        self._deadline = deadline
        self._sizes: dict[int, int] = {}
        for same in wants.values():
            size = record.entries.sizes[same[0].entry]
            self._sizes[size] = self._sizes.get(size, 0) + 1

    def run(self, parts: Iterable[bytes]) -> int:
        what = f"layer {self._record.blob_digest or self._record.diff_id}"
        cursor = Cursor(decompress(Blob(parts, self._deadline), what=what, limits=self._limits), what)
        reader = HeaderReader(cursor, what, self._limits)
        found = count = 0
        while self._wants and (member := reader.next()) is not None:
            count += 1
            if not count % _CHECK and self._deadline is not None and time.monotonic() > self._deadline:
                raise DeadlineExceeded(what="walking a layer again")
            if member.type == FILE and not member.sparse and member.data in self._sizes:
                found += self._read(cursor, member.data)
            else:
                cursor.skip(member.data)
            cursor.skip(-member.data % BLOCK, partial=True)
        if self._wants:
            missing = next(iter(self._wants)).hex()
            raise DigestMismatch(what=f"a file of {what}", expected=f"sha256:{missing}", actual="no such file")
        return found

    def _read(self, cursor: Cursor, size: int) -> int:
        """Collect a file of a wanted size, and extract it when its digest is wanted too."""
        digest = hashlib.sha256()

        def pieces() -> Iterator[memoryview]:
            for piece in cursor.pieces(size):
                digest.update(piece)
                yield piece

        parts = pieces()
        file = StreamedFile(b"", size, parts, self._limits, self._scratch)
        try:
            file.open().close()
            wants = self._wants.pop(digest.digest(), None)
            if wants is None:
                return 0
            self._sizes[size] -= 1
            if not self._sizes[size]:
                del self._sizes[size]
            for want in wants:
                file.path = want.path
                cataloger = self._catalogers[want.cataloger]
                section, patterns = self._record.sections[want.cataloger], cataloger.patterns()
                declined = want.by_magic and not file.head(HEAD).startswith(patterns.magic)
                facts = None if declined else facts_of(cataloger, section, file, patterns.max_size)
                _store(self._record, want, facts, self._limits)
            return 1
        finally:
            file.close()
            for _ in parts:
                pass


def _holder(record: LayerRecord, entry: int) -> int:
    return record.entries.bound.get(entry, entry)


def _is_known(section: Section, want: Want) -> bool:
    return want.path in section.aliases.get(want.entry, {})


def _store(record: LayerRecord, want: Want, facts: Facts | None, limits: Limits) -> None:
    """Put facts under the entry's own number when its own name is wanted, else under the alias."""
    section = record.sections[want.cataloger]
    if facts is not None:
        facts, weight = weigh(facts)
        section.weight += weight
        if section.weight > limits.section_facts:
            facts = Facts(unknowns=[f"not kept: over {limits.section_facts} bytes of facts"])
            section.weight -= weight
    if want.entry in section.wanted and want.path == record.entries.paths[want.entry]:
        section.wanted.discard(want.entry)
        if facts is not None:
            section.facts[want.entry] = facts
    else:
        section.aliases.setdefault(want.entry, {})[want.path] = facts


def _merge(mine: Section, other: Section) -> None:
    for entry in list(mine.wanted - other.wanted):
        mine.wanted.discard(entry)
        if entry in other.facts:
            mine.facts[entry] = other.facts[entry]
    for entry, known in other.aliases.items():
        mine.aliases.setdefault(entry, {}).update(known)
