"""The functions as Lambda runs them: built by `sam build`, invoked in containers of a real Docker engine."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness import docker, lambda_image, sam


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.Engine]:
    """A Docker engine that has the image of Lambda's Python."""
    # Short, because the path of a Unix socket is.
    directory = Path(tempfile.mkdtemp(prefix="ch-docker-", dir="/tmp"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        try:
            engine = stack.enter_context(docker.engine(directory))
            lambda_image.ensure(engine)
        except docker.DockerUnavailable as error:
            missing(str(error))
        yield engine


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with all functions and layers, built for this machine."""
    if not sam.SAM_PYTHON.exists():
        missing("aws-sam-cli is not installed under .sam (make .sam/.ready)")
    return sam.build(tmp_path_factory.mktemp("sam") / "build").parent


@pytest.fixture(scope="session")
def functions(engine: docker.Engine, built: Path, tmp_path_factory: pytest.TempPathFactory) -> sam.Local:
    """All functions, ready to be invoked."""
    return sam.Local(engine, built / "template.yaml", tmp_path_factory.mktemp("scratch"))
