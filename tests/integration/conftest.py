import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import api
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


@pytest.fixture
def client(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[api.Client]:
    """A client of an API over an empty database, with an archive on the disk."""
    more = {"DATABASE_URL": database_url, "ARCHIVE_STORE": (tmp_path / "archive").as_uri()}
    for name, value in (api.ENVIRONMENT | more).items():
        monkeypatch.setenv(name, value)
    with api.client(database_url) as client:
        yield client
