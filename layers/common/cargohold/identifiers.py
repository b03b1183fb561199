"""UUIDv7: identifiers that sort by the time they were made (RFC 9562, section 5.7)."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID, uuid5

# Fixed once: deterministic event ids are derived from it.
_NAMESPACE = UUID("6f1d1a52-6c0f-5d0e-9a8e-6a3c8a0c4f10")


def uuid7() -> UUID:
    """Return a new UUIDv7 of the current millisecond."""
    # The standard library has it from Python 3.14 only.
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def made_at(identifier: UUID) -> datetime:
    """Return when a UUIDv7 was made, to the millisecond, in UTC."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def event_id(*parts: str) -> UUID:
    """Return the identifier of an event that a replay must emit again under the same id."""
    return uuid5(_NAMESPACE, "\n".join(parts))
