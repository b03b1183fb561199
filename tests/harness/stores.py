"""Empty stores on running services."""

from uuid import uuid4

import boto3
import pytest

from tests.harness.swift import KEY, USER, Swift


def s3_of_swift(swift: Swift, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Sign in to the S3 API of a Swift; return its address, and the options of a store there."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the credentials of other tests
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", USER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return swift.proxy, f"?endpoint={swift.proxy}"


def bucket(address: str, options: str) -> str:
    bucket = f"b-{uuid4()}"
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return f"s3://{bucket}/some/prefix{options}"
