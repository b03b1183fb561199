"""Comparing secrets without telling by the time it takes."""

import hmac
from hashlib import sha256


def same(sent: str, expected: str) -> bool:
    """Tell whether two secrets are equal; the time depends on neither content nor length of `expected`."""
    return hmac.compare_digest(_digest(sent), _digest(expected))


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
