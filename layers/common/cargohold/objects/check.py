"""The conformance suite of object stores: what every driver must do, run on a live store.

`cargohold objects check` runs it under a prefix of its own and leaves nothing behind; the tests run
it on every driver. A check raises `CheckFailed` and says what differed.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from cargohold.errors import CargoholdError, InvalidConfiguration, ObjectExists, ObjectNotFound, StoreUnavailable
from cargohold.objects.store import CHUNK, ObjectInfo, ObjectStore, Warmth

LARGE = 2 * 8 * CHUNK + 12345  # more than one part in every store


class CheckFailed(AssertionError):
    """A store does not do what the port promises."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check; `error` is empty when it passed."""

    name: str
    error: str


def round_trip(store: ObjectStore, prefix: str) -> None:
    """What is put comes back, of every size at which something changes."""
    for size in (0, 1, 511, 512, CHUNK - 1, CHUNK, CHUNK + 1, 8 * CHUNK, LARGE):
        content = os.urandom(size // 2) + bytes(size - size // 2)
        key = f"{prefix}/size/{size}"
        info = store.put(key, _parts(content))
        _equal("what put returns", info, ObjectInfo(key, size, sha256(content).hexdigest()))
        _equal("head", store.head(key), info)
        with store.get(key) as reader:
            _equal("the reader's info", reader.info, info)
            _equal("the content", b"".join(reader) == content, True)
        with store.get(key) as reader:
            first = reader.read(100)
            _equal("reading in parts", first + reader.read(CHUNK) + reader.read() == content, True)
        _equal("tail", store.tail(key, 100), content[-100:])


def keys_of_every_form(store: ObjectStore, prefix: str) -> None:
    """A key may extend another one, hold every allowed character and be 512 bytes long."""
    keys = [f"{prefix}/{tail}" for tail in ("a", "a/b", "a/b/c", "a-b", "a.b", "sha256:0f", "x=1+@_Z", ".a..b")]
    long = f"{prefix}/" + "/".join(["d" * 99] * 6)
    keys.append(long[:511] + "d")
    for key in keys:
        store.put(key, [key.encode()])
    for key in keys:
        _equal(f"the content of {key}", _content(store, key), key.encode())
    for key in ("", "/a", "a/", "a//b", "../a", "a/..", "a b", "ä", "a\n", "d" * 513):
        _raises(InvalidConfiguration, store.put, key, [b""])
        _raises(InvalidConfiguration, store.head, key)


def listing(store: ObjectStore, prefix: str) -> None:
    """A listing has the keys with a prefix, in the order of their bytes."""
    names = ["l/a", "l/a-b", "l/a.b", "l/a/b", "l/a/c", "l/aB", "l/b/1", "l/b/10", "l/b/2", "m"]
    for name in names:
        store.put(f"{prefix}/{name}", [b"x"])
    for start in ("", "l/", "l/a", "l/a/", "l/b/1", "l/b/3", "n"):
        expected = sorted(f"{prefix}/{name}" for name in names if name.startswith(start))
        _equal(f"the listing of {start!r}", [info.key for info in store.list(f"{prefix}/{start}")], expected)


def absence(store: ObjectStore, prefix: str) -> None:
    """What is not there is not found, and deleting it does no harm."""
    key = f"{prefix}/absent"
    _raises(ObjectNotFound, store.head, key)
    _raises(ObjectNotFound, _content, store, key)
    _raises(ObjectNotFound, store.tail, key, 1)
    store.delete(key)
    store.put(key, [b"x"])
    store.delete(key)
    store.delete(key)
    _raises(ObjectNotFound, store.head, key)
    _equal("the listing", list(store.list(key)), [])


def replacement(store: ObjectStore, prefix: str) -> None:
    """A put replaces, with `if_absent` it does not."""
    key = f"{prefix}/replaced"
    store.put(key, [b"first"])
    _raises(ObjectExists, store.put, key, [b"second"], if_absent=True)
    _raises(ObjectExists, store.put, key, _parts(bytes(LARGE)), if_absent=True)
    _equal("after if_absent", _content(store, key), b"first")
    store.put(key, _parts(bytes(LARGE)))
    store.put(key, [b"third"])
    _equal("after put", _content(store, key), b"third")


def one_winner(store: ObjectStore, prefix: str, *, threads: int = 16) -> None:
    """Of many puts with `if_absent` at once exactly one succeeds, and its content is what is stored."""
    for size in (10, CHUNK + 10):
        key = f"{prefix}/claimed/{size}"
        together = threading.Barrier(threads)

        def claim(number: int, key: str = key, size: int = size, together: threading.Barrier = together) -> bool:
            together.wait(60)
            try:
                store.put(key, [bytes([number]) * size], if_absent=True)
            except ObjectExists:
                return False
            return True

        with ThreadPoolExecutor(threads) as pool:
            won = list(pool.map(claim, range(threads)))
        _equal("the number of winners", won.count(True), 1)
        _equal("the winner's content", _content(store, key) == bytes([won.index(True)]) * size, True)


def all_or_nothing(store: ObjectStore, prefix: str) -> None:
    """Content that breaks off leaves nothing, or what was there before."""
    for size in (10, LARGE):
        key = f"{prefix}/broken/{size}"
        _raises(StoreUnavailable, store.put, key, _broken_off(size))
        _raises(ObjectNotFound, store.head, key)
        _equal("the listing", list(store.list(key)), [])
        store.put(key, [b"before"])
        _raises(StoreUnavailable, store.put, key, _broken_off(size))
        _equal("what was there before", _content(store, key), b"before")


def nothing_blocks(store: ObjectStore, prefix: str) -> None:
    """While an upload is under way its key is free, also for `if_absent`."""
    key = f"{prefix}/slow"

    def slow() -> Iterator[bytes]:
        yield from _parts(bytes(LARGE))
        _raises(ObjectNotFound, store.head, key)
        store.put(key, [b"fast"], if_absent=True)
        yield b"end"

    _raises(ObjectExists, store.put, key, slow(), if_absent=True)
    _equal("the content", _content(store, key), b"fast")


def warmth(store: ObjectStore, prefix: str) -> None:
    """What was just put is readable."""
    store.put(f"{prefix}/warm", [b"x"])
    _equal("warm", store.warm([f"{prefix}/warm"]), Warmth.READABLE)


CHECKS: tuple[Callable[[ObjectStore, str], None], ...] = (
    round_trip,
    keys_of_every_form,
    listing,
    absence,
    replacement,
    one_winner,
    all_or_nothing,
    nothing_blocks,
    warmth,
)


def check(store: ObjectStore) -> Iterator[Result]:
    """Run all checks, yield their outcome one by one, and remove what they wrote."""
    for function in CHECKS:
        prefix = f"cargohold-check/{uuid4()}"
        error = ""
        try:
            function(store, prefix)
        except (CheckFailed, CargoholdError) as failure:
            error = str(failure)
        finally:
            clean(store, prefix)
        yield Result(function.__name__, error)


def clean(store: ObjectStore, prefix: str) -> None:
    """Delete the objects under `prefix`."""
    for key in [info.key for info in store.list(f"{prefix}/")]:
        store.delete(key)


def _parts(content: bytes) -> Iterator[bytes]:
    # Of uneven sizes, empty ones among them.
    yield b""
    for start in range(0, len(content), 300_007):
        yield content[start : start + 300_007]


def _broken_off(size: int) -> Iterator[bytes]:
    yield from _parts(bytes(size))
    # As a copy from another store fails: not to be taken for this store's own failure.
    raise StoreUnavailable(store="content", reason="it broke off")


def _content(store: ObjectStore, key: str) -> bytes:
    with store.get(key) as reader:
        return b"".join(reader)


def _equal(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise CheckFailed(f"{what}: {actual!r}, not {expected!r}")


def _raises(expected: type[CargoholdError], call: Callable[..., object], *arguments: object, **options: object) -> None:
    try:
        call(*arguments, **options)
    except expected:
        return
    raise CheckFailed(f"{expected.__name__} was not raised")
