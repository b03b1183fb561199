"""Invocations that are killed: analyses of one slow image, each in a process of its own: DIRECTORY DELAY...

Each delay is when an invocation is killed, in seconds. The last one ends by itself. In the file `answer`, as JSON: the
digests of its documents, what scratch held at most and in the end, and which layers were opened.
"""

import hashlib
import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from analyze.cache.blobs import BlobCache
from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Facts, LayerFile, Patterns
from analyze.limits import DEFAULT
from analyze.options import Options
from analyze.pipeline import Resources, analyze_image
from analyze.publish import publish
from analyze.transports import open_transport
from analyze.transports.contract import SourceImage
from cargohold.identifiers import uuid7
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.registry.configuration import load_registries
from cargohold.registry.reference import parse_reference
from tests.harness.fake_cataloger import FakeCataloger
from tests.harness.layouts import Layout, tar_of

LAYERS, SPILLED = 8, 40_000
BUDGET = 2 * SPILLED
PAUSE = 0.1


def make(root: Path) -> None:
    """Write the image: every layer has two files that go to scratch."""
    layout = Layout(root / "image")
    tars = [
        tar_of({f"{layer}/{name}.db": hashlib.shake_128(b"%d" % layer).digest(SPILLED) for name in "ab"})
        for layer in range(LAYERS)
    ]
    layout.name(layout.image(tars), "latest")


def look(file: LayerFile) -> Facts:
    """Read a file from scratch, slowly."""
    with file.open() as stream:
        time.sleep(PAUSE)
        digest = hashlib.sha256(stream.read()).hexdigest()
    return Facts(identity=[{"name": file.path.decode(), "version": digest}])


class Logged:
    """A transport that writes down which layers were opened."""

    remote = True

    def __init__(self, inner: Any, log: Path) -> None:
        self.inner, self.log = inner, log

    @contextmanager
    def open_layer(self, image: SourceImage, layer: Any) -> Iterator[Iterator[bytes]]:
        with self.log.open("a") as log:
            log.write(f"{layer.digest}\n")
        with self.inner.open_layer(image, layer) as parts:
            yield parts


def invoke(root: Path, number: int) -> dict[str, str]:
    """Analyze the image and return the digests of its documents."""
    directory = CacheDirectory(root / "cache", quota=64 << 20, blob_quota=32 << 20)
    resources = Resources(
        records=RecordCache(DiskCache(directory), DEFAULT),
        blobs=BlobCache(directory),
        scratch_root=root / "scratch",
        scratch_bytes=BUDGET,
        limits=replace(DEFAULT, evidence_memory=0),
        options=Options(secrets=False),
        catalogers=(FakeCataloger(wants=Patterns(extensions=frozenset({b"db"}), keep=False), reads=look),),
    )
    reference = parse_reference(f"oci:{root / 'image'}:latest")
    inner = open_transport(reference, registries=load_registries(""), limits=DEFAULT)
    (image,) = inner.images()
    assert isinstance(image, SourceImage)
    transport: Any = Logged(inner, root / "opened")
    deadline = time.monotonic() + 3600
    analyzed = analyze_image(image, transport, resources, request_id=f"request-{number}", deadline=deadline)
    keys = publish(MemoryStore(), analyzed, uuid7())
    return {key.document: key.sha256 for key in keys}


def held(directory: Path) -> int:
    """Return the bytes below a directory while others change it."""
    total = 0
    for parent, _, names in os.walk(directory):  # passes over what is gone, which `rglob` does not
        for name in names:
            try:
                total += 0 if name.startswith(".") else os.stat(f"{parent}/{name}").st_size  # noqa: PTH116
            except OSError:
                continue
    return total


def main(directory: str, *delays: str) -> None:
    """Run and kill, then run to the end."""
    root, most, killed = Path(directory), 0, 0
    make(root)
    for number, delay in enumerate([*map(float, delays), math.inf]):
        process = os.fork()
        if not process:
            (root / "result").write_text(json.dumps(invoke(root, number)))
            os._exit(0)
        end = time.monotonic() + delay
        while time.monotonic() < end:
            most = max(most, held(root / "scratch"))
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                assert status == 0
                break
            time.sleep(0.002)
        else:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            killed += 1
    left = [str(path.relative_to(root)) for path in (root / "scratch").rglob("*")]
    result = json.loads((root / "result").read_text())
    opened = (root / "opened").read_text().split()
    (root / "answer").write_text(
        json.dumps({"result": result, "most": most, "killed": killed, "left": left, "opened": opened})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
