"""Threads and processes that always end, and digests that are always checked."""

import gzip
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.harness.raw_tars import digest

from analyze.layer import apart, pipeline
from analyze.layer.pipeline import APART, process, verify_layer
from analyze.limits import DEFAULT, Limits
from cargohold.errors import (
    DeadlineExceeded,
    DigestMismatch,
    HostileContent,
    ImageTooLarge,
    InvalidImage,
    TruncatedContent,
    UnsupportedMediaType,
)

CONTENT = bytes(range(256)) * 40_000
BLOB = gzip.compress(CONTENT, 1)


@pytest.fixture(params=[0, pytest.param(APART, marks=pytest.mark.skipif(not apart.AVAILABLE, reason="no memfd"))])
def run(request):
    """Process a layer in threads, then in a process of its own; neither leaves anything behind."""

    def call(parts, consume, blob_digest="", diff_id="", limits=DEFAULT, deadline=None):
        threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
        try:
            return process(
                parts,
                consume,
                blob_digest=blob_digest,
                diff_id=diff_id,
                what="layer",
                limits=limits,
                deadline=deadline,
                size=request.param,
            )
        finally:
            assert threading.active_count() <= threads
            assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors
            assert not children()

    return call


def children() -> list[int]:
    """Return the processes that inflate for this one, which other tests' programs may be children of as well."""
    mine = [process for process, (_, parent) in processes().items() if parent == os.getpid()]
    return [process for process in mine if b"inflating" in seen(process, "cmdline")]


def seen(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def processes() -> dict[int, tuple[str, int]]:
    """Return the state and the parent of every process (proc(5), `stat`)."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, *_ = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(status.parent.name)] = (state, int(parent))
    return found


def parts():
    return (BLOB[at : at + 1000] for at in range(0, len(BLOB), 1000))


def test_the_consumer_gets_everything_and_both_digests_are_computed(run):
    result, verified = run(parts(), b"".join, digest(BLOB), digest(CONTENT))
    assert result == CONTENT
    assert (verified.blob_digest, verified.diff_id) == (digest(BLOB), digest(CONTENT))
    assert (verified.size, verified.uncompressed_size) == (len(BLOB), len(CONTENT))


def test_what_was_given_stays_as_it_was(run):
    content = random.Random(1).randbytes(12 << 20)  # more than all slots hold
    blob = gzip.compress(content, 1)
    kept, _ = run([blob], list)
    assert b"".join(kept) == content


@pytest.mark.parametrize("content", [b"", b"\0" * 1024])
def test_a_layer_without_anything(run, content):
    result, verified = run([gzip.compress(content)], b"".join)
    assert result == content
    assert verified.diff_id == digest(content)


@pytest.mark.trap("A2")
@pytest.mark.parametrize("wrong", ["blob_digest", "diff_id"])
def test_a_wrong_digest_is_an_error(run, wrong):
    with pytest.raises(DigestMismatch):
        run(parts(), b"".join, **{wrong: digest(b"other")})


def test_a_failing_source_reaches_the_caller(run):
    def broken():
        yield BLOB[:5000]
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        run(broken(), b"".join)


@pytest.mark.parametrize(
    ("blob", "error"),
    [
        (BLOB[:-10], TruncatedContent),
        (BLOB[:20] + b"\xff" * 20 + BLOB[40:], InvalidImage),
        (b"BZh91AY&SY", UnsupportedMediaType),
    ],
)
def test_a_failing_stream_reaches_the_caller(run, blob, error):
    with pytest.raises(error, match="layer"):
        run([blob], b"".join)


@pytest.mark.parametrize(
    ("limits", "error"),
    [(Limits(layer_uncompressed=1 << 20), ImageTooLarge), (Limits(ratio=2, ratio_floor=1 << 20), HostileContent)],
)
def test_what_is_too_much_ends_an_endless_source(run, limits, error):
    def endless():
        while True:
            yield gzip.compress(bytes(1 << 20))

    with pytest.raises(error):
        run(endless(), b"".join, digest(b"whatever"), limits=limits)


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_failing_consumer_stops_an_endless_source(run, after):
    def endless():
        while True:
            yield bytes(1 << 16)

    def consume(chunks):
        for number, _ in enumerate(chunks):
            if number >= after:
                raise KeyError("stop")

    with pytest.raises(KeyError):
        run(endless(), consume)


def test_a_source_that_is_too_slow_ends_at_the_deadline(run):
    def slow():
        while True:
            time.sleep(0.02)
            yield bytes(512)

    with pytest.raises(DeadlineExceeded):
        run(slow(), b"".join, deadline=time.monotonic() + 0.2)


@pytest.mark.parametrize("size", [0, APART])
def test_a_layer_is_verified_without_a_walk(size):
    verified = verify_layer(parts(), what="layer", limits=DEFAULT, size=size)
    assert (verified.blob_digest, verified.diff_id) == (digest(BLOB), digest(CONTENT))


def test_damage_in_transfer_is_a_digest_mismatch_and_in_the_image_an_invalid_one(run):
    damaged = BLOB[:20] + b"\xff" * 20 + BLOB[40:]
    with pytest.raises(DigestMismatch):
        run([damaged], b"".join, blob_digest=digest(BLOB))
    for known in ("", digest(damaged)):
        with pytest.raises(InvalidImage):
            run([damaged], b"".join, blob_digest=known)


def test_damage_that_the_consumer_finds_is_blamed_in_the_same_way(run):
    blob = gzip.compress(random.Random(2).randbytes(12 << 20), 1)

    def consume(chunks):
        for _ in chunks:
            raise InvalidImage(what="layer", reason="damaged tar")

    with pytest.raises(DigestMismatch):
        run([blob], consume, blob_digest=digest(b"other"))
    with pytest.raises(InvalidImage):
        run([blob], consume, blob_digest=digest(blob))


@pytest.mark.skipif(not apart.AVAILABLE, reason="no memfd")
def test_a_killed_process_is_an_error_that_may_be_tried_again():
    def consume(chunks):
        for _ in chunks:
            for child in children():
                os.kill(child, signal.SIGKILL)

    def endless():
        while True:
            yield bytes(1 << 16)

    with pytest.raises(ChildProcessError, match="-9"):
        process(endless(), consume, blob_digest="", diff_id="", what="layer", limits=DEFAULT, size=APART)
    assert not children()


@pytest.mark.skipif(not apart.AVAILABLE, reason="no memfd")
def test_the_process_goes_with_the_one_that_started_it():
    script = """
import os, sys, time
from analyze.layer.pipeline import APART, process
from analyze.limits import DEFAULT

def endless():
    while True:
        yield bytes(1 << 16)

def consume(chunks):
    next(chunks)
    own = str(os.getpid())
    for name in filter(str.isdigit, os.listdir("/proc")):
        if open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[1] == own:
            print(name, flush=True)
    os._exit(0)

process(endless(), consume, blob_digest="", diff_id="", what="layer", limits=DEFAULT, size=APART)
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    (child,) = done.stdout.split()
    limit = time.monotonic() + 60
    while processes().get(int(child), "Z")[0] != "Z":
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_threads_do_it_where_no_process_can_be_had(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    result, verified = process(
        parts(), b"".join, blob_digest="", diff_id="", what="layer", limits=DEFAULT, size=pipeline.APART
    )
    assert (result, verified.diff_id) == (CONTENT, digest(CONTENT))
    assert not children()


@pytest.mark.skipif(not apart.AVAILABLE, reason="no memfd")
def test_the_process_knows_no_secrets_of_the_function(monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    environment = []

    def consume(chunks):
        environment.append(seen(children()[0], "environ"))
        return b"".join(chunks)

    process(parts(), consume, blob_digest="", diff_id="", what="layer", limits=DEFAULT, size=APART)
    assert b"hunter2" not in environment[0]
