import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from cargohold.errors import ObjectCorrupt, ObjectNotFound, StoreUnavailable
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.store import CHUNK
from cargohold.objects.trailer import SIZE


@pytest.fixture
def store(tmp_path: Path):
    return FileStore(tmp_path / "objects")


def read(store, key="a/k"):
    with store.get(key) as reader:
        return b"".join(reader)


def files(store):
    return sorted(str(path.relative_to(store._root)) for path in store._root.rglob("*") if path.is_file())


def test_a_killed_upload_leaves_nothing_visible_and_is_swept(store):
    script = f"""
import os, pathlib
from cargohold.objects.drivers.file import FileStore
def content():
    yield bytes(3 << 20)
    os.kill(os.getpid(), 9)
FileStore(pathlib.Path({str(store._root)!r})).put("a/k", content())
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with pytest.raises(ObjectNotFound):
        store.head("a/k")
    assert list(store.list()) == []
    (left,) = files(store)
    assert left.startswith("~incoming/")
    assert store.sweep(timedelta(hours=1)) == 0
    os.utime(store._root / left, (0, 0))
    assert store.sweep(timedelta(hours=1)) == 1
    assert files(store) == []


@pytest.mark.parametrize("size", [0, 10, 2 * CHUNK + 7])
def test_damage_is_noticed(store, size):
    store.put("a/k", [os.urandom(size)])
    path = store._root / "a" / "k~"
    whole = path.read_bytes()
    assert len(whole) == size + SIZE
    wrongs = [whole[:-1], whole + b"x", whole[1:], b"", whole[:-SIZE], whole + whole]
    for position in {0, len(whole) // 2, len(whole) - 1, len(whole) - SIZE}:
        wrongs.append(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
    for wrong in wrongs:
        path.write_bytes(wrong)
        with pytest.raises(ObjectCorrupt):
            read(store)


def test_directories_go_with_their_last_object(store):
    store.put("a/b/c", [b"1"])
    store.put("a/d", [b"2"])
    store.delete("a/b/c")
    assert not (store._root / "a" / "b").exists()
    store.delete("a/d")
    assert not (store._root / "a").exists()
    assert store._root.exists()


def test_a_put_and_a_delete_in_one_directory_do_not_disturb_each_other(store):
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            store.put("a/b/other", [b"x"])
            store.delete("a/b/other")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for number in range(100):
            store.put(f"a/b/{number}", [b"x"])
            store.delete(f"a/b/{number}")
    finally:
        stop.set()
        thread.join()


def test_errors_of_the_content_and_of_the_reader_stay_their_own(store):
    def broken():
        yield b"x"
        raise TimeoutError("the registry is slow")

    with pytest.raises(TimeoutError):
        store.put("a/k", broken())
    assert files(store) == []
    store.put("a/k", [b"x"])
    with pytest.raises(OSError, match="disk of the reader"), store.get("a/k"):
        raise OSError("disk of the reader is full")


def test_a_disk_that_refuses_is_transient(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        FileStore(tmp_path / "file" / "objects")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_transient_and_leaves_nothing(store, monkeypatch):
    def full(**where):
        path = where["dir"] / "upload"
        path.symlink_to("/dev/full")
        return os.open(path, os.O_WRONLY), str(path)

    monkeypatch.setattr("cargohold.objects.drivers.file.tempfile.mkstemp", full)
    with pytest.raises(StoreUnavailable, match="ENOSPC"):
        store.put("a/k", [bytes(CHUNK)])
    assert list(store.list()) == []
