"""Fixtures on the disk as layers."""

import os
from pathlib import Path

import pytest

from tests.harness.views import Layer, Link

CATALOGERS = Path(__file__).parents[1] / "unit" / "analyze" / "catalogers"


def tree(name: str) -> dict[bytes, bytes | Link]:
    """Return the files under a cataloger's `NAME/data` as a layer, in order of their paths."""
    root = CATALOGERS / name / "data"
    return {bytes(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def disk(*roots: Path) -> Layer:
    """Return the files and symbolic links under directories of this machine as a layer."""
    layer: dict[bytes, bytes | Link] = {}
    for root in roots:
        for directory, directories, files in os.walk(root):
            for name in [*directories, *files]:
                path = Path(directory, name)
                if path.is_symlink():
                    layer[bytes(path)[1:]] = Link(os.fsencode(path.readlink()))
                elif path.is_file() and os.access(path, os.R_OK):
                    layer[bytes(path)[1:]] = path.read_bytes()
    return layer


def corpus(*parts: str) -> Path:
    """Return a path of the test corpus, or skip when there is none."""
    root = os.environ.get("TEST_CORPUS")
    if not root:
        pytest.skip("TEST_CORPUS names no corpus")
    path = Path(root, *parts)
    if not path.exists():
        pytest.skip(f"the corpus has no {'/'.join(parts)}")
    return path
