"""The registry client and the docker transport against a real registry."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.harness import registry as harness
from tests.harness.layouts import Layout, digest_of, tar_of

from analyze.limits import DEFAULT
from analyze.transports import open_transport
from analyze.transports.contract import LayerDescriptor, Skipped, SourceImage
from cargohold.contracts import AnalyzeRequest, ReferenceRemoved
from cargohold.errors import ImageNotFound, NoMatchingPlatform, Unauthorized
from cargohold.model import Platform
from cargohold.registry.configuration import Registries
from cargohold.registry.document import Hook, parse_registries
from cargohold.registry.patience import Patience
from cargohold.registry.reference import parse_reference
from intake.hooks import distribution

AMD64 = tar_of({"etc/amd64": b"amd64" * 1000})
ARM64 = tar_of({"etc/arm64": b"arm64" * 1000})


@pytest.fixture(scope="module", params=["anonymous", "htpasswd", "token"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Registry]:
    directory = tmp_path_factory.mktemp("registry")
    with harness.running(directory, request.param) as running:
        layout = Layout(directory / "layout")
        children = [
            layout.image([AMD64, ARM64]),
            layout.image([ARM64], architecture="arm64", variant="v8"),
            layout.document({"layers": []}, "application/vnd.oci.image.manifest.v1+json")
            | {"platform": {"os": "unknown", "architecture": "unknown"}},
        ]
        layout.name(layout.index(children[:2]), "multi")
        layout.name(children[0], "single")
        for name in ("multi", "single"):
            running.push(f"oci:{layout.root}:{name}", f"team/app:{name}")
        yield running


def registries(server: harness.Registry, password: str = harness.PASSWORD) -> Registries:
    auth = "anonymous"
    if server.mode != "anonymous":
        auth = base64.b64encode(f"{harness.USER}:{password}".encode()).decode()
    return parse_registries(
        f"registries: [{{host: '{server.host}', auth: '{auth}', insecure_http: true, allow_private: true}}]"
    )


def images(
    server: harness.Registry, name: str, *platforms: Platform, password: str = harness.PASSWORD
) -> list[SourceImage | Skipped]:
    transport = open_transport(
        parse_reference(f"docker://{server.host}/{name}"),
        registries=registries(server, password),
        limits=DEFAULT,
        patience=Patience(attempts=2, sleep=lambda _: None),
    )
    return list(transport.images(platforms))


def test_reads_every_layer_of_an_image(server: harness.Registry) -> None:
    transport = open_transport(
        parse_reference(f"{server.host}/team/app:single"), registries=registries(server), limits=DEFAULT
    )
    (image,) = transport.images()
    assert isinstance(image, SourceImage)
    assert image.digest == digest_of(image.manifest) == image.reference.digest
    assert (image.reference.repository, image.reference.tag) == ("team/app", "single")
    assert image.platform == Platform("linux", "amd64")
    for layer in image.layers:
        with transport.open_layer(image, layer) as parts:
            blob = b"".join(parts)
        assert (digest_of(blob), len(blob)) == (layer.digest, layer.size)


def test_layers_are_read_by_several_threads_at_once(server: harness.Registry) -> None:
    transport = open_transport(
        parse_reference(f"{server.host}/team/app:single"), registries=registries(server), limits=DEFAULT
    )
    (image,) = transport.images()
    assert isinstance(image, SourceImage)

    def read(layer: LayerDescriptor) -> str:
        with transport.open_layer(image, layer) as parts:
            return digest_of(b"".join(parts))

    wanted = list(image.layers) * 10
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, wanted)) == [layer.digest for layer in wanted]


@pytest.mark.trap("B4")
def test_an_index_gives_its_images_and_names_itself_as_parent(server: harness.Registry) -> None:
    found = images(server, "team/app:multi")
    assert [image.platform for image in found if isinstance(image, SourceImage)] == [
        Platform("linux", "amd64"),
        Platform("linux", "arm64"),
    ]
    for image in found:
        assert isinstance(image, SourceImage)
        assert image.parents == (image.reference.digest,)
        assert image.digest != image.reference.digest


def test_platforms_choose(server: harness.Registry) -> None:
    (image,) = images(server, "team/app:multi", Platform("linux", "aarch64", "8"))
    assert isinstance(image, SourceImage)
    assert str(image.platform) == "linux/arm64"
    with pytest.raises(NoMatchingPlatform, match="It has: linux/amd64, linux/arm64"):
        images(server, "team/app:multi", Platform("linux", "s390x"))


def test_what_is_missing_is_not_found(server: harness.Registry) -> None:
    for name in ("team/app:none", "team/none:1", f"team/app@sha256:{'0' * 64}"):
        with pytest.raises(ImageNotFound) as caught:
            images(server, name)
        assert name in caught.value.message


def test_a_wrong_password_is_unauthorized_and_not_shown(server: harness.Registry) -> None:
    if server.mode == "anonymous":
        return  # it asks for no password
    with pytest.raises(Unauthorized) as caught:
        images(server, "team/app:single", password="wrong horse")
    assert "wrong horse" not in repr(caught.value.fields) + str(caught.value)


def test_a_token_is_asked_for_once_a_scope(server: harness.Registry) -> None:
    before = len(server.token_requests)
    images(server, "team/app:multi")
    assert len(server.token_requests) == before + (server.mode == "token")
    if server.mode == "token":
        assert "scope=repository%3Ateam%2Fapp%3Apull" in server.token_requests[-1]


def test_no_credentials_at_all_is_unauthorized(server: harness.Registry) -> None:
    if server.mode == "anonymous":
        return  # it asks for none
    document = f"registries: [{{host: '{server.host}', insecure_http: true, allow_private: true}}]"
    transport = open_transport(
        parse_reference(f"{server.host}/team/app:single"), registries=parse_registries(document), limits=DEFAULT
    )
    with pytest.raises(Unauthorized):
        list(transport.images())


def test_its_notifications_are_understood(tmp_path: Path) -> None:
    """A real push of an index by tag, the images in it by digest, and deletions."""
    with harness.running(tmp_path) as running:
        layout = Layout(tmp_path / "layout")
        children = [layout.image([AMD64]), layout.image([ARM64], architecture="arm64")]
        index = layout.name(layout.index(children), "1.0")
        running.push(f"oci:{layout.root}:1.0", "team/app:1.0")
        notices = _notices(running.told(3))
        pushed = [notice for notice in notices if isinstance(notice, AnalyzeRequest)]
        assert {notice.reference.digest for notice in pushed} == {each["digest"] for each in (index, *children)}
        assert [notice.reference.tag for notice in pushed if notice.reference.digest == index["digest"]] == ["1.0"]
        assert all(notice.reference.registry == "registry.example.com" for notice in pushed)
        assert all(notice.reference.pushed_at is not None for notice in pushed)
        running.delete("team/app:1.0")
        gone = _notices(running.told())
        while len(gone) < 2:  # the tag's own comes after it
            gone += _notices(running.told(0))
        removed = [notice for notice in gone if isinstance(notice, ReferenceRemoved)]
        assert [(notice.reference.digest, notice.reference.tag) for notice in removed] == [
            (index["digest"], ""),
            (None, "1.0"),
        ]


def _notices(told: list[tuple[dict[str, str], bytes]]) -> list[AnalyzeRequest | ReferenceRemoved]:
    """Return what the notifications say, each verified as intake does."""
    hook = Hook(token=SecretStr("0123456789abcdef"), authorization=SecretStr(harness.HOOK_AUTHORIZATION))
    assert all(distribution.verify(headers, body, hook) for headers, body in told)
    return [notice for _, body in told for notice in distribution.parse(body, "registry.example.com")]
