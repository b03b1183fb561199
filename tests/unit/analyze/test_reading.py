"""From the cache or by reading: what is read, how often, and what is never believed."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from tests.harness.fake_cataloger import FakeCataloger, content_facts
from tests.harness.raw_tars import END, digest, file, hard_link

from analyze.cache.blobs import BlobCache
from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Patterns
from analyze.limits import DEFAULT
from analyze.progress import Silent
from analyze.reading import LayerReader
from analyze.scratch import Scratch
from analyze.source import LayerSource
from analyze.transports.contract import LayerDescriptor, SourceImage
from cargohold.contracts import Reference
from cargohold.errors import DeadlineExceeded, DigestMismatch, ImageTooLarge, InvalidImage, ScratchExhausted
from cargohold.model import Platform

STATUS = Patterns(basenames=frozenset({b"status"}))
LAYER_TAR = file(b"a/status", b"one") + file(b"b/list", b"two") + file(b"bin/x", b"\x7fELF" + bytes(90)) + END
OTHER_TAR = file(b"c/status", b"three") + END


@dataclass
class Registry:
    """A transport over bytes. `before` runs before a layer is opened."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    remote: bool = True
    before: object = None

    def layer(self, tar: bytes, diff_id: str = "") -> LayerDescriptor:
        blob = gzip.compress(tar, mtime=0)
        self.blobs[digest(blob)] = blob
        return LayerDescriptor(diff_id or digest(tar), digest(blob), "", len(blob))

    @contextmanager
    def open_layer(self, image: SourceImage, layer: LayerDescriptor) -> Iterator[Iterator[bytes]]:
        self.opened.append(layer.digest)
        if self.before:
            self.before(layer)
        blob = self.blobs[layer.digest]
        yield iter([blob[at : at + 64] for at in range(0, len(blob), 64)])

    def images(self, platforms=()):
        raise NotImplementedError


@pytest.fixture
def directory(tmp_path):
    return CacheDirectory(tmp_path / "cache", quota=64 << 20, blob_quota=32 << 20)


@pytest.fixture
def read(directory, tmp_path):
    def run(
        registry,
        layers,
        *catalogers,
        deadline=600.0,
        parallel=2,
        budget=1 << 20,
        memory=1 << 20,
        disk=directory,
        **lower,
    ):
        image = SourceImage(Reference(repository="x"), "", "", b"", b"", tuple(layers), Platform("linux", "amd64"))
        with Scratch(tmp_path / "scratch", "r", budget=budget, memory=memory) as scratch:
            reader = LayerReader(
                source=LayerSource(image, registry, BlobCache(disk), Silent()),
                catalogers=catalogers,
                limits=replace(DEFAULT, **lower),
                scratch=scratch,
                cache=RecordCache(DiskCache(disk), DEFAULT),
                deadline=time.monotonic() + deadline,
                observer=Silent(),
                parallel=parallel,
            )
            return reader.records()

    return run


def said(record, name="fake"):
    return [facts.identity[0]["version"] for facts in record.sections[name].facts.values()]


def test_known_layers_are_not_read(read):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR), registry.layer(OTHER_TAR), registry.layer(LAYER_TAR)]
    cataloger = FakeCataloger(wants=STATUS)
    first = read(registry, layers, cataloger)
    assert sorted(registry.opened) == sorted(layer.digest for layer in layers[:2])
    assert first[0] is first[2]
    again = read(registry, layers, cataloger)
    assert len(registry.opened) == 2
    assert [said(record) for record in again] == [["one"], ["three"], ["one"]]


@pytest.mark.trap("A3")
def test_a_newer_parser_asks_no_registry_where_the_bytes_were_kept(read):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR), registry.layer(OTHER_TAR)]
    read(registry, layers, FakeCataloger(wants=STATUS))
    records = read(registry, layers, FakeCataloger(wants=STATUS, version=2))
    assert len(registry.opened) == 2
    assert [record.sections["fake"].version for record in records] == [2, 2]
    assert [said(record) for record in records] == [["one"], ["three"]]


@pytest.mark.trap("A3")
@pytest.mark.parametrize("wants", [Patterns(basenames=frozenset({b"list"})), Patterns(magic=(b"\x7fELF",))])
def test_a_new_pattern_reads_only_layers_that_have_what_it_matches(read, directory, wants):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR), registry.layer(OTHER_TAR)]
    directory.blob_quota = 0
    read(registry, layers, FakeCataloger(wants=STATUS))
    del registry.opened[:]
    wants = Patterns(basenames=wants.basenames | {b"status"}, magic=wants.magic)
    records = read(registry, layers, FakeCataloger(wants=wants, version=2))
    assert registry.opened == [layers[0].digest]
    assert [len(said(record)) for record in records] == [2, 1]
    read(registry, layers, FakeCataloger(wants=wants, version=2))
    assert len(registry.opened) == 1


def test_kept_downloads_are_read_instead(read, directory):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR), registry.layer(OTHER_TAR)]
    read(registry, layers, FakeCataloger(wants=STATUS))
    new = FakeCataloger("new", wants=Patterns(paths=(rb".*",), keep=False))
    records = read(registry, layers, FakeCataloger(wants=STATUS), new)
    assert len(registry.opened) == 2
    assert said(records[1], "new") == ["three"]


def test_local_images_are_not_kept(read, tmp_path):
    registry = Registry(remote=False)
    read(registry, [registry.layer(LAYER_TAR)], FakeCataloger(wants=STATUS))
    assert not list((tmp_path / "cache").rglob("*.blob"))


@pytest.mark.parametrize("damage", [lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), lambda blob: bytes(len(blob))])
def test_a_damaged_download_is_fetched_again(read, directory, tmp_path, damage):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR)]
    read(registry, layers, FakeCataloger(wants=STATUS))
    (kept,) = (tmp_path / "cache").rglob("*.blob")
    kept.write_bytes(damage(kept.read_bytes()))
    for record in (tmp_path / "cache").rglob("*.record"):
        record.unlink()
    (record,) = read(registry, layers, FakeCataloger(wants=STATUS))
    assert said(record) == ["one"]
    assert (len(registry.opened), directory.counters.corrupt) == (2, 1)
    (kept,) = (tmp_path / "cache").rglob("*.blob")
    assert digest(kept.read_bytes()) == layers[0].digest


def test_a_download_that_gets_lost_half_way_is_fetched_again(read, directory, monkeypatch, tmp_path):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR)]
    read(registry, layers, FakeCataloger(wants=STATUS))
    for record in (tmp_path / "cache").rglob("*.record"):
        record.unlink()

    def stale(descriptor, size):
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("analyze.cache.blobs.os.read", stale)
    monkeypatch.setattr(DiskCache, "get", lambda *_: None)
    (record,) = read(registry, layers, FakeCataloger(wants=STATUS))
    assert said(record) == ["one"]
    assert len(registry.opened) == 2


@pytest.mark.trap("A2")
def test_an_image_that_lies_about_a_diff_id_puts_nothing_in_and_gets_nothing_out(read, tmp_path):
    registry = Registry()
    good = registry.layer(LAYER_TAR)
    read(registry, [good], FakeCataloger(wants=STATUS))
    lie = registry.layer(OTHER_TAR, diff_id=good.diff_id)
    before = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    with pytest.raises(DigestMismatch):
        read(registry, [lie], FakeCataloger(wants=STATUS))
    assert {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()} == before


def test_an_image_that_lies_about_a_size_evicts_nothing(read, tmp_path):
    registry = Registry()
    good = registry.layer(LAYER_TAR)
    read(registry, [good], FakeCataloger(wants=STATUS))
    lie = LayerDescriptor("sha256:" + "0" * 64, good.digest, "", 5)
    with pytest.raises(DigestMismatch):
        read(registry, [lie], FakeCataloger(wants=STATUS))
    assert len(list((tmp_path / "cache").rglob("*.blob"))) == 1


def test_what_breaks_its_reader_is_not_kept(read, tmp_path):
    registry = Registry()
    layer = registry.layer(b"no tar" * 1000)
    for _ in range(2):
        with pytest.raises(InvalidImage):
            read(registry, [layer], FakeCataloger(wants=STATUS))
    assert len(registry.opened) == 2
    assert not list((tmp_path / "cache").rglob("*.blob"))


@pytest.mark.trap("A4")
def test_what_did_not_fit_into_scratch_is_no_result_and_the_next_try_reads_only_that(read):
    registry = Registry()
    layers = [registry.layer(file(b"status", b"s") + file(b"large", bytes(4000)) + END)]
    small = FakeCataloger(wants=STATUS)
    large = FakeCataloger("large", wants=Patterns(basenames=frozenset({b"large"}), keep=False))
    with pytest.raises(ScratchExhausted):
        read(registry, layers, small, large, budget=100, memory=100)
    (record,) = read(registry, layers, small, large)
    assert small.seen == [b"status"]
    assert len(said(record, "large")) == 1
    assert all(section.complete for section in record.sections.values())


@pytest.mark.trap("A4")
@pytest.mark.parametrize("number", [5, 28, 116])
def test_a_disk_that_fails_under_a_cataloger_says_nothing_about_the_file(read, number):
    def fail(file):
        raise OSError(number, "")

    registry = Registry()
    layers = [registry.layer(LAYER_TAR)]
    with pytest.raises(ScratchExhausted):
        read(registry, layers, FakeCataloger(wants=STATUS, reads=fail))
    (record,) = read(registry, layers, FakeCataloger(wants=STATUS))
    assert said(record) == ["one"]


def test_an_error_that_the_bytes_cause_is_a_bug_of_one_file(read):
    def fail(file):
        raise gzip.BadGzipFile("not gzip")

    registry = Registry()
    (record,) = read(registry, [registry.layer(LAYER_TAR)], FakeCataloger(wants=STATUS, reads=fail))
    assert record.sections["fake"].facts[0].unknowns == ["bug: BadGzipFile: not gzip"]


@pytest.mark.trap("A20")
def test_the_deadline_names_the_layer_and_what_was_finished_stays(read, monkeypatch):
    registry = Registry()
    quick, slow = registry.layer(LAYER_TAR), registry.layer(OTHER_TAR)
    now = time.monotonic

    def before(layer):
        if layer == slow:  # the clock goes on by an hour, so that no pause of the machine matters
            monkeypatch.setattr(time, "monotonic", lambda: now() + 3600)

    registry.before = before
    with pytest.raises(DeadlineExceeded, match=slow.digest):
        read(registry, [quick, slow], FakeCataloger(wants=STATUS), parallel=1)
    monkeypatch.undo()
    registry.before = None
    read(registry, [quick, slow], FakeCataloger(wants=STATUS))
    assert registry.opened == [quick.digest, slow.digest, slow.digest]


def test_so_many_layers_at_once(read):
    registry, lock, both = Registry(), threading.Lock(), threading.Event()
    running, most = set(), 0

    def before(layer):
        nonlocal most
        with lock:
            running.add(layer.digest)
            most = max(most, len(running))
        if most > 1:
            both.set()
        both.wait(wait)
        with lock:
            running.discard(layer.digest)

    registry.before, wait = before, 0.02  # enough for a second layer to show up, if there were one
    layers = [registry.layer(file(b"%d/status" % number, b"x") + END) for number in range(6)]
    read(registry, layers, FakeCataloger(wants=STATUS), parallel=1)
    assert most == 1
    wait = 60
    layers = [registry.layer(file(b"%d/status" % number, b"y") + END) for number in range(6)]
    read(registry, layers, FakeCataloger(wants=STATUS, reads=content_facts))
    assert most == 2


@pytest.mark.parametrize(
    ("limit", "enough", "says"),
    [("image_entries", 7, "entries"), ("image_names", 52, "names"), ("image_facts", 3000, "facts")],
)
def test_what_all_layers_hold_together_is_bounded(read, limit, enough, says):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR), registry.layer(OTHER_TAR), registry.layer(LAYER_TAR)]
    read(registry, layers, FakeCataloger(wants=STATUS), **{limit: enough})
    for parallel in (1, 2):  # the second time from the cache
        with pytest.raises(ImageTooLarge, match=says):
            read(registry, layers, FakeCataloger(wants=STATUS), parallel=parallel, **{limit: 6})


def test_facts_of_all_catalogers_of_a_layer_are_bounded(read):
    registry = Registry()
    several = [FakeCataloger(name, wants=STATUS) for name in ("a", "b", "c")]
    links = b"".join(hard_link(b"%d/status" % number, b"a/status") for number in range(9))
    read(registry, [registry.layer(LAYER_TAR)], *several, layer_facts=3000)
    with pytest.raises(ImageTooLarge, match="facts"):
        read(registry, [registry.layer(OTHER_TAR)], *several, layer_facts=500)
    with pytest.raises(ImageTooLarge, match="facts"):
        read(registry, [registry.layer(LAYER_TAR[: -len(END)] + links + END)], *several, layer_facts=3000)


def test_evidence_over_what_an_image_may_hold_stays_in_the_cache_alone(read):
    registry = Registry()
    layers = [registry.layer(LAYER_TAR), registry.layer(OTHER_TAR)]
    records = read(registry, layers, FakeCataloger(wants=STATUS), image_evidence=4, parallel=1)
    assert sorted(len(record.evidence) for record in records) == [0, 1]
    assert [said(record) for record in records] == [["one"], ["three"]]
    newer = read(registry, layers, FakeCataloger(wants=STATUS, version=2), image_evidence=4)
    assert [said(record) for record in newer] == [["one"], ["three"]]
    assert len(registry.opened) == 2
