"""Migration: what it counts is so, nothing is deleted unverified, and nothing is missed."""

import os
import threading

import pytest

from cargohold.errors import InvalidConfiguration, ObjectNotFound, StoreForbidden, StoreUnavailable
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.migrate import Migration, check_urls
from cargohold.objects.store import CHUNK, ObjectInfo, Warmth
from cargohold.objects.wrappers.joined import JoinedStore

KEYS = [f"analyses/{number % 7}/{number:03}" for number in range(60)]


def filled(store, keys=KEYS):
    contents = {key: key.encode() * (1 + number % 5) for number, key in enumerate(keys)}
    for key, content in contents.items():
        store.put(key, [content])
    return contents


def everything(store):
    contents = {}
    for info in list(store.list()):
        with store.get(info.key) as reader:
            contents[info.key] = reader.read()
    return contents


@pytest.fixture
def source():
    return MemoryStore()


@pytest.fixture
def target():
    return MemoryStore()


def test_everything_is_copied_and_kept(source, target):
    contents = filled(source)
    told = []
    report = Migration(source, target, progress=lambda report: told.append(report.moved)).run()
    assert everything(target) == everything(source) == contents
    assert (report.moved, report.skipped, report.failed, report.deleted) == (60, 0, 0, 0)
    assert report.bytes == sum(map(len, contents.values()))
    assert report.complete
    assert report.succeeded
    assert report.passes == 2
    assert told[-1] == 60
    again = Migration(source, target).run()
    assert (again.moved, again.skipped, again.passes) == (0, 60, 1)


def test_everything_is_moved(source, target):
    contents = filled(source)
    target.put(KEYS[3], [contents[KEYS[3]]])
    report = Migration(source, target, delete_source=True).run()
    assert everything(target) == contents
    assert everything(source) == {}
    assert (report.moved, report.skipped, report.failed, report.deleted) == (59, 1, 0, 60)


def test_a_dry_run_writes_nothing(source, target):
    contents = filled(source)
    target.put(KEYS[0], [contents[KEYS[0]]])
    target.put(KEYS[1], [b"another"])
    report = Migration(source, target).dry_run()
    assert (report.moved, report.skipped, report.failed) == (58, 1, 1)
    assert len(everything(target)) == 2
    assert everything(source) == contents


@pytest.mark.trap("B19")
def test_what_is_written_to_the_old_store_behind_the_listing_is_moved_too(source, target):
    class Behind(MemoryStore):
        """Gets an object in front of the listing's place, as long as there is one to get."""

        late = ["a/1", "a/2", "a/3"]  # noqa: RUF012

        def list(self, prefix=""):
            for number, info in enumerate(super().list(prefix)):
                yield info
                if number == 30 and self.late:
                    self.put(self.late.pop(), [b"late"])

    for delete_source in (False, True):
        old, new = Behind(), MemoryStore()
        old.late = ["a/1", "a/2", "a/3"]
        contents = filled(old)
        report = Migration(old, new, delete_source=delete_source).run()
        expected = contents | dict.fromkeys(["a/3"] if delete_source else ["a/1", "a/2", "a/3"], b"late")
        assert everything(new) == expected
        assert report.moved == len(expected)
        assert report.passes > 2


@pytest.mark.trap("B19")
@pytest.mark.parametrize("delete_source", [False, True])
def test_readers_and_writers_go_on_meanwhile(tmp_path, delete_source):
    old, new = FileStore(tmp_path / "old"), FileStore(tmp_path / "new")
    contents = filled(old)
    joined, stopped, wrong = JoinedStore(new, old), threading.Event(), []

    def work(name, store):
        # One process knows of the new store, the other is not restarted yet.
        for number in range(1000):
            if stopped.is_set():
                return
            key = f"analyses/{number % 7}/{name}-{number}"
            store.put(key, [key.encode()], if_absent=True)
            contents[key] = key.encode()
            for known in (key, KEYS[number % len(KEYS)]):
                try:
                    with joined.get(known) as reader:
                        assert reader.read() == contents[known]
                except Exception as error:  # noqa: BLE001 -- for the test to report
                    wrong.append((known, error))

    writers = [threading.Thread(target=work, args=args) for args in (("knows", joined), ("does-not", old))]
    for writer in writers:
        writer.start()
    first = Migration(old, new, delete_source=delete_source, workers=2)
    for _ in range(3):
        first._pass(first._mover.move)
    stopped.set()
    for writer in writers:
        writer.join()
    report = Migration(old, new, delete_source=delete_source).run()
    assert wrong == []
    assert report.succeeded
    assert everything(new) == contents
    assert len(everything(old)) == (0 if delete_source else len(everything(old)))


def test_a_damaged_object_stays_where_it_is_and_is_counted(tmp_path, target):
    source = FileStore(tmp_path)
    contents = filled(source)
    file = tmp_path / f"{KEYS[5]}~"
    file.write_bytes(b"X" + file.read_bytes()[1:])
    report = Migration(source, target, delete_source=True).run()
    assert (report.moved, report.failed, report.deleted) == (59, 1, 59)
    assert not report.succeeded
    assert report.complete
    ((key, code, message),) = report.failures
    assert (key, code) == (KEYS[5], "object_corrupt")
    assert f"file://{tmp_path}/{KEYS[5]}" in message
    assert file.exists()
    assert everything(target) == {key: content for key, content in contents.items() if key != KEYS[5]}


def test_another_object_under_the_same_key_is_left_alone(source, target):
    filled(source, ["a", "b"])
    target.put("a", [b"another"])
    report = Migration(source, target, delete_source=True).run()
    assert (report.moved, report.failed) == (1, 1)
    assert "as in memory:" in report.failures[0][2]
    assert everything(target)["a"] == b"another"
    assert everything(source)["a"] == b"a"


@pytest.mark.parametrize("delete_source", [False, True])
def test_a_damaged_copy_is_made_again(source, tmp_path, delete_source):
    target = FileStore(tmp_path)
    contents = filled(source, ["a", "b"])
    filled(target, ["a", "b"])
    (tmp_path / "b~").write_bytes((tmp_path / "b~").read_bytes()[1:])
    report = Migration(source, target, delete_source=delete_source).run()
    assert (report.moved, report.skipped, report.failed) == (1, 1, 0)
    assert everything(target) == contents


def test_nothing_is_deleted_that_cannot_be_read_back(source):
    class Lossy(FileStore):
        """Says that it has what it does not have."""

        def put(self, key, content, *, if_absent=False):
            info = super().put(key, content, if_absent=if_absent)
            if key.endswith("3"):
                path = self._path(key)
                path.write_bytes(b"\0" + path.read_bytes()[1:])
            return info

    contents = filled(source)

    def run(directory):
        return Migration(source, Lossy(directory), delete_source=True).run()

    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as directory:
        report = run(Path(directory))
        lost = [key for key in KEYS if key.endswith("3")]
        assert (report.moved, report.failed, report.deleted) == (60 - len(lost), len(lost), 60 - len(lost))
        assert everything(source) == {key: contents[key] for key in lost}


def test_what_somebody_deletes_meanwhile_is_no_failure(source, target):
    class Deleted(MemoryStore):
        def get(self, key):
            if key == KEYS[7]:
                self.delete(key)
            return super().get(key)

    source = Deleted()
    filled(source)
    report = Migration(source, target).run()
    assert (report.moved, report.failed, report.vanished) == (59, 0, [KEYS[7]])
    assert report.succeeded


def test_a_stream_that_breaks_off_is_begun_again(source):
    class Flaky(MemoryStore):
        breaks = 2

        def put(self, key, content, *, if_absent=False):
            if self.breaks and key != "small":
                Flaky.breaks -= 1
                next(iter(content))
                raise StoreUnavailable(store="flaky", reason=f"it went away for {key}")
            return super().put(key, content, if_absent=if_absent)

    content = os.urandom(3 * CHUNK)
    source.put("large", [content])
    target = Flaky()
    Flaky.breaks = 0
    assert Migration(source, target)._check_apart() is None
    Flaky.breaks = 2
    migration = Migration(source, target)
    migration._check_apart = lambda: None
    assert migration.run().moved == 1
    assert everything(target) == {"large": content}


def test_a_store_that_is_broken_ends_the_run(source):
    class Full(MemoryStore):
        def put(self, key, content, *, if_absent=False):
            if key.startswith("analyses/"):
                raise StoreForbidden(store="full", reason=f"403 for {key}")
            return super().put(key, content, if_absent=if_absent)

    keys = [f"analyses/{number:04}" for number in range(500)]
    filled(source, keys)
    report = Migration(source, Full(), delete_source=True).run()
    assert (report.failed, report.moved, report.complete, report.succeeded) == (100, 0, False, False)
    assert len(everything(source)) == 500


def test_cold_objects_are_asked_for(source, target):
    from cargohold.errors import ObjectCold

    class Cold(MemoryStore):
        asked: list[str] = []  # noqa: RUF012

        def get(self, key):
            raise ObjectCold(key=self.at(key))

        def warm(self, keys):
            self.asked.extend(keys)
            return Warmth.WARMING

    source = Cold()
    filled(source, ["a"])
    report = Migration(source, target).run()
    assert (report.failed, report.failures[0][1]) == (1, "object_cold")
    assert Cold.asked == ["a"]


def test_a_store_is_not_moved_into_itself(tmp_path):
    store = FileStore(tmp_path / "store")
    contents = filled(store)
    (tmp_path / "same").symlink_to(tmp_path / "store")
    with pytest.raises(InvalidConfiguration, match="is file://"):
        Migration(store, FileStore(tmp_path / "same"), delete_source=True).run()
    assert everything(store) == contents


@pytest.mark.parametrize(
    ("source", "target", "apart"),
    [
        ("postgres:", "s3://b", True),
        ("postgres:", "postgres:p", False),
        ("postgres:a", "postgres:b", True),
        ("postgres:a", "postgres:ab", True),
        ("file:///a", "file:///a/b", False),
        ("file:///a/b/", "file:///a", False),
        ("file:///a", "file:///ab", True),
        ("s3://b/p?sse=aws:kms", "s3://b/p", False),
        ("s3://b", "s3://b?endpoint=https://x", True),
        ("swift://b", "s3://b", True),
        ("swift://b/p?credentials=file:/x", "swift://b/p?credentials=file:/y", True),
    ],
)
def test_stores_may_not_overlap(source, target, apart):
    if apart:
        check_urls(source, target)
        return
    with pytest.raises(InvalidConfiguration, match="overlap"):
        check_urls(source, target)


def test_a_listing_without_hashes_is_enough(source, target):
    class Bare(MemoryStore):
        def list(self, prefix=""):
            for info in super().list(prefix):
                yield ObjectInfo(info.key, info.size + 9, "")

    source, target = Bare(), Bare()
    contents = filled(source)
    assert Migration(source, target).run().succeeded
    assert everything(target) == contents
    with pytest.raises(ObjectNotFound):
        target.head("absent")
