from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from cargohold.objects.open import open_driver
from cargohold.objects.store import ObjectStore

DRIVERS = ("memory", "file", "postgres", "s3")


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
    address = request.getfixturevalue("aws")
    bucket = f"b-{uuid4()}"
    boto3.client("s3", endpoint_url=address).create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return f"s3://{bucket}/some/prefix"


@pytest.fixture
def driver(driver_url: str) -> Iterator[ObjectStore]:
    """A bare driver on an empty store."""
    return open_driver(driver_url)
