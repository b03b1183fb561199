"""Fixtures that every test may use. A missing service skips with its reason, and fails under CI=true."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from cargohold.database.connection import Database
from cargohold.errors import LocalPostgresFailed
from cargohold.settings import DatabaseSettings
from tests.harness.moto import MotoMissing, moto_server
from tests.harness.postgres import PostgresServer, postgres_server
from tests.harness.swift import Swift, SwiftMissing
from tests.harness.swift import running as swift_node

# By the clock, a machine that does other things fails any example. What has to be quick is measured by its test.
settings.register_profile(
    "cargohold",
    parent=settings(),  # what CI sets, where it is
    deadline=None,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("cargohold")


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a service; fail under CI=true, where all services must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their length: compressed ones hold the time, and workers must agree on the names of tests."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) and len(val) > 16 else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One Postgres server a session, and a worker of pytest-xdist has its own session."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server())
        except LocalPostgresFailed as error:
            missing(str(error))
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a fresh, migrated database; the user is a superuser."""
    with postgres.new_database() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A `Database` on a fresh, migrated database."""
    database = Database(DatabaseSettings(database_url=database_url), application_name="test")
    yield database
    database.close()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a server that speaks AWS's protocols, one a session."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(moto_server())
        except MotoMissing as error:
            missing(str(error))
        yield address


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of a function whose AWS is `moto`; returns the address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    return moto


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    """One node of OpenStack Swift a session."""
    with ExitStack() as stack:
        try:
            node = stack.enter_context(swift_node(tmp_path_factory.mktemp("swift")))
        except SwiftMissing as error:
            missing(str(error))
        yield node


@pytest.fixture
def swift_user(swift: Swift, monkeypatch: pytest.MonkeyPatch) -> Swift:
    """The environment of a user of `swift`, which is returned."""
    for name, value in swift.environment.items():
        monkeypatch.setenv(name, value)
    return swift
