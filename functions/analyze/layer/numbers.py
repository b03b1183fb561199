"""The numbers of tar headers, as Go's archive/tar (`strconv.go`) reads them."""

import re

DECIMAL = re.compile(rb"[+-]?[0-9]{1,19}")
MAX_INT64 = (1 << 63) - 1
MIN_INT64 = -MAX_INT64 - 1


class Malformed(ValueError):
    """A header that Go's reader refuses; the message says why."""


def number(raw: bytes) -> int:
    """Return a numeric field: octal text, or base-256 when the highest bit is set. Raises `Malformed`."""
    if raw[0] & 0x80:
        value = int.from_bytes(raw, "big")
        bits = 8 * len(raw) - 1
        value &= (1 << bits) - 1
        if raw[0] & 0x40:
            value -= 1 << bits
        if not MIN_INT64 <= value <= MAX_INT64:
            raise Malformed("a number that does not fit 64 bits")
        return value
    return octal(raw)


def octal(raw: bytes) -> int:
    """Return a number as Go's `parseOctal` reads it: spaces and NULs around octal digits, nothing for 0.

    Raises `Malformed`.
    """
    text = raw.strip(b" \0")
    if not text:
        return 0
    if not text.isdigit():
        text = text.partition(b"\0")[0]
        if not text.isdigit():
            raise Malformed("a number that is not octal")
    try:
        return int(text, 8)
    except ValueError:
        raise Malformed("a number that is not octal") from None


def decimal(raw: bytes) -> int:
    """Return a number of an extended header. Raises `Malformed`."""
    if not DECIMAL.fullmatch(raw) or abs(value := int(raw)) > MAX_INT64:
        raise Malformed("a number that is not decimal in an extended header")
    return value


def signed_sum(block: bytes) -> int:
    """Return the checksum as old Sun tars wrote it, over signed bytes."""
    counted = block[:148] + b" " * 8 + block[156:]
    return sum(byte - 256 if byte > 127 else byte for byte in counted)
