"""What an OpenPGP signature says of itself: algorithms, time and key.

Source: RFC 9580 sections 4.2 (packets), 5.2.2 and 5.2.3 (signatures of version 3 and 4) and 9 (algorithms).
"""

import struct
import time
from collections.abc import Iterator

HASHES = {1: "MD5", 2: "SHA1", 3: "RIPEMD160", 8: "SHA256", 9: "SHA384", 10: "SHA512", 11: "SHA224"}
_KEYS = {1: "RSA", 2: "RSA", 3: "RSA", 17: "DSA", 19: "ECDSA", 22: "EdDSA", 27: "Ed25519"}
_SIGNATURE = 2
_CREATED, _ISSUER, _FINGERPRINT = 2, 16, 33  # subpackets


def signature(packet: bytes) -> dict[str, str]:
    """Return Syft's `algo`, `hash`, `created` (UTC, as in C's asctime) and `issuer` (key id in hexadecimal).

    Raises `ValueError` for what is no signature packet of version 3 or 4.
    """
    try:
        body = _body(packet)
        if body[0] == 3:
            created, issuer, key, digest = struct.unpack_from(">I8sBB", body, 3)
            return _described(key, digest, created, issuer.hex())
        if body[0] == 4:
            key, digest, hashed = struct.unpack_from(">BBH", body, 2)
            unhashed = struct.unpack_from(">H", body, 6 + hashed)[0]
            created, issuer = 0, ""
            for kind, value in [
                *_subpackets(body[6 : 6 + hashed]),
                *_subpackets(body[8 + hashed : 8 + hashed + unhashed]),
            ]:
                if kind == _CREATED and len(value) == 4:
                    created = int.from_bytes(value, "big")
                elif kind == _ISSUER:
                    issuer = value.hex()
                elif kind == _FINGERPRINT and not issuer:
                    issuer = value[-8:].hex() if value[:1] == b"\4" else value[1:9].hex()
            return _described(key, digest, created, issuer)
    except (struct.error, IndexError):
        raise ValueError("a signature that is cut short") from None
    raise ValueError(f"a signature of version {body[0]}")


def _described(key: int, digest: int, created: int, issuer: str) -> dict[str, str]:
    moment = time.gmtime(created)
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    when = (
        f"{days[moment.tm_wday]} {months[moment.tm_mon - 1]} {moment.tm_mday:2} {time.strftime('%H:%M:%S %Y', moment)}"
    )
    described = {"algo": _KEYS.get(key, ""), "hash": HASHES.get(digest, ""), "created": when, "issuer": issuer}
    return {name: value for name, value in described.items() if value}


def _body(packet: bytes) -> bytes:
    first = packet[0]
    if not first & 0x80:
        raise ValueError("no OpenPGP packet")
    if first & 0x40:
        kind = first & 0x3F
        length, start = _length(packet, 1)
    else:
        kind = first >> 2 & 0xF
        width = (1, 2, 4, 0)[first & 3]
        length, start = int.from_bytes(packet[1 : 1 + width], "big") if width else len(packet), 1 + width
    if kind != _SIGNATURE:
        raise ValueError(f"an OpenPGP packet of type {kind}, which is no signature")
    return packet[start : start + length]


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return a length of one, two or five bytes, and where it ends."""
    first = data[at]
    if first < 192:
        return first, at + 1
    if first < 255:
        return (first - 192 << 8) + data[at + 1] + 192, at + 2
    return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5


def _subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(area):
        length, start = _length(area, at)
        if not length:
            raise ValueError("a subpacket without a type")
        yield area[start] & 0x7F, area[start + 1 : start + length]
        at = start + length
