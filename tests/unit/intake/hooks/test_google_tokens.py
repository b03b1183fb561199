"""Google's tokens, signed here by an independent implementation (the package `cryptography`)."""

import base64
import hashlib
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.harness.misbehaving import Reply, serving

from cargohold.registry.document import Hook
from intake.hooks import google, google_tokens
from intake.hooks.google_tokens import Keys, read_keys, vouches

ACCOUNT, AUDIENCE = "pubsub@team.iam.gserviceaccount.com", "https://hooks.example.com"


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys(private: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> Keys:
    public = private.public_key().public_numbers()
    listed = [{"kty": "RSA", "kid": "one", "alg": "RS256", "n": number(public.n), "e": number(public.e)}]
    monkeypatch.setattr(Keys, "_fetch", lambda _: read_keys(json.dumps({"keys": listed}).encode()))
    return Keys()


def token(private: rsa.RSAPrivateKey, head: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    given = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True}
    given |= {"iat": now - 5, "exp": now + 3600, "sub": "113774264463038321964"} | claims
    parts = [json.dumps({"alg": "RS256", "kid": "one", "typ": "JWT"} | (head or {})), json.dumps(given)]
    signed = ".".join(encoded(part.encode()) for part in parts)
    return signed + "." + encoded(private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))


def test_a_token_of_the_account_for_us_is_believed(private: rsa.RSAPrivateKey, keys: Keys) -> None:
    assert vouches(token(private), ACCOUNT, AUDIENCE, keys)
    assert vouches(token(private, iss="accounts.google.com"), ACCOUNT, AUDIENCE, keys)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example.com"},
        {"aud": [AUDIENCE]},
        {"email": "other@team.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"iss": "https://accounts.example.com"},
        {"exp": int(time.time()) - 3600},
        {"exp": "never"},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
    ],
)
def test_a_token_that_says_something_else_is_not(
    private: rsa.RSAPrivateKey, keys: Keys, claims: dict[str, Any]
) -> None:
    assert not vouches(token(private, **claims), ACCOUNT, AUDIENCE, keys)


@pytest.mark.parametrize("head", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS512"}, {"kid": "two"}, {"kid": None}])
def test_the_algorithm_and_the_key_are_not_the_sender_s_choice(
    private: rsa.RSAPrivateKey, keys: Keys, head: dict[str, Any]
) -> None:
    assert not vouches(token(private, head), ACCOUNT, AUDIENCE, keys)


def test_another_key_another_body_and_rubbish_are_not_believed(private: rsa.RSAPrivateKey, keys: Keys) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert not vouches(token(other), ACCOUNT, AUDIENCE, keys)
    head, claims, signature = token(private).split(".")
    altered = encoded(json.dumps({"email": ACCOUNT, "aud": AUDIENCE}).encode())
    for wrong in (
        f"{head}.{altered}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature}A",
        f"{head}.{claims}.{encoded(bytes(256))}",
        f"{head}.{claims}.{encoded(bytes([255]) * 256)}",
        f"{head}.{claims}",
        "a.b.c",
        "é.é.é",
        "",
        "." * 10_000,
    ):
        assert not vouches(wrong, ACCOUNT, AUDIENCE, keys)


def test_a_block_with_something_behind_its_digest_is_forged(keys: Keys) -> None:
    """Bleichenbacher's forgery of 2006: with a small exponent, readers that parse the block accept it."""
    signed = b"header.claims"
    info = google_tokens._DIGEST_INFO + hashlib.sha256(signed).digest()
    start = b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00" + info
    wanted = int.from_bytes(start + b"\x00" * (384 - len(start)), "big")
    root = 1 << (wanted.bit_length() // 3 + 1)
    while (smaller := (2 * root + wanted // root**2) // 3) < root:
        root = smaller
    forged = root + 1  # its cube begins with `start`
    modulus = (1 << 3071) | (forged**3 | 1)
    assert (forged**3).to_bytes(384, "big").startswith(start)
    assert not google_tokens._is_signature((modulus, 3), signed, forged.to_bytes(384, "big"))


def test_keys_are_fetched_once_and_again_for_a_new_one_but_not_for_every_rubbish(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    monkeypatch.setattr(Keys, "_fetch", lambda _: fetched.append(1) or {"one": (1, 1)})
    clock = [1000.0]
    monkeypatch.setattr(google_tokens.time, "monotonic", lambda: clock[0])
    fresh = Keys()
    assert fresh.get("one")
    assert fresh.get("one")
    assert not fresh.get("two")
    assert not fresh.get("three")
    assert len(fetched) == 1
    clock[0] += 61
    assert not fresh.get("two")
    assert len(fetched) == 2
    monkeypatch.setattr(Keys, "_fetch", lambda _: {})
    clock[0] += 7 * 3600
    assert fresh.get("one"), "old keys are better than none while Google does not answer"


def test_a_server_that_is_not_google_gives_no_keys() -> None:
    with serving(lambda _: Reply(200, b'{"keys": []}')) as server:
        assert Keys(f"http://{server.host}/certs").get("one") is None
        assert not server.requests, "an address of this machine is not Google's"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1]}', b'{"keys": [{"kty": "RSA"}]}'])
def test_what_is_no_key_set_has_no_keys(body: bytes) -> None:
    assert read_keys(body) == {}


def test_the_hook_looks_at_the_bearer_token(
    private: rsa.RSAPrivateKey, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_tokens, "GOOGLE", keys)
    plain = Hook.model_validate({"kind": "google", "token": "0123456789abcdef"})
    checked = Hook.model_validate(
        {"kind": "google", "token": "0123456789abcdef", "service_account": ACCOUNT, "audience": AUDIENCE}
    )
    assert google.verify({}, b"", plain)
    assert google.verify({"authorization": f"Bearer {token(private)}"}, b"", checked)
    assert not google.verify({"authorization": f"Basic {token(private)}"}, b"", checked)
    assert not google.verify({"authorization": f"Bearer {token(private, aud='x')}"}, b"", checked)
    assert not google.verify({}, b"", checked)
