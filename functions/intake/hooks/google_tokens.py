"""Identity tokens that Google signs for service accounts (OpenID Connect).

Source: RFC 7515 (JWS), RFC 7518 section 3.3 (RS256), RFC 8017 section 8.2.2 (RSASSA-PKCS1-v1_5: the expected
block is made and compared whole, so nothing of a forged one is parsed), RFC 7517 (keys), and Google's
"OpenID Connect". Google's keys are fetched once and kept; they change every few days.
"""

import base64
import binascii
import hmac
import threading
import time
from hashlib import sha256
from typing import Any

import orjson

from cargohold.errors import CargoholdError
from cargohold.registry.document import Registry
from cargohold.registry.http import Session
from cargohold.registry.patience import Patience
from cargohold.telemetry import logger
from intake.hooks.comparison import same

_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs"
_KEYS_BYTES = 64 << 10
_KEYS_AGE = 6 * 3600  # seconds
_FETCH_PAUSE = 60  # seconds; whoever sends tokens of unknown keys causes no more requests than that
_TOKEN_LENGTH = 8192
_LEEWAY = 60  # seconds between our clock and Google's

# RFC 8017, section 9.2, note 1: the DigestInfo of SHA-256.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Keys:
    """Google's public keys by their id: modulus and exponent. Safe for threads."""

    def __init__(self, url: str = _KEYS_URL) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, int]] = {}
        self._asked = float("-inf")

    def get(self, key_id: str) -> tuple[int, int] | None:
        """Return a key, fetched when it is not known; None when Google has no such key, or does not answer."""
        with self._lock:
            age = time.monotonic() - self._asked
            if age > _KEYS_AGE or (key_id not in self._known and age > _FETCH_PAUSE):
                self._asked = time.monotonic()
                self._known = self._fetch() or self._known
            return self._known.get(key_id)

    def _fetch(self) -> dict[str, tuple[int, int]]:
        host = self._url.split("/")[2]
        session = Session(Registry(host=host), host, Patience(attempts=2, first=0.2, longest=1))
        try:
            answer = session.request("GET", self._url, limit=_KEYS_BYTES)
            return read_keys(answer.body) if answer.status == 200 else {}
        except CargoholdError as error:
            logger.warning("Google's keys cannot be fetched", extra={"reason": error.message})
            return {}
        finally:
            session.close()


GOOGLE = Keys()


def read_keys(body: bytes) -> dict[str, tuple[int, int]]:
    """Return the RSA keys of a key set; what is none is left out."""
    try:
        listed = orjson.loads(body)["keys"]
        rsa = [key for key in listed if key.get("kty") == "RSA"]
        return {str(key["kid"]): (_number(key["n"]), _number(key["e"])) for key in rsa}
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError):
        return {}


def vouches(token: str, service_account: str, audience: str, keys: Keys | None = None) -> bool:
    """Tell whether a token is signed by Google, in force, for `audience`, and about `service_account`."""
    claims = _claims(token, keys or GOOGLE)
    if claims is None:
        return False
    clock = time.time()
    begins, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        return False
    return (
        claims.get("iss") in _ISSUERS
        and begins - _LEEWAY <= clock < ends + _LEEWAY
        and claims.get("email_verified") is True
        and same(str(claims.get("email", "")), service_account)
        and same(str(claims.get("aud", "")), audience)
    )


def _claims(token: str, keys: Keys) -> dict[str, Any] | None:
    """Return the claims of a token with a good signature; nothing else of it is looked at before."""
    parts = token.split(".")
    if len(token) > _TOKEN_LENGTH or len(parts) != 3 or not token.isascii():
        return None
    try:
        head = orjson.loads(_decoded(parts[0]))
        if not isinstance(head, dict) or head.get("alg") != "RS256":
            return None
        key = keys.get(str(head.get("kid", "")))
        if key is None or not _is_signature(key, ".".join(parts[:2]).encode(), _decoded(parts[2])):
            return None
        claims = orjson.loads(_decoded(parts[1]))
    except (orjson.JSONDecodeError, binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _is_signature(key: tuple[int, int], signed: bytes, signature: bytes) -> bool:
    modulus, exponent = key
    length = (modulus.bit_length() + 7) // 8
    if length < 256 or len(signature) != length or int.from_bytes(signature, "big") >= modulus:
        return False
    block = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(length, "big")
    info = _DIGEST_INFO + sha256(signed).digest()
    expected = b"\x00\x01" + b"\xff" * (length - len(info) - 3) + b"\x00" + info
    return hmac.compare_digest(block, expected)


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text), "big")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
