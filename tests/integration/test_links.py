"""Large objects from their store: addresses that are valid for minutes, for one object, and told to nobody else."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.harness import api
from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis
from tests.harness.api import Client
from tests.harness.stores import bucket, s3_of_swift
from tests.harness.swift import Swift, request

from api import answers
from api.links import referred
from cargohold.objects.open import open_store
from cargohold_cli import client as clients
from cargohold_cli import endpoint, remote
from cargohold_cli.main import main
from cargohold_cli.web import Application
from persist.messages import handle_message

try:
    from compression import zstd
except ImportError:
    from backports import zstd

IMAGE = digest("image")
KEY = "a-key-for-temporary-urls"
TRAILER = 56
ALL = ("s3", "swift", "swift, its container's key", "s3 of swift")


@pytest.fixture(params=["s3", "swift"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty store that gives addresses."""
    if request.param == "s3":
        return bucket(request.getfixturevalue("aws"), "")
    if request.param == "s3 of swift":
        return bucket(*s3_of_swift(request.getfixturevalue("swift"), monkeypatch))
    return of_swift(request.getfixturevalue("swift_user"), monkeypatch, container="container" in request.param)


def of_swift(swift: Swift, monkeypatch: pytest.MonkeyPatch, *, container: bool) -> str:
    name = swift.new_container()
    url, token = swift.sign_in()
    signs = {"X-Container-Meta-Temp-URL-Key": KEY} if container else {"X-Account-Meta-Temp-URL-Key": KEY}
    request(f"{url}/{name}" if container else url, "POST", {"X-Auth-Token": token} | signs)
    monkeypatch.setenv("SWIFT_TEMP_URL_KEY", KEY)
    return f"swift://{name}/some/prefix"


@pytest.fixture
def client(place: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The API on an image and an archived one, whose documents and bundle are large."""
    more = {"DATABASE_URL": database_url, "OBJECT_STORE": place, "ARCHIVE_STORE": place}
    for name, value in (api.ENVIRONMENT | more).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CARGOHOLD_TOKEN", raising=False)
    monkeypatch.setattr(answers, "PART", 1000)
    with api.client(database_url) as client:
        client.to = type(client.to)(client.to.database, open_store(place), client.to.messenger)
        for number, name in enumerate((IMAGE, digest("archived"))):
            at = EPOCH + timedelta(minutes=number)
            found = [package(f"package-{n}", id=f"p{n}") for n in range(50)]
            ready = store_analysis(
                client.to.store, name, analysis_id(at), found, references=(pushed(at, f"v{number}"),)
            )
            handle_message(ready, client.to)
        client.ask("POST", f"/v1/images/{digest('archived')}/archive")
        client.drain()
        yield client


def fetch(address: str, **headers: str) -> tuple[int, bytes]:
    answer = urllib3.request("GET", address, headers=headers, redirect=False)
    return answer.status, answer.data


def test_a_large_bundle_is_at_its_store(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    view = client.get(f"/v1/archives/{digest('archived')}").json
    answer = client.get(f"/v1/archives/{digest('archived')}/bundle")
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (307, b"", "no-store")
    address = answer.headers["location"]
    assert view["bundle_key"].rpartition("/")[2] in address
    assert address.partition("?")[2] not in caplog.text, "it is as good as a credential"

    status, exact = fetch(address, Range=f"bytes=0-{view['bundle_size'] - 1}")
    assert (status, sha256(exact).hexdigest()) == (206, view["bundle_sha256"])
    status, whole = fetch(address)
    assert (status, whole[: len(exact)]) == (200, exact)
    assert (len(whole) - len(exact)) % TRAILER == 0
    assert zstd.decompress(whole) == zstd.decompress(exact), "what follows is skipped"
    # Who asks for parts gets them from the API.
    part = client.get(f"/v1/archives/{digest('archived')}/bundle", {"range": "bytes=10-19"})
    assert (part.status, part.body) == (206, exact[10:20])


def test_a_large_document_is_at_its_store(client: Client) -> None:
    documents = {entry["document"]: entry for entry in client.get(f"/v1/images/{IMAGE}/analysis").json["documents"]}
    answer = client.get(f"/v1/images/{IMAGE}/documents/packages")
    assert answer.status == 307
    status, stored = fetch(answer.headers["location"])
    content = zstd.decompress(stored)
    assert (status, sha256(content).hexdigest()) == (200, documents["packages"]["sha256"])
    parts = b"".join(
        client.get(f"/v1/images/{IMAGE}/documents/packages", {"range": f"bytes={start}-{start + 999}"}).body
        for start in range(0, len(stored) - TRAILER, 1000)
    )
    assert zstd.decompress(parts) == content
    small = client.get(f"/v1/images/{IMAGE}/documents/unknowns")
    assert (small.status, small.headers["content-type"]) == (200, "application/zstd")
    assert sha256(zstd.decompress(small.body)).hexdigest() == documents["unknowns"]["sha256"]
    unchanged = client.get(f"/v1/images/{IMAGE}/documents/unknowns", {"if_none_match": small.headers["etag"]})
    assert unchanged.status == 304
    assert client.get(f"/v1/images/{IMAGE}/documents/nothing").problem == (404, "document_unknown")
    assert client.get(f"/v1/images/{IMAGE}/documents/..%2Fconfig").status in (400, 404)


def test_addresses_are_given_only_when_they_are_wanted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINK_SECONDS", "0")
    assert client.get(f"/v1/archives/{digest('archived')}/bundle").problem == (413, "answer_too_large")
    monkeypatch.setenv("LINK_SECONDS", "901")
    assert client.get(f"/v1/archives/{digest('archived')}/bundle").status == 500, "too long is no setting"


def test_the_command_reads_from_the_store_without_what_authorises_it(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for cached in (remote.connect, clients.connect):
        cached.cache_clear()
    token = "a-token-for-the-tests"
    monkeypatch.setenv("CARGOHOLD_TOKEN", token)
    asked: list[tuple[str, dict[str, str]]] = []
    original = urllib3.PoolManager.request

    def recorded(pool: Any, method: str, url: str, **options: Any) -> Any:
        asked.append((url, options.get("headers") or {}))
        return original(pool, method, url, **options)

    monkeypatch.setattr(urllib3.PoolManager, "request", recorded)
    file = tmp_path / "bundle.tar.zst"
    with api.serving(Application(token)) as address:
        monkeypatch.setenv(endpoint.ENDPOINT, address)
        assert main(["archives", "export", digest("archived"), "-o", str(file)]) == 0
        view = client.ask("GET", f"/v1/archives/{digest('archived')}", authorization=f"Bearer {token}").json
        assert sha256(file.read_bytes()).hexdigest() == view["bundle_sha256"]
        elsewhere = [headers for url, headers in asked if not url.startswith(address)]
        assert elsewhere == [{"Range": f"bytes=0-{view['bundle_size'] - 1}"}]

        # Where there is no way to the store, the API has one.
        monkeypatch.setattr(clients.Client, "_at_store", lambda *_: None)
        assert main(["archives", "export", digest("archived"), "-o", str(file), "--force"]) == 0
        assert sha256(file.read_bytes()).hexdigest() == view["bundle_sha256"]


@pytest.mark.parametrize("place", ALL, indirect=True)
def test_an_address_is_for_one_object_and_not_for_long(place: str) -> None:
    store = open_store(place)
    for key in ("one", "another"):
        store.put(key, [key.encode() * 1000])
    address = store.link("one", 600)
    assert address is not None
    assert zstd.decompress(fetch(address)[1]) == b"one" * 1000
    if place.startswith("s3:") and "endpoint" not in place:
        return  # moto takes any signature
    assert fetch(address.replace("/one?", "/another?"))[0] in (401, 403)
    assert fetch(address[:-1] + ("1" if address[-1] == "0" else "0"))[0] in (401, 403)
    short = store.link("one", 1)
    assert short is not None
    deadline = time.monotonic() + 60
    while fetch(short)[0] == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert fetch(short)[0] in (401, 403)


@pytest.mark.parametrize("place", ALL, indirect=True)
def test_an_object_in_many_parts_is_at_its_address_too(place: str) -> None:
    store = open_store(place)
    content = b"\x28\xb5\x2f\xfd" + b"".join(sha256(bytes([n])).digest() * 8192 for n in range(36))
    store.put("large", [content])
    address = store.link("large", 600)
    assert address is not None
    assert fetch(address, Range=f"bytes=0-{len(content) - 1}") == (206, content)


@pytest.mark.parametrize("scheme", ["memory", "file", "postgres", "swift without a key"])
def test_other_stores_have_none_to_give(scheme: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if scheme == "postgres":
        request.getfixturevalue("monkeypatch").setenv("DATABASE_URL", request.getfixturevalue("database_url"))
    url = {"memory": "memory:", "file": tmp_path.as_uri(), "postgres": "postgres:"}.get(scheme)
    store = open_store(url or f"swift://{request.getfixturevalue('swift_user').new_container()}")
    store.put("one", [b"1"])
    assert store.link("one", 60) is None


def test_an_address_without_tls_is_neither_given_nor_followed(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (api.ENVIRONMENT | {"DATABASE_URL": "", "ARCHIVE_STORE": "memory:"}).items():
        monkeypatch.setenv(name, value)
    assert referred(open_store("s3://bucket?endpoint=http://store.example.com&region=eu-west-1"), "key") is None
    given = referred(open_store("s3://bucket?endpoint=https://store.example.com&region=eu-west-1"), "key")
    assert given is not None
    assert given.headers["Location"].startswith("https://store.example.com/bucket/key?")

    sent: list[str] = []

    def misleading(environment: Any, start: Any) -> list[bytes]:
        sent.append(environment["PATH_INFO"])
        start(
            "307 Temporary Redirect",
            [("Location", "http://169.254.169.254/latest/meta-data/"), ("Content-Length", "0")],
        )
        return [b""]

    with ExitStack() as stack:
        address = stack.enter_context(api.serving(misleading))
        asked = clients.Client(address)
        with pytest.raises(clients.errors.EndpointFailed, match="without TLS"):
            list(asked.stored("/v1/archives/x/bundle", 10))
    assert len(sent) == 1


def test_addresses_in_aws_name_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for region in ("eu-central-1", "us-east-1"):
        address = open_store(f"s3://a-bucket/kept?region={region}").link("bundles/a", 300)
        assert address is not None
        host = "a-bucket.s3.amazonaws.com" if region == "us-east-1" else f"a-bucket.s3.{region}.amazonaws.com"
        assert address.startswith(f"https://{host}/kept/bundles/a?")
        assert "X-Amz-Expires=300" in address
        assert "X-Amz-SignedHeaders=host" in address
