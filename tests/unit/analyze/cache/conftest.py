"""A cache on a directory, and one on a file system that behaves as NFS."""

from pathlib import Path

import pytest
from tests.harness.nfs import Nfs

from analyze.cache import blobs, directory, disk, draft

KEYS = [f"{number:04x}{number:060x}" for number in range(400)]
SAME_SHARD = [f"0000{number:060x}" for number in range(40)]
HEADER = 36  # bytes of a value's file before the value


def files(root: Path) -> list[Path]:
    """All files below `root`, sorted."""
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.fixture
def nfs(monkeypatch: pytest.MonkeyPatch) -> Nfs:
    host = Nfs()
    for module in (blobs, directory, disk, draft):
        monkeypatch.setattr(module, "os", host)
    return host
