"""Comparing secrets without telling by the time it takes."""

import hmac
from collections.abc import Mapping
from hashlib import sha256


def same(sent: str, expected: str) -> bool:
    """Tell whether two secrets are equal; the time depends on neither content nor length of `expected`."""
    return hmac.compare_digest(_digest(sent), _digest(expected))


def header(headers: Mapping[str, str], wanted: str) -> str:
    """Return a header's value whatever its case, or "" when there is none; `wanted` is in lower case."""
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def is_authorized(headers: Mapping[str, str], secret: str | None) -> bool:
    """Tell whether the `Authorization` header is the configured one.

    Without a `secret` the token in the path is all there is.
    """
    return secret is None or same(header(headers, "authorization"), secret)


def is_signed(sent: str, body: bytes, secret: str | None, algorithm: str) -> bool:
    """Tell whether `sent` is the HMAC of the body in hexadecimal digits. Without a `secret` none is asked for."""
    return secret is None or same(sent.lower(), hmac.new(_bytes(secret), body, algorithm).hexdigest())


def _digest(text: str) -> bytes:
    return sha256(_bytes(text)).digest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
