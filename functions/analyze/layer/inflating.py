"""The program of the process that inflates a large layer: `apart.ProcessStages` starts it and reads what it makes.

The blob comes on standard input. The tar goes into slots of shared memory, in turn: one length in
`LENGTH` form a slot on `filled`, and one byte on `free` for each slot that the reader is done with. When
`free` ends the tar is wanted no longer, and the rest of the blob is only hashed. Standard output has,
at the end, one JSON object: `Report`. A process without one died of what it could not catch.
"""

import hashlib
import json
import mmap
import os
import sys
from dataclasses import asdict, dataclass
from struct import Struct
from typing import Any

from analyze.layer.decompress import PART, Blob, decompress
from analyze.limits import Limits
from cargohold.errors import (
    CargoholdError,
    HostileContent,
    ImageTooLarge,
    InvalidImage,
    TruncatedContent,
    UnsupportedMediaType,
)

SLOTS = 16  # of PART bytes; with half of them, the two processes wait for each other more often
LENGTH = Struct("<I")
FEED = 1 << 18  # bytes of the blob that are read at once
_FAILURES = (TruncatedContent, InvalidImage, UnsupportedMediaType, HostileContent, ImageTooLarge)


@dataclass(frozen=True, slots=True)
class Task:
    """What the process is told, as the JSON of its only argument: file descriptors, and how to inflate."""

    memory: int
    filled: int
    free: int
    what: str
    limits: dict[str, Any]
    compares: bool  # whether the digest of the blob is known, and so tells a damaged image from a damaged transfer


@dataclass(frozen=True, slots=True)
class Report:
    """Digests in hexadecimal digits, sizes in bytes, and the name and fields of what `decompress` raised."""

    blob: str
    diff_id: str
    size: int
    uncompressed_size: int
    failure: tuple[str, dict[str, Any]] | None

    def error(self) -> CargoholdError | None:
        """Return the failure as the error that it was."""
        if self.failure is None:
            return None
        name, fields = self.failure
        return next(kind for kind in _FAILURES if kind.__name__ == name)(**fields)


class _Unwanted(Exception):
    """The reader left."""


class _Slots:
    """Where parts go, one after the other."""

    def __init__(self, task: Task) -> None:
        self._memory = memoryview(mmap.mmap(task.memory, SLOTS * PART))
        self._task = task
        self._room = SLOTS
        self._next = 0

    def put(self, part: bytes) -> None:
        if not self._room:
            self._room = len(os.read(self._task.free, SLOTS))
            if not self._room:
                raise _Unwanted
        self._room -= 1
        start = self._next * PART
        self._memory[start : start + len(part)] = part
        self._next = (self._next + 1) % SLOTS
        os.write(self._task.filled, LENGTH.pack(len(part)))


def inflate(task: Task) -> Report:
    """Do the whole of it and return what there is to report."""
    blob = Blob(iter(lambda: os.read(0, FEED), b""))
    whole = hashlib.sha256()
    total = 0
    failure = None
    slots = _Slots(task)
    rest = False
    try:
        for part in decompress(blob, what=task.what, limits=Limits(**task.limits)):
            slots.put(part)
            whole.update(part)
            total += len(part)
    except _Unwanted:
        rest = True
    except _FAILURES as error:
        failure = (type(error).__name__, error.fields)
        rest = task.compares and isinstance(error, InvalidImage)
    os.close(task.filled)
    while rest and blob.part(FEED):
        pass
    return Report(blob.hash.hexdigest(), whole.hexdigest(), blob.size, total, failure)


def main() -> None:
    """Run as the process."""
    try:
        report = inflate(Task(**json.loads(sys.argv[1])))
        os.write(1, json.dumps(asdict(report)).encode())
    except BrokenPipeError:
        sys.exit(1)  # whoever started this is gone
