"""The members of a tar file, read where they lie: nothing is unpacked, memory is bounded."""

import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analyze.transports.files import PART, Files, open_regular
from analyze.transports.inflate import Forward, Place
from cargohold.errors import HostileContent, ImageTooLarge, InvalidImage, TruncatedContent

_MEMBERS = 20_000
_LINKS = 16
_PLACES = 256  # at most, in a compressed archive; an inflate state with its input takes about 100 KiB
_SPACING = 1 << 20  # compressed bytes between two places, at least
_HEAD = 8


@dataclass(frozen=True, slots=True)
class _Member:
    place: Place | None
    offset: int
    size: int
    head: bytes
    target: str | None = None  # of a link, from the root of the archive


class Archive(Files):
    """A tar file, plain or gzip, indexed in one pass.

    A compressed one is inflated for its index up to `largest` bytes, and then again for each member from
    the nearest place before it.
    """

    def __init__(self, path: str, largest: int) -> None:
        self._path = Path(path)
        self._what = self._path.name
        self._largest = largest
        self._members = self._indexed()

    def size(self, name: str) -> int | None:
        member = self._member(name)
        return member.size if member else None

    def head(self, name: str) -> bytes:
        """Return the first bytes of a member, at most 8; raises `InvalidImage` when there is none."""
        return self._existing(name).head

    def read(self, name: str, limit: int) -> bytes:
        member = self._existing(name)
        if member.size > limit:
            raise ImageTooLarge(what=f"{name} in {self._what}", limit=limit, actual=member.size)
        with self.open(name) as parts:
            return b"".join(parts)

    @contextmanager
    def open(self, name: str) -> Iterator[Iterator[bytes]]:
        member = self._existing(name)
        # A file object a reader: layers are read by several threads at once.
        with open_regular(self._path) as raw:
            forward = Forward(raw, self._what, member.place)
            forward.seek(member.offset)
            yield self._parts(forward, member, name)

    def _parts(self, forward: Forward, member: _Member, name: str) -> Iterator[bytes]:
        left = member.size
        while left:
            part = forward.read(min(PART, left))
            if not part:
                raise TruncatedContent(what=f"{name} in {self._what}", reason=f"{left} bytes are missing.")
            left -= len(part)
            yield part

    def _existing(self, name: str) -> _Member:
        member = self._member(name)
        if member is None:
            raise InvalidImage(what=self._what, reason=f"it has no {name[:200]}.")
        return member

    def _member(self, name: str) -> _Member | None:
        name = _normal(name)
        for _ in range(_LINKS):
            member = self._members.get(name)
            if member is None or member.target is None:
                return member
            name = member.target
        raise HostileContent(what=self._what, reason=f"links of {name[:200]} lead on without end.")

    def _indexed(self) -> dict[str, _Member]:
        members: dict[str, _Member] = {}
        with open_regular(self._path) as raw:
            forward = Forward(raw, self._what)
            places = _Places(max(_SPACING, self._path.stat().st_size // _PLACES))
            try:
                # tarfile reads headers only: it seeks over what it does not need, and forward.
                with tarfile.open(fileobj=forward, mode="r:") as tar:  # type: ignore[call-overload]
                    while (entry := tar.next()) is not None:
                        tar.members = []  # it would keep every header
                        if len(members) >= _MEMBERS:
                            raise HostileContent(what=self._what, reason=f"it has more than {_MEMBERS} members.")
                        members[_normal(entry.name)] = self._entry(entry, forward, places)
            except tarfile.TarError as error:
                if members:
                    raise TruncatedContent(what=self._what, reason=f"{error}.") from None
                raise InvalidImage(what=self._what, reason="it is not a tar file, plain or gzip.") from None
            except RecursionError:
                raise HostileContent(what=self._what, reason="extended headers follow each other.") from None
        return members

    def _entry(self, entry: tarfile.TarInfo, forward: Forward, places: "_Places") -> _Member:
        if entry.issym():
            target = posixpath.join(posixpath.dirname(_normal(entry.name)), entry.linkname)
            return _Member(None, 0, 0, b"", _normal(target))
        if entry.islnk():
            return _Member(None, 0, 0, b"", _normal(entry.linkname))
        if not entry.isreg() or entry.issparse():
            return _Member(None, entry.offset_data, 0, b"")
        place = None
        if forward.compressed:
            end = entry.offset_data + entry.size
            if end > self._largest:
                raise ImageTooLarge(what=self._what, limit=f"of {self._largest} bytes uncompressed", actual=end)
            place = places.before(forward)
        head = forward.read(min(_HEAD, entry.size))
        return _Member(place, entry.offset_data, entry.size, head)


@dataclass(slots=True)
class _Places:
    """Places to come back to, not too many: members close to each other share one."""

    spacing: int
    last: Place | None = None

    def before(self, forward: Forward) -> Place:
        """Return a place at or before where `forward` is."""
        if self.last is None or forward.raw_tell() - self.last.raw_position >= self.spacing:
            self.last = forward.place()
        return self.last


def _normal(name: str) -> str:
    return posixpath.normpath("/" + name).lstrip("/")
