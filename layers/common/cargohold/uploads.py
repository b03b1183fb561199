"""Bundles on their way into the archive through the API: where their parts lie, and what became of them.

The API writes `uploads/<id>/<number>` into the archive store, and nothing else there. archive reads the
parts, writes the outcome beside them and deletes them; a bundle counts once it is under `bundles/`.
"""

import time
from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from cargohold.contracts import Digest

PREFIX = "uploads/"
PART = 4 << 20  # bytes: in Base64 it fits into a request to Lambda, 6 MB
PARTS = 10_000
OPEN_FOR = timedelta(days=1)  # parts are taken
KEPT_FOR = timedelta(days=3)  # the outcome can be read; longer than a message waits in its queue with all its tries

_SKEW = timedelta(minutes=5)


class Outcome(BaseModel):
    """What became of an upload: the image it is of, or the error; `new` is False for what the archive had already."""

    digest: Digest | None = None
    new: bool = False
    code: str = ""
    message: str = ""


def part_key(upload_id: UUID, number: int) -> str:
    """Return the key of a part; the first one is 1."""
    return f"{PREFIX}{upload_id}/{number:05}"


def outcome_key(upload_id: UUID) -> str:
    """Return the key of an `Outcome`."""
    return f"{PREFIX}{upload_id}/outcome"


def upload_of(key: str) -> UUID | None:
    """Return the upload that an object belongs to, None for other objects."""
    if not key.startswith(PREFIX):
        return None
    try:
        return UUID(key.removeprefix(PREFIX).partition("/")[0])
    except ValueError:
        return None


def is_open(upload_id: UUID) -> bool:
    """Tell whether parts of an upload are taken: its id says when it began."""
    age = _age(upload_id)
    return age is not None and -_SKEW <= age < OPEN_FOR


def is_over(upload_id: UUID) -> bool:
    """Tell whether what is left of an upload can go."""
    age = _age(upload_id)
    return age is None or not -_SKEW <= age < KEPT_FOR


def _age(upload_id: UUID) -> timedelta | None:
    # Whoever asks may send any id, also one of a year that no datetime has.
    if upload_id.version != 7:
        return None
    return timedelta(milliseconds=time.time_ns() // 1_000_000 - (upload_id.int >> 80))
