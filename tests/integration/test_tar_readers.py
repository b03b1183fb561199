"""No file is hidden: what Go's archive/tar or Python's tarfile finds in a tar is in the record, told of, or refused.

Container runtimes read with the first, and scanners with either.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from tests.harness import raw_tars as tars
from tests.unit.analyze.layer.test_umoci import VARIANTS

from analyze.layer.entries import EntryType
from analyze.layer.names import clean
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.errors import CargoholdError

pytestmark = pytest.mark.trap("A9")

Files = dict[bytes, str]
_PROGRAM = Path(__file__).parents[1] / "harness" / "go" / "list_tar.go"
_BYTES = list(b"\0 0179=\n\x80\xffx+-.5SLgKD")


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[bytes]], list[tuple[Files, str]]]:
    """Files of tars by name and SHA-256 as Go reads them, and the error that ended each."""
    if shutil.which("go") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("go is not installed")
        pytest.skip("go is not installed")
    work = tmp_path_factory.mktemp("go")
    program = work / "list_tar"
    environment = {**os.environ, "GOCACHE": str(work / "cache"), "GO111MODULE": "off", "CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-o", program, _PROGRAM], check=True, env=environment, timeout=300)

    def read(contents: Sequence[bytes]) -> list[tuple[Files, str]]:
        sent = b"".join(len(content).to_bytes(8, "big") + content for content in contents)
        done = subprocess.run([program], input=sent, capture_output=True, check=True, timeout=600)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(found) == len(contents)
        return [({bytes.fromhex(name): digest for name, digest in one["Files"]}, one["Error"]) for one in found]

    return read


def ours(content: bytes) -> tuple[Files, list[str]] | None:
    """Return the files of a record and the reasons of its unknowns; None when the layer is refused."""
    with tempfile.TemporaryDirectory() as directory, Scratch(directory, "t", budget=1 << 20, memory=1 << 20) as scratch:
        try:
            record = walk_layer([content], blob_digest="", diff_id="", catalogers=(), limits=DEFAULT, scratch=scratch)
        except CargoholdError:
            return None
    entries = record.entries
    files = {
        path: entries.digest(number).removeprefix("sha256:")
        for number, path in enumerate(entries.paths)
        if entries.types[number] == EntryType.FILE and number not in entries.bound
    }
    return files, [unknown.reason for unknown in record.unknowns]


def tarfile_files(content: bytes) -> Files:
    """Return what Python's tarfile lists before it stops."""
    files = {}
    try:
        with tarfile.open(
            fileobj=io.BytesIO(content), mode="r:", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            for member in archive:
                if member.isreg() and (stream := archive.extractfile(member)) is not None:
                    name = member.name.encode("utf-8", "surrogateescape")
                    files[name] = hashlib.sha256(stream.read()).hexdigest()
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError):
        pass
    return files


def damaged(number: int) -> bytes:
    """A tar of several dialects with some bytes of its headers changed and their checksums made right."""
    random = Random(number)
    content = bytearray(
        tars.pax([(b"path", b"p" * 20), (b"mtime", b"1.5")])
        + tars.file(b"a", b"1")
        + tars.gnu_long(b"long")
        + tars.file(b"b", b"2")
        + tars.file(b"c", b"3", prefix=b"d")
        + tars.END
    )
    headers = [at for at in range(0, len(content), 512) if content[at + 257 : at + 262] == b"ustar"]
    for _ in range(random.randint(1, 3)):
        content[random.choice(headers) + random.randrange(512)] = random.choice(_BYTES)
    for at in headers:
        content[at + 148 : at + 156] = b" " * 8
        content[at + 148 : at + 156] = b"%06o\0 " % sum(content[at : at + 512])
    return bytes(content)


def _cleaned(files: Files) -> Files:
    return {path: digest for name, digest in files.items() if (path := clean(name)[0])}


def _hidden(theirs: Files, mine: tuple[Files, list[str]] | None) -> dict[bytes, str]:
    """Return files that another reader finds, and that are neither in the record nor told of."""
    if mine is None or mine[1]:
        return {}
    return {
        path: digest
        for path, digest in _cleaned(theirs).items()
        if mine[0].get(path) != digest and not path.rpartition(b"/")[2].startswith(b".wh.")
    }


@pytest.mark.parametrize("count", [1_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_nothing_that_go_reads_is_hidden_and_nothing_more_is_found(
    go: Callable[[Sequence[bytes]], list[tuple[Files, str]]], count: int
) -> None:
    contents = [*VARIANTS.values(), *(content + tars.END for content in VARIANTS.values())]
    contents += [damaged(number) for number in range(count)]
    compared = 0
    for content, (theirs, error) in zip(contents, go(contents), strict=True):
        mine = ours(content)
        assert mine is None or not error, (content, error)
        assert not _hidden(theirs, mine), (content, mine)
        if mine is not None and not mine[1]:
            assert mine[0] == {p: d for p, d in _cleaned(theirs).items() if p in mine[0]}, content
            compared += 1
    assert compared > count // 10


def test_no_content_that_tarfile_reads_is_hidden() -> None:
    # Names are Go's: tarfile prefers a PAX path to a GNU one, and takes prefixes from dialects that have none.
    compared = 0
    for content in (*VARIANTS.values(), *(damaged(number) for number in range(1_000))):
        mine = ours(content)
        if mine is not None and not mine[1]:
            assert set(tarfile_files(content).values()) <= set(mine[0].values()), content
            compared += 1
    assert compared > 100
