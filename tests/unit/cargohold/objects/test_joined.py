"""Two stores as one: whoever reads finds an object wherever it is, also while it moves."""

import os

import pytest

from cargohold.errors import ObjectExists, ObjectNotFound
from cargohold.objects.check import CHECKS
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.open import open_store
from cargohold.objects.store import CHUNK, Warmth
from cargohold.objects.wrappers.joined import JoinedStore


@pytest.fixture
def new():
    return MemoryStore()


@pytest.fixture
def old():
    return MemoryStore()


@pytest.fixture
def joined(new, old):
    return JoinedStore(new, old)


def read(store, key="k"):
    with store.get(key) as reader:
        return reader.read()


@pytest.mark.parametrize("function", CHECKS, ids=lambda function: function.__name__)
def test_it_is_a_store(joined, old, function):
    function(joined, "conformance")
    assert list(old.list()) == []


def test_both_are_read_and_one_is_written(joined, new, old):
    old.put("k", [b"old"])
    assert (read(joined), joined.head("k").size, joined.tail("k", 2)) == (b"old", 3, b"ld")
    assert joined.warm(["k"]) is Warmth.READABLE
    joined.put("k", [b"newer"])
    assert (read(joined), read(old), read(new)) == (b"newer", b"old", b"newer")
    old.put("l", [b"l"])
    new.put("a", [b"a"])
    assert [(info.key, info.size) for info in joined.list()] == [("a", 1), ("k", 5), ("l", 1)]
    assert [info.key for info in joined.list("l")] == ["l"]


def test_what_is_in_either_is_not_absent(joined, new, old):
    old.put("old", [b""])
    new.put("new", [b""])
    for key in ("old", "new"):
        with pytest.raises(ObjectExists):
            joined.put(key, [b"x"], if_absent=True)
    joined.put("neither", [b"x"], if_absent=True)
    assert new.head("neither")


def test_deleted_is_deleted_in_both(joined, new, old):
    for store in (new, old):
        store.put("k", [b"k"])
    joined.delete("k")
    for call in (joined.head, new.head, old.head):
        with pytest.raises(ObjectNotFound):
            call("k")


def test_an_object_that_moves_between_two_looks_is_found(new, old):
    class Moving(MemoryStore):
        """Moves the object just before the first look into the former store."""

        def head(self, key):
            if key in self._objects:
                new.put(key, [b"moved"])
                self.delete(key)
            return super().head(key)

    former = Moving()
    former.put("k", [b"moved"])
    assert JoinedStore(new, former).head("k").size == 5


def test_an_object_that_moves_during_a_listing_is_listed(new):
    former = MemoryStore()
    for key in ("a", "b", "c"):
        former.put(key, [b"x"])
    listing = JoinedStore(new, former).list()
    seen = [next(listing).key]
    for key in ("b", "c"):
        new.put(key, [b"x"])
        former.delete(key)
    assert [*seen, *(info.key for info in listing)] == ["a", "b", "c"]


@pytest.mark.parametrize("first", [0, 1, CHUNK, 2 * CHUNK + 5])
def test_an_object_that_moves_while_it_is_read_comes_whole(new, database, first):
    from cargohold.objects.drivers.postgres import PostgresStore

    former = PostgresStore(database)
    content = os.urandom(4 * CHUNK + 17)
    former.put("k", [content])
    with JoinedStore(new, former).get("k") as reader:
        begun = reader.read(first)
        new.put("k", [content])
        former.delete("k")
        assert begun + reader.read() == content


def test_stores_are_joined_by_their_urls(tmp_path):
    open_store(f"file://{tmp_path}/old").put("k", [b"x" * 5000])
    joined = open_store(f"file://{tmp_path}/new", f"file://{tmp_path}/old")
    assert read(joined) == b"x" * 5000
    joined.put("l", [b"l"])
    assert [info.key for info in FileStore(tmp_path / "old").list()] == ["k"]
    assert [info.key for info in FileStore(tmp_path / "new").list()] == ["l"]
