"""Requests are signed as API Gateway verifies them."""

import hmac
import re
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest

from cargohold.errors import EndpointFailed, InvalidConfiguration
from cargohold_cli import signing
from cargohold_cli.client import Client

URL = "https://a1b2c3.execute-api.eu-west-3.amazonaws.com/v1/images?tag=a%20b&limit=1"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    signing._session.cache_clear()


def test_for_the_region_and_service_of_the_address() -> None:
    headers = signing.signed("GET", URL, {"Range": "bytes=0-9"})

    assert headers["Range"] == "bytes=0-9"
    assert headers["X-Amz-Security-Token"] == "session"
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-west-3/execute-api/aws4_request, "
        r"SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}",
        headers["Authorization"],
    )


def test_for_the_region_that_is_set_where_the_address_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidConfiguration, match="AWS_REGION"):
        signing.signed("GET", "https://cargohold.example.com/v1/images", {})
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    signing._session.cache_clear()
    headers = signing.signed("GET", "https://cargohold.example.com/v1/images", {})
    assert "/us-east-2/execute-api/" in headers["Authorization"]


def test_not_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    signing._session.cache_clear()
    with pytest.raises(InvalidConfiguration, match="credentials"):
        signing.signed("GET", URL, {})


SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def expected(method: str, target: str, headers: dict[str, str], body: bytes) -> str:
    """Return the signature by the letter of AWS's "Create a signed AWS API request", without any code of theirs."""
    path, _, query = target.partition("?")
    signed = re.search("SignedHeaders=([^,]*)", headers["authorization"]).group(1)  # type: ignore[union-attr]
    scope = re.search("Credential=[^/]*/([^,]*)", headers["authorization"]).group(1)  # type: ignore[union-attr]
    parameters = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in parse_qsl(query))
    canonical = [method, quote(path, safe="/~"), "&".join(f"{name}={value}" for name, value in parameters)]
    canonical += [f"{name}:{headers[name].strip()}" for name in signed.split(";")]
    canonical += ["", signed, sha256(body).hexdigest()]
    text = "\n".join(
        ("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256("\n".join(canonical).encode()).hexdigest())
    )
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that believes signed requests, and what it was asked."""
    asked: list[str] = []

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            believed = headers.get("authorization", "").endswith(expected(self.command, self.path, headers, body))
            asked.append(f"{self.command} {self.path}")
            content = b'{"digest": "sha256:1", "items": [], "next": null}' if believed else b"{}"
            self.send_response(200 if believed else 403)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 -- the base class looks for them

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_whoever_knows_the_secret_finds_the_same_signature(
    gateway: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = gateway
    monkeypatch.delenv("CARGOHOLD_TOKEN", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    signing._session.cache_clear()
    client = Client(address)
    client._here = False  # or nothing would be signed for this machine
    digest = "sha256:" + "0" * 64
    client.json("/v1/images", tag="a b+c", purl="pkg:deb/debian/openssl@3.0~1?arch=amd64", limit=1)
    client.json("/v1/lookup", name="registry.example.com:5000/team/äpp:1.0")
    list(client.bytes(f"/v1/images/{digest}/sbom", format="cyclonedx-json@1.6"))
    kinds: Any = dict[str, Any]
    client.send("POST", "/v1/images", kinds, {"reference": "team/äpp:1", "force": True})
    client.send("PUT", "/v1/rules/old", kinds, {"analysis_age_days": 9})
    client.send("DELETE", f"/v1/images/{digest}", kinds)
    assert len(asked) == 6

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    signing._session.cache_clear()
    with pytest.raises(EndpointFailed, match="403"):
        client.json("/v1/images")
