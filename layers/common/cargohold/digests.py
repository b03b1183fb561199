"""Digests as OCI writes them (`sha256:<64 hex>`) and as the database stores them (32 bytes).

Source: OCI image-spec, descriptor.md, "Digests". Only SHA-256 is accepted: it is what registries
serve, and one algorithm keeps every key and column one size.
"""

import re
from hashlib import sha256

from cargohold.errors import InvalidDigest

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Tell whether `text` is a SHA-256 digest in OCI form."""
    return _DIGEST.fullmatch(text) is not None


def checked(text: str) -> str:
    """Return `text` when it is a digest; raise `InvalidDigest` otherwise."""
    if not is_digest(text):
        raise InvalidDigest(digest=text)
    return text


def to_bytes(digest: str) -> bytes:
    """Return the 32 bytes of a digest; raises `InvalidDigest`."""
    return bytes.fromhex(checked(digest)[7:])


def to_text(raw: bytes | memoryview) -> str:
    """Return the OCI form of 32 raw bytes."""
    return "sha256:" + bytes(raw).hex()


def of(content: bytes) -> str:
    """Return the digest of `content`."""
    return "sha256:" + sha256(content).hexdigest()
