"""A layer of a real registry that was kept is read when the registry is gone: trap A3."""

from pathlib import Path

import pytest
from tests.harness.fake_cataloger import FakeCataloger
from tests.harness.layouts import Layout, tar_of
from tests.harness.registry import running

from analyze.cache.blobs import BlobCache
from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Patterns
from analyze.limits import DEFAULT
from analyze.options import Options
from analyze.pipeline import Resources, analyze_image
from analyze.transports import open_transport
from analyze.transports.contract import SourceImage
from cargohold.errors import RegistryUnavailable
from cargohold.registry.document import parse_registries
from cargohold.registry.patience import Patience
from cargohold.registry.reference import parse_reference

FILES = {"a/status": b"one", "b/list": b"two", "c/large": bytes(300_000)}
BY_NAME = FakeCataloger(wants=Patterns(basenames=frozenset({b"status"})))
EVERYTHING = FakeCataloger("new", wants=Patterns(paths=(rb".*",), keep=False))
FOREVER = 1e12


@pytest.mark.trap("A3")
def test_a_registry_is_asked_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "pushed")
    layout.name(layout.image([tar_of(FILES), tar_of({"d/status": b"three"})]), "1")
    directory = CacheDirectory(tmp_path / "cache", quota=64 << 20, blob_quota=32 << 20)

    def analyze(image: SourceImage, *catalogers: FakeCataloger) -> list[str]:
        resources = Resources(
            records=RecordCache(DiskCache(directory), DEFAULT),
            blobs=BlobCache(directory),
            scratch_root=tmp_path / "scratch",
            scratch_bytes=1 << 20,
            options=Options(secrets=False),
            catalogers=catalogers,
        )
        analyze_image(image, transport, resources, request_id="r", deadline=FOREVER)
        return sorted(path.decode() for cataloger in catalogers for path in cataloger.seen)

    (tmp_path / "registry").mkdir()
    with running(tmp_path / "registry") as registry:
        registry.push(f"oci:{tmp_path / 'pushed'}:1", "team/app:1")
        known = parse_registries(f"registries: [{{host: '{registry.host}', insecure_http: true, allow_private: true}}]")
        transport = open_transport(
            parse_reference(f"docker://{registry.host}/team/app:1"),
            registries=known,
            limits=DEFAULT,
            patience=Patience(attempts=1, sleep=lambda _: None),
        )
        (image,) = transport.images()
        assert isinstance(image, SourceImage)
        assert analyze(image, BY_NAME) == ["a/status", "d/status"]
        assert len(list((tmp_path / "cache").rglob("*.blob"))) == 2

    assert analyze(image, EVERYTHING) == ["a/status", "b/list", "c/large", "d/status"]
    for blob in (tmp_path / "cache").rglob("*.blob"):
        blob.unlink()
    with pytest.raises(RegistryUnavailable):
        analyze(image, FakeCataloger("newer", wants=EVERYTHING.wants))
