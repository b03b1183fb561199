"""Layers that are elsewhere: what an image's pusher can make the reader reach, and what not."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.harness.layouts import Layout, digest_of, tar_of
from tests.harness.misbehaving import Reply, Request, Server, serving

from analyze.limits import DEFAULT
from analyze.transports import open_transport
from analyze.transports.contract import SourceImage
from cargohold.errors import LayerUnavailable
from cargohold.registry.configuration import Registries
from cargohold.registry.document import parse_registries
from cargohold.registry.patience import Patience
from cargohold.registry.reference import parse_reference

LAYER = tar_of({"windows": b"base"})
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Request], Reply]], Server]]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


def registries(*hosts: str) -> Registries:
    entries = [{"host": host, "insecure_http": True, "allow_private": True} for host in hosts]
    return parse_registries(json.dumps({"registries": entries}))


def layout_with(root: Path, urls: list[str]) -> tuple[Layout, bytes]:
    """Return a layout whose only layer is foreign, and that layer's blob."""
    layout = Layout(root)
    descriptor = layout.image([LAYER], layer_type=FOREIGN)
    manifest = json.loads((layout.root / "blobs/sha256" / descriptor["digest"][7:]).read_bytes())
    path = layout.root / "blobs/sha256" / manifest["layers"][0]["digest"][7:]
    blob = path.read_bytes()
    path.unlink()
    manifest["layers"][0]["urls"] = urls
    layout.name(layout.document(manifest, descriptor["mediaType"]), "foreign")
    return layout, blob


def read(text: str, known: Registries) -> bytes:
    transport = open_transport(
        parse_reference(text), registries=known, limits=DEFAULT, patience=Patience(attempts=1, sleep=lambda _: None)
    )
    (image,) = transport.images()
    assert isinstance(image, SourceImage)
    with transport.open_layer(image, image.layers[0]) as parts:
        return b"".join(parts)


def test_the_first_address_that_has_the_layer_is_used(tmp_path: Path, serve: Any) -> None:
    blobs: list[bytes] = []
    server = serve(lambda request: Reply(200, blobs[0]) if request.path == "/good" else Reply(404))
    urls = ["no url", "ftp://x/", f"http://{server.host}/bad", f"http://{server.host}/good"]
    layout, blob = layout_with(tmp_path / "x", urls)
    blobs.append(blob)
    assert read(f"oci:{layout.root}", registries(server.host)) == blob
    assert [request.path for request in server.requests] == ["/bad", "/good"]


@pytest.mark.trap("B23")
def test_a_private_address_of_an_image_is_not_reached_because_its_registry_is_private(
    tmp_path: Path, serve: Any
) -> None:
    """The registry's own permission is for the registry; who pushes an image does not inherit it."""
    internal = serve(lambda _: Reply(200, b"secret"))
    layout, _ = layout_with(tmp_path / "x", [f"http://{internal.host}/"])
    blobs = layout.root / "blobs/sha256"
    index = json.loads((layout.root / "index.json").read_text())["manifests"][0]
    content = {path.name: path.read_bytes() for path in blobs.iterdir()}

    def answer(request: Request) -> Reply:
        name = request.path.rpartition("/")[2].removeprefix("sha256:")
        found = content.get(index["digest"][7:] if name == "latest" else name)
        return Reply(404) if found is None else Reply(200, found)

    registry = serve(answer)
    with pytest.raises(LayerUnavailable):
        read(f"docker://{registry.host}/team/app", registries(registry.host))
    assert not internal.requests


@pytest.mark.trap("B23")
@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/", "https://169.254.169.254/", "https://127.0.0.1/", ""]
)
def test_metadata_and_this_machine_are_never_asked(tmp_path: Path, url: str) -> None:
    layout, _ = layout_with(tmp_path / "x", [url])
    with pytest.raises(LayerUnavailable):
        read(f"oci:{layout.root}", registries())


def test_what_consumes_a_layer_may_fail_without_being_taken_for_the_address(tmp_path: Path, serve: Any) -> None:
    layout, blob = layout_with(tmp_path / "x", [])
    server = serve(lambda _: Reply(200, blob))
    layout, _ = layout_with(tmp_path / "y", [f"http://{server.host}/1", f"http://{server.host}/2"])
    transport = open_transport(
        parse_reference(f"oci:{layout.root}"), registries=registries(server.host), limits=DEFAULT
    )
    (image,) = transport.images()
    assert isinstance(image, SourceImage)
    with pytest.raises(LayerUnavailable, match="mine"), transport.open_layer(image, image.layers[0]):
        raise LayerUnavailable(digest=digest_of(blob), reason="mine")
    assert len(server.requests) == 1
