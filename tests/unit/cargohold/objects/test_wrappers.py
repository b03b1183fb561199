import os
import random
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cargohold.errors import ObjectCorrupt, ObjectExists, StoreUnavailable
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.store import CHUNK
from cargohold.objects.trailer import SIZE, Method, Trailer
from cargohold.objects.wrappers import compressed
from cargohold.objects.wrappers.compressed import CompressedStore
from cargohold.objects.wrappers.counted import CountedStore
from cargohold.objects.wrappers.retried import REPLAYED, RetriedStore


def stored(content: list[bytes]) -> bytes:
    inner = MemoryStore()
    CompressedStore(inner).put("k", content)
    with inner.get("k") as reader:
        return reader.read()


def read(store, key="k") -> bytes:
    with store.get(key) as reader:
        return b"".join(reader)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3 * CHUNK), st.integers(0, 2**32))
def test_the_stored_bytes_do_not_depend_on_how_the_content_was_cut(size, seed):
    randomness = random.Random(seed)
    content = bytes(randomness.choices(b"abcdefgh", k=size))
    cuts = sorted(randomness.randrange(size + 1) for _ in range(5))
    parts = [content[start:end] for start, end in zip([0, *cuts], [*cuts, size], strict=True)]
    assert stored(parts) == stored([content])


def test_text_shrinks_and_the_short_and_the_compressed_stay_as_they_are():
    text = b"all work and no play " * 10_000
    assert len(stored([text])) < len(text) / 50
    gzip = b"\x1f\x8b" + os.urandom(5000)
    for content in (b"", b"short", gzip):
        assert stored([content])[:-SIZE] == content


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the zstd program is not installed")
def test_the_zstd_program_reads_what_a_file_store_holds(tmp_path: Path):
    content = os.urandom(1000) * 3000
    CompressedStore(FileStore(tmp_path)).put("a/b", [content])
    command = ["zstd", "-d", "-c", tmp_path / "a" / "b~"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == content


@pytest.mark.parametrize("size", [100, 5000, 3 * CHUNK])
def test_a_change_of_any_kind_is_noticed(size):
    content = b"".join(b"%d " % number for number in range(size))[:size]
    raw = stored([content])
    randomness = random.Random(size)
    positions = [0, len(raw) - 1, len(raw) - SIZE, *(randomness.randrange(len(raw)) for _ in range(40))]
    wrongs = [raw[:position] + bytes([raw[position] ^ 0x10]) + raw[position + 1 :] for position in positions]
    wrongs += [raw[:-1], raw + b"x", raw[1:], raw + raw, b""]
    for wrong in wrongs:
        inner = MemoryStore()
        inner.put("k", [wrong])
        try:
            # A bit of the frame's header may mean nothing.
            assert read(CompressedStore(inner)) == content
        except ObjectCorrupt:
            continue


def test_a_bomb_is_stopped_at_the_promised_size():
    raw = stored([bytes(64 << 20)])
    inner = MemoryStore()
    inner.put("k", [raw[:-SIZE], Trailer(1000, "00" * 32, Method.ZSTANDARD).encode()])
    taken = []
    with pytest.raises(ObjectCorrupt), CompressedStore(inner).get("k") as reader:
        taken.extend(map(len, reader))
    assert sum(taken) <= 2 * CHUNK


def test_a_window_that_needs_much_memory_is_refused():
    parameters = compressed.zstd.CompressionParameter
    content = os.urandom(20 << 20)
    frame = compressed.zstd.compress(content, options={parameters.window_log: 27, parameters.checksum_flag: 1})
    inner = MemoryStore()
    inner.put("k", [frame, Trailer(len(content), "00" * 32, Method.ZSTANDARD).encode()])
    with pytest.raises(ObjectCorrupt, match="frame"):
        read(CompressedStore(inner))


def test_a_small_object_is_one_request():
    counted = CountedStore(MemoryStore())
    store = CompressedStore(counted)
    store.put("k", [b"x" * 5000])
    counted.counts.clear()
    assert read(store) == b"x" * 5000
    assert counted.counts["get"] == 1
    assert counted.counts["tail"] == counted.counts["head"] == 0


class Flaky(MemoryStore):
    """Fails `failures` times; before the work, or after it as when an answer is lost."""

    def __init__(self, failures: int, *, after: bool = False) -> None:
        super().__init__()
        self.failures, self.after = failures, after

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable(store="flaky", reason="try again")

    def put(self, key, content, *, if_absent=False):
        if not self.after:
            for number, _ in enumerate(content):
                if number == 1:
                    self._fail()
                    break
        info = super().put(key, content, if_absent=if_absent)
        if self.after:
            self._fail()
        return info

    @contextmanager
    def get(self, key):
        self._fail()
        with super().get(key) as reader:
            yield reader

    def head(self, key):
        self._fail()
        return super().head(key)

    def list(self, prefix=""):
        self._fail()
        yield from super().list(prefix)


def test_transient_failures_are_tried_again():
    flaky = Flaky(0)
    store = RetriedStore(flaky, pause=0)
    info = store.put("k", [b"x"])
    for call in (lambda: read(store), lambda: store.head("k"), lambda: list(store.list())):
        flaky.failures = 3
        call()
        flaky.failures = 4
        with pytest.raises(StoreUnavailable):
            call()
        flaky.failures = 0
    assert store.head("k") == info


def test_a_generator_is_put_again_from_its_beginning():
    class Broken(MemoryStore):
        tries = 0

        def put(self, key, content, *, if_absent=False):
            self.tries += 1
            if self.tries < 3:
                next(iter(content))
                raise StoreUnavailable(store="broken", reason="try again")
            return super().put(key, content, if_absent=if_absent)

    broken = Broken()
    store = RetriedStore(broken, pause=0)
    store.put("k", (bytes([number]) for number in range(10)))
    assert read(store) == bytes(range(10))


def test_a_long_stream_is_not_kept_and_not_tried_again():
    class Broken(MemoryStore):
        def put(self, key, content, *, if_absent=False):
            list(content)
            raise StoreUnavailable(store="broken", reason="try again")

    taken = []

    def parts():
        for _ in range(REPLAYED // CHUNK + 2):
            taken.append(1)
            yield bytes(CHUNK)

    with pytest.raises(StoreUnavailable):
        RetriedStore(Broken(), pause=0).put("k", parts())
    assert len(taken) == REPLAYED // CHUNK + 2


def test_content_that_fails_is_not_taken_for_content_that_ends():
    """What a copy reads from another store can fail as a store does."""

    def source():
        yield b"x" * 1000
        raise StoreUnavailable(store="the other one", reason="it went away")

    inner = MemoryStore()
    for store in (RetriedStore(inner, pause=0), CompressedStore(RetriedStore(inner, pause=0))):
        with pytest.raises(StoreUnavailable, match="the other one"):
            store.put("k", source())
        assert list(inner.list()) == []


def test_a_lost_answer_to_if_absent_is_a_success_and_anothers_object_is_not():
    store = RetriedStore(Flaky(1, after=True), pause=0)
    info = store.put("k", iter([b"mine"]), if_absent=True)
    assert store.head("k") == info
    with pytest.raises(ObjectExists):
        store.put("k", [b"mine"], if_absent=True)

    class Rival(Flaky):
        def put(self, key, content, *, if_absent=False):
            MemoryStore.put(self, key, [b"theirs"])
            list(content)
            self._fail()
            return super().put(key, content, if_absent=if_absent)

    with pytest.raises(ObjectExists):
        RetriedStore(Rival(1), pause=0).put("k", iter([b"mine"]), if_absent=True)
