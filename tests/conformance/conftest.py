from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.stores import bucket, s3_of_swift
from tests.harness.swift import Swift

from cargohold.objects.open import open_driver
from cargohold.objects.store import ObjectStore

DRIVERS = ("memory", "file", "postgres", "s3", "swift", "s3 of swift")


@pytest.fixture(params=DRIVERS)
def driver_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL of an empty store of every driver."""
    if request.param == "memory":
        return "memory:"
    if request.param == "file":
        return f"file://{tmp_path}/objects"
    if request.param == "postgres":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("database_url"))
        return "postgres:some/prefix"
    if request.param == "swift":
        swift: Swift = request.getfixturevalue("swift_user")
        return f"swift://{swift.new_container()}/some/prefix"
    if request.param == "s3 of swift":
        return bucket(*s3_of_swift(request.getfixturevalue("swift"), monkeypatch))
    return bucket(request.getfixturevalue("aws"), "")


@pytest.fixture
def driver(driver_url: str) -> Iterator[ObjectStore]:
    """A bare driver on an empty store."""
    return open_driver(driver_url)
