"""Changes to ZIP archives: of their members, and of what holds them together."""

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from random import Random

from tests.fuzz.binary_formats import INFLATED, Change, mutate_field

_CENTRAL = struct.Struct("<4s16xIIHHH8xI")
_END = struct.Struct("<4s6xHII2x")


def mutate_zip(data: bytes, rng: Random, others: Sequence[bytes], inner: Change) -> bytes:
    """Change a member and pack it again, or fields of the archive's own records."""
    if rng.random() < 0.5:
        return _zip_fields(_wide(data, rng) if rng.random() < 0.2 else data, rng)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(one, archive.read(one)) for one in archive.infolist() if one.file_size < INFLATED]
    except (
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        zlib.error,
        OverflowError,
    ):
        return _zip_fields(data, rng)
    if not members:
        return data
    at = rng.randrange(len(members))
    info, content = members[at]
    kind = rng.randrange(8)
    name = info.filename
    if kind == 0:
        name = rng.choice(
            (name + "/", "/" + name, "../" + name, "a" * 5000, "", "x/" + name, name.upper(), "\udcff", name[:-1])
        )
    elif kind == 1:
        name, content = f"lib/{rng.randrange(9)}.jar", data[: 64 << 10]
    elif kind == 2:
        members.append(members[at])
    elif kind == 3:
        times = rng.choice((2, 1000))
        content = (content or b"\0")[: INFLATED // times] * times
    else:
        content = inner(content, rng, others)
    members[at] = (zipfile.ZipInfo(name), content)
    output = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with zipfile.ZipFile(output, "w") as archive:
                for one, payload in members:
                    packed = zipfile.ZipInfo(one.filename)
                    archive.writestr(packed, payload, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
        except (ValueError, UnicodeError, struct.error, zipfile.LargeZipFile):
            return data
    return output.getvalue()


def _zip_fields(data: bytes, rng: Random) -> bytes:
    places = [
        (match.start(), {b"PK\1\2": 46, b"PK\3\4": 30, b"PK\5\6": 22, b"PK\6\6": 56, b"PK\6\7": 20}[match[0]])
        for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x06\x06|\x06\x07)", data)
    ]
    return mutate_field(data, rng, places, (2, 4))


def _wide(data: bytes, rng: Random) -> bytes:
    """Return an archive with ZIP64's records (APPNOTE 4.3.14, 4.3.15), and ZIP64's field for some members."""
    end = data.rfind(b"PK\5\6")
    if end < 0 or end + _END.size > len(data):
        return data
    _, count, size, start = _END.unpack_from(data, end)
    if start + size > len(data):
        return data
    directory, at = b"", start
    while data[at : at + 4] == b"PK\1\2" and at + 46 <= len(data):
        _, compressed, full, named, extra, comment, offset = _CENTRAL.unpack_from(data, at)
        stop = at + 46 + named + extra + comment
        head = bytearray(data[at : at + 46])
        field = b""
        if rng.random() < 0.7:
            field = struct.pack("<HHQQQ", 1, 24, full, compressed, offset)
            head[20:28], head[42:46] = b"\xff" * 8, b"\xff" * 4
            head[30:32] = (extra + len(field) & 0xFFFF).to_bytes(2, "little")
        directory += bytes(head) + data[at + 46 : at + 46 + named] + field + data[at + 46 + named : stop]
        at = stop
    record = struct.pack("<4sQ4xIIQQQQ", b"PK\6\6", 44, 0, 0, count, count, len(directory), start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, start + len(directory), 1)
    last = b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2)
    return data[:start] + directory + record + locator + last
