"""The same image, read in every way, is the same image; and real images of other tools are read."""

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import registry as harness
from tests.harness.layouts import Layout, digest_of, tar_of

from analyze.limits import DEFAULT
from analyze.transports import open_transport
from analyze.transports.contract import Skipped, SourceImage
from cargohold.digests import of
from cargohold.errors import CargoholdError
from cargohold.model import Platform
from cargohold.registry.configuration import Registries
from cargohold.registry.document import parse_registries
from cargohold.registry.reference import parse_reference

LAYERS = [tar_of({f"etc/{name}": name.encode() * 50_000}) for name in ("base", "middle", "top")]
TRANSPORTS = [
    "docker",
    "docker schema 2",
    "oci",
    "oci-archive",
    "oci-archive gzip",
    "docker-archive",
    "docker-archive gzip",
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Registries]]:
    """The same image under each transport, copied by skopeo, and how to reach its registry."""
    directory = tmp_path_factory.mktemp("transports")
    with harness.running(directory) as registry:
        layout = Layout(directory / "app")
        layout.name(layout.image([*LAYERS, LAYERS[0]]), "1.0")
        source = f"oci:{layout.root}:1.0"
        registry.push(source, "team/app:1.0")
        registry.push(source, "team/schema2:1.0", "--format", "v2s2")
        made = {"docker": f"docker://{registry.host}/team/app:1.0", "oci": source}
        made["docker schema 2"] = f"docker://{registry.host}/team/schema2:1.0"
        for transport in ("oci-archive", "docker-archive"):
            path = directory / f"{transport}.tar"
            target = f"{transport}:{path}:team/app:1.0"
            subprocess.run(
                ["skopeo", "copy", "--quiet", "--insecure-policy", source, target], check=True, capture_output=True
            )
            made[transport] = target
            compressed = path.with_suffix(".tar.gz")
            compressed.write_bytes(gzip.compress(path.read_bytes(), 1))
            made[f"{transport} gzip"] = f"{transport}:{compressed}"
        document = f"registries: [{{host: '{registry.host}', insecure_http: true, allow_private: true}}]"
        yield made, parse_registries(document)


@pytest.mark.trap("A14")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_same_image_has_the_same_layers_and_config(
    sources: tuple[dict[str, str], Registries], transport: str
) -> None:
    made, registries = sources
    images = {}
    for name in ("oci", transport):
        reader = open_transport(parse_reference(made[name]), registries=registries, limits=DEFAULT)
        (image,) = reader.images()
        assert isinstance(image, SourceImage)
        assert image.reference.tag == "1.0"
        assert image.reference.digest == image.digest
        tars = []
        for layer in image.layers:
            with reader.open_layer(image, layer) as parts:
                blob = b"".join(parts)
            assert layer.digest in ("", of(blob))
            assert layer.size in (0, len(blob))
            tars.append(gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob)
        config = json.loads(image.config)["rootfs"] if transport == "docker schema 2" else image.config
        images[name] = (config, [digest_of(tar) for tar in tars], [layer.diff_id for layer in image.layers])
        assert tars == [*LAYERS, LAYERS[0]]
        if not name.startswith("docker-archive"):
            assert image.digest == of(image.manifest)
        else:
            assert image.digest == of(image.config)
    assert images[transport] == images["oci"]


# Real images of other tools -----------------------------------------------------------------------

CORPUS = Path(os.environ.get("TEST_CORPUS", "/nonexistent"))
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="TEST_CORPUS names no directory")


@needs_corpus
@pytest.mark.parametrize(
    ("location", "repository", "tag", "layers"),
    [
        ("docker-archive:images/alpine-3.10.1-4layers.tar", None, None, 4),
        ("docker-archive:images/alpine-3.11.tar.gz", "alpine", "3.11", 1),
        ("docker-archive:images/busybox-whiteouts.tar", "whiteout", "latest", 4),
        ("docker-archive:images/foreign-layer.tar", "gcr.io/foo/bar", "latest", 2),
        ("oci-archive:images/oci-archive.tar", "sample", "latest", 1),
    ],
)
def test_an_image_of_the_corpus_is_what_it_says(
    location: str, repository: str | None, tag: str | None, layers: int
) -> None:
    kind, _, path = location.partition(":")
    reader = open_transport(parse_reference(f"{kind}:{CORPUS / path}"), registries=Registries(), limits=DEFAULT)
    (image,) = reader.images()
    assert isinstance(image, SourceImage)
    assert len(image.layers) == layers
    if repository is not None:
        assert (image.reference.repository, image.reference.tag) == (repository, tag)
    for layer in image.layers:
        with reader.open_layer(image, layer) as parts:
            blob = b"".join(parts)
        assert of(gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob) == layer.diff_id


@needs_corpus
def test_every_entry_of_a_layout_of_many_kinds_is_an_image_or_named() -> None:
    root = CORPUS / "oci-layouts/regclient+regclient/testdata/testrepo"
    outcomes: dict[str, str] = {}
    for entry in json.loads((root / "index.json").read_text())["manifests"]:
        name = entry.get("annotations", {}).get("org.opencontainers.image.ref.name") or f"@{entry['digest']}"
        reader = open_transport(parse_reference(f"oci:{root}:{name}"), registries=Registries(), limits=DEFAULT)
        try:
            found = list(reader.images())
        except CargoholdError as error:
            outcomes[name] = error.code
            continue
        images = [item for item in found if isinstance(item, SourceImage)]
        outcomes[name] = f"{len(images)} images, {len(found) - len(images)} others"
        assert all(isinstance(item, SourceImage | Skipped) for item in found)
        for image in images:
            assert image.digest == of(image.manifest)
            assert len(image.layers) == len(json.loads(image.config)["rootfs"]["diff_ids"])
    assert {name: outcomes[name] for name in EXPECTED} == EXPECTED
    others = {outcomes[name] for name in outcomes if name not in EXPECTED}
    assert others == {"not_an_image"}


@needs_corpus
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("name", ["b1", "v1", "v2", "v3"])
def test_skopeo_finds_the_same_layers_for_a_platform(name: str, architecture: str) -> None:
    harness.need("skopeo")
    root = CORPUS / "oci-layouts/regclient+regclient/testdata/testrepo"
    command = ["skopeo", "inspect", "--override-os", "linux", "--override-arch", architecture]
    done = subprocess.run([*command, f"oci:{root}:{name}"], check=True, capture_output=True, timeout=600)
    oracle = json.loads(done.stdout)
    reader = open_transport(parse_reference(f"oci:{root}:{name}"), registries=Registries(), limits=DEFAULT)
    (image,) = [item for item in reader.images((Platform("linux", architecture),)) if isinstance(item, SourceImage)]
    assert [layer.digest for layer in image.layers] == oracle["Layers"]
    assert (image.platform.os, image.platform.architecture) == (oracle["Os"], oracle["Architecture"])


EXPECTED = {
    "b1": "4 images, 0 others",
    "b2": "4 images, 0 others",
    "b3": "4 images, 0 others",
    "v1": "2 images, 2 others",  # BuildKit's attestations
    "v2": "3 images, 0 others",
    "v3": "4 images, 0 others",
    "sha256-7ceb9b6bcc274697d0c38be6214b50cec79d601bc61708747d3f6cb772f6c6fa.6fe828b32b9b4572.meta": (
        "4 images, 0 others"
    ),
    "loop": "not_an_image",
}
