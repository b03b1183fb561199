import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """A directory whose path is short enough for sockets, and that every user can pass through."""
    directory = Path(tempfile.mkdtemp(prefix="ch-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)
