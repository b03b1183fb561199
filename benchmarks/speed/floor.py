"""The least that an analysis does: inflate, verify blob and diff ID, hash every file.

`python -m benchmarks.speed.floor LAYOUT` prints how many. The same threads and processes a layer and
the same layers at once as `analyze`, without a record, a cataloger or a document.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from analyze.layer.cursor import BLOCK, Cursor
from analyze.layer.headers import FILE, HeaderReader
from analyze.layer.pipeline import process
from analyze.limits import DEFAULT
from analyze.reading import PARALLEL


def layers(layout: Path) -> list[tuple[str, str]]:
    """Return the digest and the diff ID of each layer of the only image of an OCI layout."""
    index = json.loads((layout / "index.json").read_text())
    manifest = _document(layout, index["manifests"][0]["digest"])
    diff_ids = _document(layout, manifest["config"]["digest"])["rootfs"]["diff_ids"]
    return [(layer["digest"], diff_id) for layer, diff_id in zip(manifest["layers"], diff_ids, strict=True)]


def hash_layer(layout: Path, digest: str, diff_id: str) -> int:
    """Read one layer and return how many files were hashed."""

    def consume(parts: Iterator[bytes]) -> int:
        cursor = Cursor(parts, digest)
        reader = HeaderReader(cursor, digest, DEFAULT)
        files = 0
        while (member := reader.next()) is not None:
            if member.type == FILE:
                state = hashlib.sha256()
                for piece in cursor.pieces(member.data):
                    state.update(piece)
                state.digest()
                files += 1
            else:
                cursor.skip(member.data)
            cursor.skip(-member.data % BLOCK, partial=True)
        cursor.drain()
        return files

    path = layout / "blobs" / digest.replace(":", "/")
    with path.open("rb") as blob:
        parts = iter(lambda: blob.read(1 << 18), b"")
        size = path.stat().st_size
        return process(parts, consume, blob_digest=digest, diff_id=diff_id, what=digest, limits=DEFAULT, size=size)[0]


def _document(layout: Path, digest: str) -> dict:
    return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())


if __name__ == "__main__":
    root = Path(sys.argv[1])
    with ThreadPoolExecutor(PARALLEL) as pool:
        print(sum(pool.map(lambda layer: hash_layer(root, *layer), layers(root))))
