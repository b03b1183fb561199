import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from tests.harness.layouts import digest_of, tar_of

from analyze.limits import DEFAULT
from analyze.transports import open_transport
from analyze.transports.contract import LayerDescriptor, SourceImage
from cargohold.errors import ImageNotFound, InvalidImage, LayerUnavailable, NoMatchingPlatform
from cargohold.model import Platform
from cargohold.registry.configuration import Registries
from cargohold.registry.reference import parse_reference

A, B = tar_of({"a": b"a" * 3000}), tar_of({"b": b"b"})


def config_of(*layers: bytes, architecture: str = "amd64") -> bytes:
    content = {"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": [digest_of(x) for x in layers]}}
    return json.dumps(content).encode()


def save(path: Path, members: dict[str, bytes], manifest: Any, links: dict[str, str] | None = None) -> str:
    """Write an archive as `docker save` does, the manifest last."""
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
        for name, content in (members | {"manifest.json": json.dumps(manifest).encode()}).items():
            for link, target in (links or {}).items() if name == "manifest.json" else ():
                entry = tarfile.TarInfo(link)
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                tar.addfile(entry)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return f"docker-archive:{path}"


def read(text: str, *platforms: Platform, digest: str | None = None) -> list[tuple[SourceImage, list[bytes]]]:
    reference = parse_reference(text).model_copy(update={"digest": digest})
    transport = open_transport(reference, registries=Registries(), limits=DEFAULT)
    found = []
    for image in transport.images(platforms):
        assert isinstance(image, SourceImage)
        blobs = []
        for layer in image.layers:
            with transport.open_layer(image, layer) as parts:
                blobs.append(b"".join(parts))
        found.append((image, blobs))
    return found


@pytest.mark.trap("A14")
@pytest.mark.parametrize("name", ["app.tar", "app.tar.gz"])
def test_layers_may_be_links_plain_or_compressed(tmp_path: Path, name: str) -> None:
    config = config_of(A, A, B, B)
    stored = [A, A, gzip.compress(B), zstd.compress(B)]
    members = {"one/layer.tar": A, "b.tar.gz": stored[2], "b.tar.zst": stored[3], "config.json": config}
    entry = {
        "Config": "config.json",
        "RepoTags": ["registry.example.com:5000/team/app:1.0", "app:latest"],
        "Layers": ["one/layer.tar", "two/layer.tar", "b.tar.gz", "b.tar.zst"],
    }
    text = save(tmp_path / name, members, [entry], {"two/layer.tar": "../one/layer.tar"})
    ((image, blobs),) = read(text)
    assert blobs == stored
    assert image.digest == digest_of(config) == image.reference.digest
    assert image.config == config
    assert (image.reference.registry, image.reference.repository, image.reference.tag) == (
        "",
        "registry.example.com:5000/team/app",
        "1.0",
    )
    assert [(alias.repository, alias.tag) for alias in image.aliases] == [("app", "latest")]
    docker = "application/vnd.docker.image.rootfs.diff.tar"
    assert image.layers == (
        LayerDescriptor(digest_of(A), digest_of(A), docker, len(A)),
        LayerDescriptor(digest_of(A), digest_of(A), docker, len(A)),
        LayerDescriptor(digest_of(B), "", f"{docker}.gzip", len(stored[2])),
        LayerDescriptor(digest_of(B), "", f"{docker}.zstd", len(stored[3])),
    )


def test_several_images_are_all_read_or_one_is_named(tmp_path: Path) -> None:
    configs = [config_of(A), config_of(A, B, architecture="arm64"), config_of(B)]
    members = {"a.tar": A, "b.tar": B} | {f"{n}.json": config for n, config in enumerate(configs)}
    manifest = [
        {"Config": "0.json", "RepoTags": ["app:1", "app:latest"], "Layers": ["a.tar"]},
        {"Config": "1.json", "RepoTags": None, "Layers": ["a.tar", "b.tar"]},
        {"Config": "2.json", "RepoTags": [], "Layers": ["b.tar"]},
    ]
    text = save(tmp_path / "both.tar", members, manifest)
    assert [image.digest for image, _ in read(text)] == [digest_of(config) for config in configs]
    assert read(text)[1][0].reference.repository == "both"
    assert read(text)[1][0].reference.tag == ""
    assert [image.reference.tag for image, _ in read(f"{text}:app")] == ["latest"]
    assert [alias.tag for alias in read(f"{text}:app")[0][0].aliases] == ["1"]
    assert [image.digest for image, _ in read(f"{text}:@2")] == [digest_of(configs[2])]
    assert [image.digest for image, _ in read(text, digest=digest_of(configs[1]))] == [digest_of(configs[1])]
    assert [image.digest for image, _ in read(text, Platform("linux", "arm64", "v8"))] == [digest_of(configs[1])]
    for wrong in (f"{text}:other", f"{text}:@3", f"{text}:@x"):
        with pytest.raises(ImageNotFound):
            read(wrong)
    with pytest.raises(ImageNotFound):
        read(text, digest="sha256:" + "0" * 64)
    with pytest.raises(NoMatchingPlatform):
        read(text, Platform("windows", "amd64"))


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        [{}],
        [{"Config": "none.json", "Layers": []}],
        [{"Config": "config.json", "Layers": []}],
        [{"Config": "config.json", "Layers": ["a.tar", "a.tar"]}],
        [{"Config": "a.tar", "Layers": ["a.tar"]}],
        [{"Config": "../../config.json/x", "Layers": ["a.tar"]}],
        [{"Config": 7}],
    ],
)
def test_a_manifest_that_fits_nothing_is_an_invalid_image(tmp_path: Path, manifest: Any) -> None:
    with pytest.raises(InvalidImage):
        read(save(tmp_path / "x.tar", {"a.tar": A, "config.json": config_of(A)}, manifest))


def test_an_archive_without_a_manifest_is_an_invalid_image(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(A)
    with pytest.raises(InvalidImage, match=r"manifest\.json"):
        read(f"docker-archive:{tmp_path / 'x.tar'}")


def test_a_layer_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    manifest = [{"Config": "config.json", "Layers": ["none.tar"]}]
    with pytest.raises(LayerUnavailable):
        read(save(tmp_path / "x.tar", {"config.json": config_of(A)}, manifest))


def test_the_path_may_not_have_a_file(tmp_path: Path) -> None:
    with pytest.raises(ImageNotFound):
        read(f"docker-archive:{tmp_path / 'none.tar'}")
