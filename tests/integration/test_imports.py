"""Bundles into the archive through the API: in parts, verified before they count, and swept when abandoned."""

import time
from base64 import b64encode
from contextlib import nullcontext
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.harness import api
from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis
from tests.harness.api import Client

from api.requests import checked
from api.routes import imports
from api.services import bundles
from archive import handler
from archive.bundle import Verified, verify
from archive.exchange import import_bundle
from archive.uploaded import sweep, take
from cargohold import uploads
from cargohold.contracts import ImportRequest
from cargohold.identifiers import uuid7
from cargohold_cli import client as clients
from cargohold_cli import endpoint, remote
from cargohold_cli import uploads as command
from cargohold_cli.main import FAILED, main
from cargohold_cli.web import Application
from persist.messages import handle_message

IMAGE = digest("image")


@pytest.fixture
def bundle(client: Client) -> bytes:
    """A bundle that the archive has no longer."""
    found = [package("left-pad", id="a")]
    message = store_analysis(client.to.store, IMAGE, analysis_id(EPOCH), found, references=(pushed(EPOCH, "v1"),))
    handle_message(message, client.to)
    client.ask("POST", f"/v1/images/{IMAGE}/archive")
    client.drain()
    whole = client.get(f"/v1/archives/{IMAGE}/bundle").body
    client.ask("DELETE", f"/v1/archives/{IMAGE}")
    client.drain()
    assert client.get(f"/v1/archives/{IMAGE}").status == 404
    return whole


def put(client: Client, place: str, content: bytes, kind: str = "application/octet-stream") -> Any:
    return client.ask("PUT", place, raw=content, kind=kind)


def upload(client: Client, content: bytes, size: int = 700) -> str:
    begun = client.ask("POST", "/v1/imports")
    assert (begun.status, begun.json["part_size"]) == (201, uploads.PART)
    place = f"/v1/imports/{begun.json['import_id']}"
    for number, start in enumerate(range(0, len(content), size), 1):
        answer = put(client, f"{place}/parts/{number}", content[start : start + size])
        assert (answer.status, answer.json["number"]) == (200, number)
    return place


def described(content: bytes, size: int = 700) -> dict[str, Any]:
    return {"parts": -(-len(content) // size), "size": len(content), "sha256": sha256(content).hexdigest()}


def left(client: Client) -> list[str]:
    return [info.key.rpartition("/")[2] for info in bundles().list(uploads.PREFIX)]


def test_a_bundle_is_imported_and_is_the_same(client: Client, bundle: bytes) -> None:
    place = upload(client, bundle)
    assert client.get(place).json["state"] == "waiting"
    assert client.ask("POST", place, described(bundle)).status == 202
    assert client.get(f"/v1/archives/{IMAGE}").status == 404, "nothing counts before it is verified"
    client.drain()
    found = client.get(place).json
    assert (found["state"], found["digest"]) == ("imported", IMAGE)
    assert client.get(f"/v1/archives/{IMAGE}/bundle").body == bundle
    assert left(client) == ["outcome"], "the parts are gone"
    # The message comes again, and the request too.
    assert client.ask("POST", place, described(bundle)).status == 202
    client.drain()
    assert client.get(place).json == found

    again = upload(client, bundle)
    client.ask("POST", again, described(bundle))
    client.drain()
    assert client.get(again).json["state"] == "known"
    client.ask("POST", f"/v1/archives/{IMAGE}/restore")
    client.drain()
    assert client.get(f"/v1/images/{IMAGE}").json["image"]["image_status"] == "active"


def test_a_message_that_comes_twice_because_its_function_died_does_the_same(client: Client, bundle: bytes) -> None:
    place = upload(client, bundle)
    client.ask("POST", place, described(bundle))
    (message,) = client.messages("archive")
    request = ImportRequest.model_validate(message)
    import_bundle(handler.services(), "died after its commit", lambda: nullcontext([bundle]))
    assert take(handler.services(), request).new is False
    assert take(handler.services(), request).digest == IMAGE
    assert client.get(f"/v1/archives/{IMAGE}/bundle").body == bundle


@pytest.mark.parametrize("wrong", ["cut", "altered", "swapped", "another digest"])
def test_what_is_not_whole_does_not_count(client: Client, bundle: bytes, wrong: str) -> None:
    sent = {
        "cut": bundle[:-1],
        "altered": bundle[:900] + bytes([bundle[900] ^ 1]) + bundle[901:],
        "swapped": bundle[700:1400] + bundle[:700] + bundle[1400:],
        "another digest": bundle,
    }[wrong]
    told = described(sent) | ({"sha256": "0" * 64} if wrong == "another digest" else {})
    place = upload(client, sent)
    assert client.ask("POST", place, told).status == 202
    client.drain()
    found = client.get(place).json
    assert (found["state"], found["code"] in ("invalid_bundle", "object_corrupt")) == ("failed", True), found
    assert client.get(f"/v1/archives/{IMAGE}").status == 404
    assert left(client) == ["outcome"]
    assert not list(bundles().list("bundles/")), "and nothing of it stays in the archive"


def test_what_is_wrong_with_an_upload_is_said_at_once(client: Client) -> None:
    place = upload(client, b"x" * 1000)
    assert client.ask("POST", place, {"parts": 3, "size": 1, "sha256": "0" * 64}).problem == (400, "invalid_request")
    assert b"part 3" in client.ask("POST", place, {"parts": 3, "size": 1, "sha256": "0" * 64}).body
    assert not client.messages("archive")
    assert put(client, f"{place}/parts/1", b"").problem == (400, "invalid_request")
    assert put(client, f"{place}/parts/1", b"x" * (uploads.PART + 1)).problem == (400, "invalid_request")
    assert put(client, f"{place}/parts/1", b"{}", "application/json").problem == (400, "invalid_request")
    for number in ("0", str(uploads.PARTS + 1), "x", "1e3"):
        assert put(client, f"{place}/parts/{number}", b"x").problem == (400, "invalid_request"), number
    assert put(client, f"{place}/parts/1", b"x" * uploads.PART).status == 200
    assert put(client, "/v1/imports/../parts/1", b"x").status in (400, 404)
    assert put(client, "/v1/rules/old", b"x").problem == (400, "invalid_request"), "bytes are for parts alone"


@pytest.mark.parametrize("began", [-uploads.OPEN_FOR - timedelta(seconds=1), timedelta(minutes=10), None])
def test_an_id_that_the_api_did_not_give_lately_takes_nothing(client: Client, began: timedelta | None) -> None:
    milliseconds = began // timedelta(milliseconds=1) if began else 0
    refuse(client, str(UUID(int=uuid7().int + (milliseconds << 80))) if began else str(uuid4()))
    refuse(client, "ffffffff-ffff-7fff-bfff-ffffffffffff")


def refuse(client: Client, identifier: str) -> None:
    place = f"/v1/imports/{identifier}"
    assert put(client, f"{place}/parts/1", b"x").problem == (404, "import_unknown")
    assert client.ask("POST", place, described(b"x")).problem == (404, "import_unknown")
    assert client.get(place).problem == (404, "import_unknown")


def test_what_was_abandoned_is_swept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(client, b"x" * 2000)
    store = bundles()
    store.put("uploads/what/else", [b"?"])
    store.put("bundles/kept", [b"!"])
    assert sweep(store) == 1
    later = time.time_ns() + int(uploads.KEPT_FOR.total_seconds() * 1e9)
    monkeypatch.setattr(uploads.time, "time_ns", lambda: later + 10**9)
    client.ask("POST", "/v1/audits", {})
    client.drain()
    assert [info.key for info in store.list()] == ["bundles/kept"]


def test_the_command_uploads_what_it_exported(
    client: Client, bundle: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PART", 1000)
    monkeypatch.setattr(command, "PAUSE", 0)
    monkeypatch.setattr(command.time, "sleep", lambda _: client.drain())
    for cached in (remote.connect, clients.connect):
        cached.cache_clear()
    file = tmp_path / "kept.tar.zst"
    file.write_bytes(bundle)
    with api.serving(Application()) as address:
        monkeypatch.setenv(endpoint.ENDPOINT, address)
        assert main(["archives", "import", str(file)]) == 0
        assert f"imported {IMAGE}" in capfd.readouterr().err
        assert client.get(f"/v1/archives/{IMAGE}/bundle").body == bundle
        assert main(["archives", "import", str(file)]) == 0
        assert "already" in capfd.readouterr().err
        file.write_bytes(bundle[:-3])
        assert main(["archives", "import", str(file)]) == FAILED
        assert "invalid_bundle" in capfd.readouterr().err
        client.ask("DELETE", f"/v1/archives/{IMAGE}")
        client.drain()
        # Another file by the time that it is uploaded.
        monkeypatch.setattr(command.archive_files, "verify_file", lambda _: verified(bundle))
        assert main(["archives", "import", str(file)]) == FAILED
        assert "invalid_bundle" in capfd.readouterr().err
        monkeypatch.setattr(command, "LONGEST", -1)
        file.write_bytes(bundle)
        assert main(["archives", "import", str(file)]) == FAILED
        assert "not imported yet" in capfd.readouterr().err


def verified(content: bytes) -> Verified:
    return verify([content], "the file before")


def test_bytes_are_taken_as_api_gateway_sends_them(client: Client) -> None:
    event = {"rawPath": "/v1/imports/x/parts/1", "headers": {"Content-Type": "application/octet-stream"}}
    assert checked(event | {"body": "text", "isBase64Encoded": False})["body"] == b64encode(b"text").decode()
    assert checked(event | {"body": "dGV4dA==", "isBase64Encoded": True})["body"] == "dGV4dA=="
