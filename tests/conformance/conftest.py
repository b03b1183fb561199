from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from tests.harness.swift import KEY, USER, Swift

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
        return _bucket(*_s3_of_swift(request.getfixturevalue("swift"), monkeypatch))
    return _bucket(request.getfixturevalue("aws"), "")


def _s3_of_swift(swift: Swift, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the credentials of other tests
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", USER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return swift.proxy, f"?endpoint={swift.proxy}"


def _bucket(address: str, options: str) -> str:
    bucket = f"b-{uuid4()}"
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return f"s3://{bucket}/some/prefix{options}"


@pytest.fixture
def driver(driver_url: str) -> Iterator[ObjectStore]:
    """A bare driver on an empty store."""
    return open_driver(driver_url)
