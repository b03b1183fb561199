"""Resolution of indexes, artifacts and platforms, on layouts in a folder."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.layouts import CONFIG, INDEX, MANIFEST, Layout, digest_of, tar_of

from analyze.limits import DEFAULT, Limits
from analyze.transports import open_transport
from analyze.transports.contract import Skipped, SourceImage
from cargohold.errors import (
    CargoholdError,
    DigestMismatch,
    HostileContent,
    ImageNotFound,
    ImageTooLarge,
    InvalidImage,
    InvalidReference,
    LayerUnavailable,
    NoMatchingPlatform,
    NotAnImage,
    UnsupportedMediaType,
)
from cargohold.model import Platform
from cargohold.registry.configuration import Registries
from cargohold.registry.reference import parse_reference

A, B = tar_of({"a": b"a"}), tar_of({"b": b"b"})
SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"
HELM = "application/vnd.cncf.helm"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "app")


def read(
    layout: Layout, *platforms: Platform, name: str = "", limits: Limits = DEFAULT, digest: str | None = None
) -> list[SourceImage | Skipped]:
    reference = parse_reference(f"oci:{layout.root}" + (f":{name}" if name else ""))
    reference = reference.model_copy(update={"digest": digest})
    return list(open_transport(reference, registries=Registries(), limits=limits).images(platforms))


def images(found: list[SourceImage | Skipped]) -> list[SourceImage]:
    return [item for item in found if isinstance(item, SourceImage)]


def kinds(found: list[SourceImage | Skipped]) -> list[str]:
    return [item.kind for item in found if isinstance(item, Skipped)]


def test_an_image_has_its_bytes_layers_and_names(layout: Layout) -> None:
    wanted = layout.name(layout.image([A, B, A]), "registry.example.com/team/app:1.0")
    (image,) = images(read(layout))
    assert image.digest == wanted["digest"] == digest_of(image.manifest) == image.reference.digest
    assert (image.reference.registry, image.reference.repository, image.reference.tag) == (
        "",
        "registry.example.com/team/app",
        "1.0",
    )
    assert [layer.diff_id for layer in image.layers] == [digest_of(A), digest_of(B), digest_of(A)]
    assert image.media_type == MANIFEST
    assert json.loads(image.config)["rootfs"]["diff_ids"][0] == digest_of(A)
    assert (image.parents, image.platform) == ((), Platform("linux", "amd64"))


def test_one_of_several_entries_must_be_named(layout: Layout) -> None:
    first, second = layout.name(layout.image([A]), "1.0"), layout.name(layout.image([B]), "2.0")
    with pytest.raises(InvalidReference, match=r"1\.0, 2\.0"):
        read(layout)
    assert [image.digest for image in images(read(layout, name="2.0"))] == [second["digest"]]
    assert images(read(layout, name="2.0"))[0].reference.tag == "2.0"
    assert [image.digest for image in images(read(layout, name="@" + first["digest"]))] == [first["digest"]]
    for name in ("3.0", "@1", "@sha256:" + "0" * 64):
        with pytest.raises(ImageNotFound):
            read(layout, name=name)


def test_what_is_no_layout_is_not_found(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", "/dev/null"):
        with pytest.raises(ImageNotFound):
            list(open_transport(parse_reference(f"oci:{path}"), registries=Registries(), limits=DEFAULT).images())


@pytest.mark.trap("A13")
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda it: it.image([A], layer_type=SIGNATURE), "a signature"),
        (lambda it: it.image([A], layer_type="application/vnd.in-toto+json"), "an attestation"),
        (lambda it: it.image([A], config_type="application/vnd.buildkit.cacheconfig.v0"), "a build cache"),
        (lambda it: it.image([A], config_type=f"{HELM}.config.v1+json"), "a Helm chart"),
        (
            lambda it: it.image(
                [A], config_type="application/vnd.oci.empty.v1+json", artifactType="application/spdx+json"
            ),
            "an SBOM",
        ),
        (lambda it: it.image([A], config_type="application/x-thing"), "an artifact of type application/x-thing"),
        (lambda it: it.image([A, B], diff_ids=[digest_of(A)]), "a manifest of 2 layers with 1 diff IDs"),
        (lambda it: it.image([A], diff_ids=[]), "a manifest of 1 layers with 0 diff IDs"),
    ],
)
def test_what_is_not_an_image_is_named_and_skipped(layout: Layout, make: Callable[[Layout], Any], kind: str) -> None:
    other = make(layout)
    layout.name(other, "alone")
    layout.name(layout.index([layout.image([A, B]), other]), "index")
    with pytest.raises(NotAnImage) as caught:
        read(layout, name="alone")
    assert caught.value.fields["kind"] == kind
    found = read(layout, name="index")
    assert kinds(found) == [kind]
    assert len(images(found)) == 1


@pytest.mark.trap("A13")
def test_attestations_are_seen_without_being_read(layout: Layout) -> None:
    unknown = {"platform": {"os": "unknown", "architecture": "unknown"}}
    annotated = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    nowhere = {"mediaType": MANIFEST, "size": 1}
    children = [
        layout.image([A]),
        nowhere | {"digest": "sha256:" + "1" * 64} | unknown,
        nowhere | {"digest": "sha256:" + "2" * 64} | annotated,
        nowhere | {"digest": "sha256:" + "3" * 64, "mediaType": "application/vnd.amazon.soci.index.v1+json"},
    ]
    layout.name(layout.index(children), "multi")
    found = read(layout)
    assert kinds(found) == ["an attestation", "an attestation", "a SOCI index"]
    assert len(images(found)) == 1


def test_an_image_of_nothing_is_an_image(layout: Layout) -> None:
    layout.name(layout.image([]), "scratch")
    assert images(read(layout))[0].layers == ()


def test_docker_types_are_an_image_as_well(layout: Layout) -> None:
    docker = "application/vnd.docker"
    image = layout.image(
        [A],
        config_type=f"{docker}.container.image.v1+json",
        layer_type=f"{docker}.image.rootfs.diff.tar.gzip",
        mediaType=f"{docker}.distribution.manifest.v2+json",
    )
    listing = {"schemaVersion": 2, "mediaType": f"{docker}.distribution.manifest.list.v2+json", "manifests": [image]}
    layout.name(layout.document(listing, f"{docker}.distribution.manifest.list.v2+json"), "docker")
    (found,) = images(read(layout))
    assert found.media_type == f"{docker}.distribution.manifest.v2+json"


@pytest.mark.trap("B4")
def test_nested_indexes_give_each_image_once_with_its_parents(layout: Layout) -> None:
    amd64, arm64 = layout.image([A]), layout.image([B], architecture="arm64")
    inner = layout.index([arm64, amd64])
    outer = layout.name(layout.index([amd64, inner, inner]), "outer")
    found = images(read(layout))
    assert [(image.digest, image.parents) for image in found] == [
        (amd64["digest"], (outer["digest"],)),
        (arm64["digest"], (outer["digest"], inner["digest"])),
    ]
    assert {image.reference.digest for image in found} == {outer["digest"]}
    (child,) = images(read(layout, digest=arm64["digest"]))
    assert (child.digest, child.parents) == (arm64["digest"], ())


@pytest.mark.parametrize(
    ("wanted", "count"),
    [("linux/arm64/v8", 1), ("linux/aarch64", 1), ("linux/arm", 1), ("linux/arm/6", 1), ("linux/x86_64", 1)],
)
def test_platforms_are_compared_in_their_normal_form(layout: Layout, wanted: str, count: int) -> None:
    children = [
        layout.image([A]),
        layout.image([A, A], architecture="arm64", variant="v8"),
        layout.image([B], architecture="arm", variant="v6"),
        layout.image([B, A], architecture="arm", variant="v7"),
    ]
    layout.name(layout.index(children), "multi")
    assert len(images(read(layout, Platform(*wanted.split("/"))))) == count
    with pytest.raises(NoMatchingPlatform, match=r"It has: linux/amd64, linux/arm64, linux/arm/v6, linux/arm/v7\."):
        read(layout, Platform("windows", "amd64"))


def test_a_child_whose_descriptor_states_no_platform_is_judged_by_its_config(layout: Layout) -> None:
    child = layout.image([A], architecture="arm64")
    del child["platform"]
    layout.name(layout.index([child]), "multi")
    assert len(images(read(layout, Platform("linux", "arm64")))) == 1
    with pytest.raises(NoMatchingPlatform):
        read(layout, Platform("linux", "amd64"))


def test_a_single_image_of_another_platform_does_not_match(layout: Layout) -> None:
    layout.name(layout.image([A], architecture="arm64"), "single")
    with pytest.raises(NoMatchingPlatform):
        read(layout, Platform("linux", "amd64"))


def test_a_missing_child_is_skipped_and_a_broken_one_is_raised_after_its_siblings(layout: Layout) -> None:
    missing = {"mediaType": MANIFEST, "digest": "sha256:" + "1" * 64, "size": 7}
    broken, good = layout.image([B]), layout.image([A])
    (layout.root / "blobs/sha256" / broken["digest"][7:]).write_bytes(b"{}")
    layout.name(layout.index([missing, broken, good]), "multi")
    iterator = open_transport(parse_reference(f"oci:{layout.root}"), registries=Registries(), limits=DEFAULT).images()
    assert next(iterator) == Skipped(missing["digest"], "an image that is missing")
    found = next(iterator)
    assert isinstance(found, SourceImage)
    assert found.digest == good["digest"]
    with pytest.raises(DigestMismatch):
        next(iterator)


def test_an_index_of_nothing_but_missing_images_is_not_found(layout: Layout) -> None:
    layout.name(layout.index([{"mediaType": MANIFEST, "digest": "sha256:" + "1" * 64, "size": 7}]), "multi")
    with pytest.raises(ImageNotFound):
        read(layout)


def test_an_index_without_images_is_no_image(layout: Layout) -> None:
    layout.name(layout.index([]), "empty")
    layout.name(layout.index([layout.image([A])], artifactType="application/vnd.amazon.soci.index.v2+json"), "soci")
    for name, kind in (("empty", "an index without images"), ("soci", "a SOCI index")):
        with pytest.raises(NotAnImage) as caught:
            read(layout, name=name)
        assert caught.value.fields["kind"] == kind


def test_indexes_are_bounded_in_depth_and_width(layout: Layout) -> None:
    deep = layout.index([layout.image([A])])
    for _ in range(DEFAULT.index_depth):
        deep = layout.index([deep])
    layout.name(deep, "deep")
    wide = [{"mediaType": MANIFEST, "digest": f"sha256:{n:064}", "size": 7} for n in range(DEFAULT.index_children + 1)]
    layout.name(layout.index(wide), "wide")
    many = [
        layout.index([{"mediaType": MANIFEST, "digest": f"sha256:{n:060}{m:04}", "size": 7} for m in range(8)])
        for n in range(1, 9)
    ]
    layout.name(layout.index(many), "many")
    for name in ("deep", "wide"):
        with pytest.raises(HostileContent):
            read(layout, name=name)
    with pytest.raises(HostileContent):
        read(layout, name="many", limits=replace(DEFAULT, index_children=8))


def test_sizes_and_counts_are_bounded(layout: Layout) -> None:
    layout.name(layout.image([A] * 3), "three")
    for limits in (replace(DEFAULT, layers=2), replace(DEFAULT, config=10), replace(DEFAULT, manifest=10)):
        with pytest.raises(ImageTooLarge):
            read(layout, limits=limits)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no JSON", InvalidImage),
        (b"[]", InvalidImage),
        (b"{}", InvalidImage),
        (b'{"schemaVersion": 1, "fsLayers": []}', UnsupportedMediaType),
        (b'{"mediaType": "application/x-thing"}', UnsupportedMediaType),
        (b'{"mediaType": "%s", "manifests": [{}], "layers": [{}]}' % INDEX.encode(), InvalidImage),
        (b'{"mediaType": "%s", "manifests": [{}]}' % MANIFEST.encode(), InvalidImage),
        (b'{"mediaType": "%s", "config": {}}' % INDEX.encode(), InvalidImage),
        (b'{"mediaType": "%s", "config": {"digest": "md5:1", "size": 1}}' % MANIFEST.encode(), InvalidImage),
        (b'{"mediaType": "%s", "config": {"digest": "x", "size": -1}}' % MANIFEST.encode(), InvalidImage),
        (b'{"mediaType": "%s", "manifests": [1]}' % INDEX.encode(), InvalidImage),
        (b"[" * 100_000, InvalidImage),
    ],
)
def test_a_manifest_that_is_none_says_so(layout: Layout, content: bytes, error: type[CargoholdError]) -> None:
    layout.name(layout.blob(content, MANIFEST), "odd")
    with pytest.raises(error):
        read(layout)


def test_an_encrypted_image_is_unsupported_not_skipped(layout: Layout) -> None:
    layout.name(layout.image([A], layer_type="application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), "secret")
    with pytest.raises(UnsupportedMediaType):
        read(layout)


def test_tampering_is_noticed_before_anything_is_believed(layout: Layout) -> None:
    image = layout.name(layout.image([A]), "1.0")
    manifest = json.loads((layout.root / "blobs/sha256" / image["digest"][7:]).read_bytes())
    config = layout.root / "blobs/sha256" / manifest["config"]["digest"][7:]
    config.write_bytes(config.read_bytes().replace(b"linux", b"Linux"))
    with pytest.raises(DigestMismatch):
        read(layout)


def test_layers_that_are_missing_or_of_another_size_are_refused(layout: Layout) -> None:
    layout.name(layout.image([A, B]), "1.0")
    transport = open_transport(parse_reference(f"oci:{layout.root}"), registries=Registries(), limits=DEFAULT)
    (image,) = images(list(transport.images()))
    blobs = [layout.root / "blobs/sha256" / layer.digest[7:] for layer in image.layers]
    blobs[0].unlink()
    blobs[1].write_bytes(b"short")
    with pytest.raises(LayerUnavailable), transport.open_layer(image, image.layers[0]):
        pass
    with pytest.raises(DigestMismatch), transport.open_layer(image, image.layers[1]):
        pass


def test_a_pipe_in_the_place_of_a_blob_is_not_waited_for(layout: Layout) -> None:
    import os

    (layout.root / "index.json").unlink()
    os.mkfifo(layout.root / "index.json")
    with pytest.raises(ImageNotFound):
        read(layout)


def test_go_writes_null_for_nothing(layout: Layout) -> None:
    config = layout.document({"rootfs": {"type": "layers", "diff_ids": None}, "os": None}, CONFIG)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": None, "annotations": None}
    layout.name(layout.document(manifest, MANIFEST), "null")
    assert images(read(layout))[0].layers == ()
