"""The map: one pass over a layer's bytes gives its record.

Rules of the tree a layer makes: OCI image-spec, layer.md ("Applying Changesets", "Whiteouts"), and where
it is silent what runtimes do, with an unknown where they disagree.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence

from analyze.catalogers.contract import Cataloger
from analyze.layer import columns, headers
from analyze.layer.aliases import settle_aliases
from analyze.layer.content import HEAD, classify
from analyze.layer.cursor import BLOCK, Cursor
from analyze.layer.entries import Entries, EntryType
from analyze.layer.extract import Extraction
from analyze.layer.file import StreamedFile
from analyze.layer.headers import HeaderReader, Member
from analyze.layer.names import clean, join
from analyze.layer.pipeline import process
from analyze.layer.record import LayerRecord
from analyze.layer.tree import Tree, Unresolvable
from analyze.layer.unknowns import Unknowns
from analyze.limits import Limits
from analyze.scratch import Scratch
from cargohold.errors import DeadlineExceeded, HostileContent, ImageTooLarge

_KINDS = {
    headers.FILE: EntryType.FILE,
    headers.DIRECTORY: EntryType.DIRECTORY,
    headers.SYMLINK: EntryType.SYMLINK,
    headers.CHARACTER: EntryType.CHARACTER,
    headers.BLOCK_DEVICE: EntryType.BLOCK,
    headers.FIFO: EntryType.FIFO,
}
_WHITEOUT, _OPAQUE, _AUFS = b".wh.", b".wh..wh..opq", b".wh..wh."
_CAPABILITY = 64  # bytes; the kernel knows structures of 12, 20 and 24 (linux/capability.h, vfs_ns_cap_data)
_CHECK = 1024  # members between two looks at the clock


def walk_layer(
    parts: Iterable[bytes],
    *,
    blob_digest: str,
    diff_id: str,
    media_type: str = "",
    catalogers: Sequence[Cataloger],
    limits: Limits,
    scratch: Scratch,
    deadline: float | None = None,
    size: int = 0,
) -> LayerRecord:
    """Walk a layer given as the parts of its blob and return its record, both digests verified.

    "" for a digest means unknown: it is computed. `deadline` is in `time.monotonic` seconds, `size` what the blob
    is said to have, in bytes. The media type decides nothing, as in container runtimes. Raises what `process`
    raises, `ImageTooLarge`, `HostileContent`, and `DeadlineExceeded`.
    """
    what = f"layer {blob_digest or diff_id}".rstrip() + (f" ({media_type})" if media_type else "")

    def consume(chunks: Iterator[bytes]) -> Walk:
        walk = Walk(Cursor(chunks, what), what, catalogers, limits, scratch, deadline)
        walk.run()
        return walk

    walk, verified = process(
        parts,
        consume,
        blob_digest=blob_digest,
        diff_id=diff_id,
        what=what,
        limits=limits,
        deadline=deadline,
        size=size,
    )
    record = LayerRecord(
        blob_digest=verified.blob_digest,
        diff_id=verified.diff_id,
        size=verified.size,
        uncompressed_size=verified.uncompressed_size,
        entries=walk.entries,
        sections=walk.extraction.sections,
        evidence=walk.extraction.evidence,
        unknowns=walk.unknowns.found(),
    )
    settle_aliases(record, catalogers, walk.extraction.matcher, limits, heirs=walk.heirs.values())
    return record


class Walk:
    """One pass. Slots number what is written; `finish` turns them into entry numbers."""

    def __init__(
        self,
        cursor: Cursor,
        what: str,
        catalogers: Sequence[Cataloger],
        limits: Limits,
        scratch: Scratch,
        deadline: float | None,
    ) -> None:
        self.entries = Entries()
        self.unknowns = Unknowns(limits.layer_unknowns)
        self.extraction = Extraction(catalogers, limits)
        self.heirs: dict[int, int] = {}
        self._cursor = cursor
        self._what = what
        self._limits = limits
        self._scratch = scratch
        self._deadline = deadline
        self._tree = Tree(self.entries, self.unknowns.add)
        self._names = 0  # bytes of paths and link targets
        self._whiteouts: dict[bytes, None] = {}
        self._opaques: dict[bytes, None] = {}

    def run(self) -> None:
        """Read all members, then the rest of the stream. Raises as `walk_layer` says."""
        reader = HeaderReader(self._cursor, self._what, self._limits)
        count = 0
        while (member := reader.next()) is not None:
            count += 1
            if count > self._limits.layer_entries:
                raise ImageTooLarge(what=f"the number of entries of {self._what}", limit=count - 1, actual="more")
            if not count % _CHECK:
                self._check_deadline()
            if not self._take(member) and member.data:
                self._cursor.skip(member.data)
            if member.data % BLOCK:
                self._cursor.skip(-member.data % BLOCK, partial=True)
        if reader.ignored_global:
            self.unknowns.add(b"", "a global extended header names paths or sizes; container runtimes ignore it")
        if self._cursor.drain():
            self.unknowns.add(b"", "content after the end of the tar; container runtimes ignore it")
        self._finish()

    def _take(self, member: Member) -> bool:
        """Record a member; True when its content has been read."""
        path, left = clean(member.name)
        if left:
            self.unknowns.add(path, "a name that leaves the root; it is taken from the root")
        if len(path) > self._limits.path_length or path.count(b"/") >= self._limits.path_depth:
            raise HostileContent(what=self._what, reason=f"a path of {len(path)} bytes and {path.count(b'/')} levels")
        if not path:
            if member.type != headers.DIRECTORY:
                self.unknowns.add(path, "an entry that would replace the root")
            return False
        self._names += len(path) + len(member.link)
        try:
            if (b"/.wh." in path or path.startswith(_WHITEOUT)) and self._whiteout(path):
                return False
            path = self._tree.place(path)
        except Unresolvable:
            self.unknowns.add(path, "a path through too many symbolic links")
            return False
        if self._names + self._tree.held > self._limits.layer_names:
            limit = self._limits.layer_names
            raise ImageTooLarge(what=f"the names in {self._what}", limit=limit, actual="more")
        if len(member.capability) > _CAPABILITY:
            self.unknowns.add(path, f"a security.capability of {len(member.capability)} bytes")
            member.capability = b""
        kind = _KINDS.get(member.type)
        if kind is None:
            if member.type == headers.HARD_LINK:
                self._hard_link(path, member)
            else:
                self.unknowns.add(path, f"an entry of the unknown type {member.type!r}")
            return False
        slot = columns.append(self.entries, kind, member)
        if kind is EntryType.SYMLINK:
            self.entries.links[slot] = member.link
        self._tree.write(path, slot, kind)
        if kind is not EntryType.FILE:
            return False
        if member.sparse:
            self.unknowns.add(path, "a sparse file, which is not expanded")
            return False
        self._content(path, slot, member.data)
        return True

    def _content(self, path: bytes, slot: int, size: int) -> None:
        """Hash and classify a file's content, and let catalogers see it."""
        cursor = self._cursor
        start = cursor.position
        whole = start + size <= len(cursor.part)
        if whole:
            content = memoryview(cursor.part)[start : start + size]
            cursor.position += size
            head = bytes(content[:HEAD])
        else:
            head = cursor.read(min(size, HEAD))
        kind = self.entries.classes[slot] = classify(head)
        wanted = self.extraction.matcher.match(path, head, kind)
        pieces: Iterator[bytes | memoryview]
        if whole:
            digest = hashlib.sha256(content)
            pieces = iter((content,))
            if wanted:
                wanted = self.extraction.matcher.glance(wanted, content)
        else:
            digest = hashlib.sha256(head)
            pieces = self._hashed(head, size, digest)
        if wanted:
            self._check_deadline()  # a cataloger may take a while for every single file
            file = StreamedFile(path, size, pieces, self._limits, self._scratch)
            try:
                self.extraction.run(slot, file, kind, wanted)
            finally:
                file.close()
            if file.failure is not None:
                raise file.failure
        if not whole:
            for _ in pieces:
                pass
        self.entries.digests[32 * slot : 32 * slot + 32] = digest.digest()

    def _check_deadline(self) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise DeadlineExceeded(what="walking a layer")

    def _hashed(self, head: bytes, size: int, digest: "hashlib._Hash") -> Iterator[bytes | memoryview]:
        yield head
        for piece in self._cursor.pieces(size - len(head)):
            digest.update(piece)
            yield piece

    def _whiteout(self, path: bytes) -> bool:
        """Record what a whiteout's name says; False when the path is an ordinary one after all."""
        directory, _, base = path.rpartition(b"/")
        if any(part.startswith(_AUFS) for part in directory.split(b"/")):
            return True
        if not base.startswith(_WHITEOUT):
            return False
        if base == _OPAQUE:
            self._opaques[self._tree.place(join(directory, b"x"))[:-2]] = None
        elif base.startswith(_AUFS):
            return True
        elif (name := base[len(_WHITEOUT) :]) in (b"", b".", b".."):
            self.unknowns.add(path, "a whiteout of no name")
        else:
            self._whiteouts[self._tree.place(join(directory, name))] = None
        return True

    def _hard_link(self, path: bytes, member: Member) -> None:
        """Bind a hard link to what its target is at this moment."""
        target, left = clean(member.link)
        if left:
            self.unknowns.add(path, "a hard link whose target leaves the root; it is taken from the root")
        try:
            target = self._tree.place(target)
        except Unresolvable:
            target = b""
        if not target or target == path:
            self.unknowns.add(path, "a hard link to itself, to the root or through too many symbolic links")
            return
        entries = self.entries
        holder = self._tree.find(target)
        if holder is not None and entries.types[holder] == EntryType.DIRECTORY:
            self.unknowns.add(path, "a hard link to a directory")
            return
        slot = columns.append(entries, EntryType.FILE, member)
        if holder is None:
            entries.bound[slot] = -1
            entries.links[slot] = target
        else:
            self._bind(slot, holder, target)
        self._tree.write(path, slot, entries.types[slot])

    def _bind(self, slot: int, holder: int, target: bytes) -> None:
        entries = self.entries
        columns.share(entries, slot, holder)
        if entries.types[holder] != EntryType.FILE:
            if holder in entries.links:
                entries.links[slot] = entries.links[holder]
            return
        first = entries.bound.get(holder, holder)
        entries.bound[slot] = first
        entries.links[slot] = entries.links[holder] if first < 0 else target

    def _finish(self) -> None:
        """Number the entries and move what catalogers said to the new numbers."""
        entries, extraction = self.entries, self.extraction
        entries.whiteouts = list(self._whiteouts)
        entries.opaques = list(self._opaques)
        live = self._tree.live(len(entries.types))
        if live is None:
            entries.paths = list(self._tree.index)
            return
        numbers, self.heirs = columns.compact(entries, live)
        moved = numbers | self.heirs
        extraction.evidence = {moved[slot]: raw for slot, raw in extraction.evidence.items() if slot in moved}
        for position, section in enumerate(extraction.sections.values()):
            # What was wanted for its bytes is as true under an heir's name, what was wanted for its path is not.
            names = moved if extraction.matcher.patterns[position].by_content else numbers
            section.facts = {names[slot]: facts for slot, facts in section.facts.items() if slot in names}
