import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import registry as registries


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """A directory whose path is short enough for sockets, and that every user can pass through."""
    directory = Path(tempfile.mkdtemp(prefix="ch-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[registries.Registry]:
    """A registry that anybody may push to, which keeps the notifications that it sends."""
    directory = tmp_path / "registry"
    directory.mkdir()
    with registries.running(directory) as running:
        yield running
