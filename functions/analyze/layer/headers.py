"""The headers of a tar: ustar, GNU, star, v7 and PAX, in the dialect of Go's archive/tar.

Container runtimes are written in Go, so what its reader accepts, refuses and ignores decides which
files a container has. Source: Go `src/archive/tar/{reader,strconv,format}.go`; POSIX.1-2017 `pax`.
Points where readers differ: two zero blocks end the archive; header-only types carry no data whatever
their size says; global PAX headers change nothing; a GNU long name wins over a PAX path.
"""

import re
from dataclasses import dataclass, field
from struct import Struct
from zlib import adler32

from analyze.layer.cursor import BLOCK, Cursor
from analyze.layer.numbers import DECIMAL, MAX_INT64, MIN_INT64, Malformed, decimal, number, octal, signed_sum
from analyze.limits import Limits
from cargohold.errors import HostileContent, InvalidImage

FILE, HARD_LINK, SYMLINK, CHARACTER, BLOCK_DEVICE, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"

_LEGACY_FILE, _SPARSE = b"\0", b"S"
_HEADER_ONLY = frozenset((HARD_LINK, SYMLINK, CHARACTER, BLOCK_DEVICE, DIRECTORY, FIFO))
_PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK = b"x", b"g", b"L", b"K"
_META = frozenset((_PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK))
# name, mode+uid+gid, size, mtime, checksum, type, link, magic+version, owner names, devices, prefix
_FIELDS = Struct("100s24s12s12s8sc100s8s64x16s167s")
_ZEROS = bytes(BLOCK)
_TIME = re.compile(rb"([+-]?[0-9]{1,19})(?:\.([0-9]*))?")
_CAPABILITY = b"SCHILY.xattr.security.capability"
_NO_NUL = frozenset((b"path", b"linkpath", b"uname", b"gname"))
_OCTAL = b"01234567"
_NO_DEVICES = bytes(16)
_CACHE = 4096


@dataclass(slots=True)
class Member:
    """One header with what modifies it. `data` is how many bytes follow it, `size` what the file has."""

    name: bytes
    type: bytes
    link: bytes
    data: int
    size: int
    mode: int
    uid: int
    gid: int
    mtime: int
    sparse: bool = False
    capability: bytes = b""


@dataclass(slots=True)
class HeaderReader:
    """Reads members one after the other from a cursor that stands at a header.

    `ignored_global` tells whether a global PAX header named a path, link or size that nobody applies.
    """

    cursor: Cursor
    what: str
    limits: Limits
    ignored_global: bool = False
    # Most files of a layer share owners and times; parsing them once is a third of a header's cost.
    _owners: dict[bytes, tuple[int, int, int]] = field(default_factory=dict)
    _times: dict[bytes, int] = field(default_factory=dict)
    _devices: set[bytes] = field(default_factory=set)

    def next(self) -> Member | None:
        """Return the next member, None at the end. Raises `InvalidImage`, `HostileContent`, `TruncatedContent`."""
        try:
            return self._next()
        except Malformed as error:
            raise InvalidImage(what=self.what, reason=f"damaged tar: {error}") from error

    def _next(self) -> Member | None:
        records: dict[bytes, bytes] = {}
        long_name = long_link = b""
        while True:
            block = self.cursor.block()
            if not block:
                return None
            if block[0] == 0 and block == _ZEROS:
                second = self.cursor.block()
                if second and second != _ZEROS:
                    raise Malformed("a header after a single block of zeros")
                return None
            member = self._parse(block)
            if member.type in _META:
                content = self._special(member)
                if member.type == _PAX:
                    records = self._records(content)
                elif member.type == _PAX_GLOBAL:
                    ignored = self._records(content)
                    self.ignored_global |= bool(ignored.keys() & {b"path", b"linkpath", b"size"})
                    records, long_name, long_link = {}, b"", b""
                elif member.type == _LONG_NAME:
                    long_name = content.partition(b"\0")[0]
                else:
                    long_link = content.partition(b"\0")[0]
                continue
            if records:
                _apply(member, records)
            member.name = long_name or member.name
            member.link = long_link or member.link
            self._settle(member, block)
            return member

    def _parse(self, block: bytes) -> Member:
        name, owner, size, mtime, checksum, kind, link, magic, devices, rest = _FIELDS.unpack(block)
        # Adler-32's low half is one plus the sum of the bytes, exact for half a block; summing in
        # Python would cost more than everything else here.
        total = (adler32(block[:256]) & 0xFFFF) + (adler32(block[256:]) & 0xFFFF) - 2
        total += 256 - (adler32(checksum) & 0xFFFF) + 1
        plain = checksum[6:] == b"\0 " and not checksum[:6].translate(None, _OCTAL)
        stated = int(checksum[:6], 8) if plain else octal(checksum)
        if stated != total and stated != signed_sum(block):
            raise Malformed("a header with a wrong checksum")
        modes = self._owners.get(owner)
        if modes is None:
            modes = (number(owner[:8]), number(owner[8:16]), number(owner[16:]))
            if len(self._owners) < _CACHE:
                self._owners[owner] = modes
        when = self._times.get(mtime)
        if when is None:
            when = number(mtime)
            if len(self._times) < _CACHE:
                self._times[mtime] = when
        end = name.find(0)
        if end >= 0:
            name = name[:end]
        if magic[:5] == b"ustar":
            name = self._extended(name, magic, devices, rest)
        count = number(size)
        target = link.partition(b"\0")[0] if link[0] else b""
        return Member(name, kind, target, count, count, modes[0], modes[1], modes[2], when)

    def _extended(self, name: bytes, magic: bytes, devices: bytes, rest: bytes) -> bytes:
        """Check what v7 has not, and return the name with its prefix."""
        posix = magic[5] == 0
        gnu = magic == b"ustar  \0"
        if not (posix or gnu):
            return name
        if devices != _NO_DEVICES and devices not in self._devices:
            number(devices[:8]), number(devices[8:])
            if len(self._devices) < _CACHE:
                self._devices.add(devices)
        if posix and rest[163:] == b"tar\0":  # star: a shorter prefix, then two times
            number(rest[131:143]), number(rest[143:155])
            prefix = rest[:131]
        elif posix:
            prefix = rest[:155]
        else:
            prefix = _gnu_prefix(rest)
        if not prefix or not prefix[0]:
            return name
        prefix = prefix.partition(b"\0")[0]
        return prefix + b"/" + name if prefix else name

    def _special(self, member: Member) -> bytes:
        """Return the content of a meta member."""
        if member.data < 0:
            raise Malformed("a negative size")
        if member.data > self.limits.pax_header:
            raise HostileContent(what=self.what, reason=f"an extended header of {member.data} bytes")
        content = self.cursor.read(member.data)
        self.cursor.skip(-member.data % BLOCK, partial=True)
        return content

    def _records(self, content: bytes) -> dict[bytes, bytes]:
        """Return the records of a PAX header (POSIX pax, "Extended Header"); the last of a key wins."""
        records: dict[bytes, bytes] = {}
        start = 0
        while start < len(content):
            space = content.find(b" ", start, start + 20)
            digits = content[start:space]
            if space < 0 or not DECIMAL.fullmatch(digits):
                raise Malformed("an extended header without lengths")
            end = start + int(digits)
            key, equals, value = content[space + 1 : end - 1].partition(b"=")
            if end - start < 5 or end > len(content) or content[end - 1] != 10 or not equals or not key:
                raise Malformed("a broken record in an extended header")
            if b"\0" in (value if key in _NO_NUL else key):
                raise HostileContent(what=self.what, reason=f"a NUL in the extended header record {key[:32]!r}")
            records[key] = value
            start = end
        return records

    def _settle(self, member: Member, block: bytes) -> None:
        """Decide type and size now that everything is known."""
        if member.type == _LEGACY_FILE:
            member.type = DIRECTORY if member.name.endswith(b"/") else FILE
        if member.type in _HEADER_ONLY:
            if member.sparse:
                raise Malformed("a sparse map on what has no data")
            member.data = member.size = 0
            return
        if member.data < 0 or member.size < 0:
            raise Malformed("a negative size")
        if member.type == _SPARSE:
            if block[257:265] != b"ustar  \0":
                raise Malformed("a sparse file in a header that is not GNU's")
            member.type, member.sparse = FILE, True
            member.size = number(block[483:495])
            extended = block[482]
            while extended:
                extension = self.cursor.block()
                if not extension:
                    raise Malformed("a sparse map without end")
                extended = extension[504]
            if member.size < 0:
                raise Malformed("a negative size")


def _apply(member: Member, records: dict[bytes, bytes]) -> None:
    """Let PAX records override a header; empty values keep what the header says."""
    member.name = records.get(b"path") or member.name
    member.link = records.get(b"linkpath") or member.link
    member.capability = records.get(_CAPABILITY, b"")
    if value := records.get(b"size"):
        member.data = member.size = decimal(value)
    if value := records.get(b"uid"):
        member.uid = decimal(value)
    if value := records.get(b"gid"):
        member.gid = decimal(value)
    for key in (b"mtime", b"atime", b"ctime"):
        if value := records.get(key):
            match = _TIME.fullmatch(value)
            if match is None or not MIN_INT64 <= int(match[1]) <= MAX_INT64:
                raise Malformed("a time that is none in an extended header")
            if key == b"mtime":
                # Seconds are rounded down, as Go's `time.Unix(seconds, -nanoseconds).Unix()`.
                back = value.startswith(b"-") and bool((match[2] or b"").strip(b"0"))
                member.mtime = max(int(match[1]) - back, MIN_INT64)
    _apply_sparse(member, records)


def _apply_sparse(member: Member, records: dict[bytes, bytes]) -> None:
    """Recognise GNU's PAX sparse formats 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files")."""
    version = (records.get(b"GNU.sparse.major", b""), records.get(b"GNU.sparse.minor", b""))
    if version in ((b"0", b"0"), (b"0", b"1"), (b"1", b"0")):
        member.sparse = True
    elif version == (b"", b""):
        member.sparse = bool(records.get(b"GNU.sparse.map") or records.get(b"GNU.sparse.offset"))
    if member.sparse:
        member.name = records.get(b"GNU.sparse.name") or member.name
        if value := records.get(b"GNU.sparse.size") or records.get(b"GNU.sparse.realsize"):
            member.size = decimal(value)


def _gnu_prefix(rest: bytes) -> bytes:
    """Return the prefix that Go before 1.8 wrote where GNU has two times; almost always b""."""
    try:
        if rest[0]:
            number(rest[:12])
        if rest[12]:
            number(rest[12:24])
    except Malformed:
        prefix = rest[:155].partition(b"\0")[0]
        return prefix if prefix.isascii() else b""
    return b""
