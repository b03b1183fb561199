"""The functions as Lambda runs them: built by `sam build`, invoked in containers of a real Docker engine."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness import docker, lambda_image, registry, sam
from tests.harness.deployment import TOKEN, Deployment, deployed
from tests.harness.postgres import PostgresServer


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


@pytest.fixture(scope="module")
def deployment(
    engine: docker.Engine, built: Path, moto: str, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """The application with an empty database, which the migrate function brings to the schema."""
    directory = tmp_path_factory.mktemp("deployment")
    variables = {"TRANSITION_WATCH_SECONDS": "1"}
    with (
        postgres.new_database(migrated=False) as url,
        deployed(engine, built, moto, url, directory, variables=variables) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def source(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[registry.Registry]:
    """A registry whose notifications the hook believes: the document is a secret, as deployed."""
    with registry.running(tmp_path_factory.mktemp("registry")) as running:
        deployment.tell_registries([running.entry(TOKEN)])
        yield running
