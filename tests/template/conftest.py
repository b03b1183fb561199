"""The template after the SAM transform, under every combination of parameters that changes its shape."""

from typing import Any

import pytest
from tests.conftest import missing
from tests.harness import sam
from tests.harness.template import Stack

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registries-AbCdEf"
SWIFT = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:swift-AbCdEf"
NETWORK = {
    "Egress": "existing",
    "ExistingVpc": "vpc-0123456789abcdef0",
    "ExistingSubnetA": "subnet-0123456789abcdef0",
    "ExistingSubnetB": "subnet-0123456789abcdef1",
}
ELSEWHERE = {
    "ExistingArchiveBucket": "bundles",
    "ExistingArchiveRegion": "us-west-2",
    "ExistingArchiveEndpoint": "https://bucket.vpce-0123.s3.us-west-2.vpce.amazonaws.com",
    "ExistingArchiveKey": "arn:aws:kms:us-west-2:210987654321:key/0b5e9b5c-0000-4000-8000-000000000000",
}

SHAPES: dict[str, dict[str, Any]] = {
    "default": {},
    "no cache": {"LayerCache": "disabled"},
    "registries": {"RegistriesSecret": SECRET},
    "endpoints": {"Egress": "endpoints"},
    "endpoints, registries": {"Egress": "endpoints", "RegistriesSecret": SECRET},
    "endpoints, no cache": {"Egress": "endpoints", "LayerCache": "disabled"},
    "nat": {"Egress": "nat"},
    "objects in postgres": {"ObjectStore": "postgres:"},
    "objects in swift": {"ObjectStore": "swift://documents/team", "SwiftSecret": SWIFT},
    "objects move from s3 to swift": {"ObjectStore": "swift://d", "FormerObjectStore": "s3", "SwiftSecret": SWIFT},
    "objects move from postgres": {"FormerObjectStore": "postgres:"},
    "existing database": {"ExistingDatabaseSecret": "team/postgres"},
    "existing database, no cache": {"ExistingDatabaseSecret": "team/postgres", "LayerCache": "disabled"},
    "existing database, objects in it": {"ExistingDatabaseSecret": "team/postgres", "ObjectStore": "postgres:"},
    "archive in swift": {"ArchiveStore": "swift://bundles", "SwiftSecret": SWIFT},
    "archive moves to swift": {"ArchiveStore": "swift://b", "FormerArchiveStore": "s3", "SwiftSecret": SWIFT},
    "archive in an existing bucket": {"ExistingArchiveBucket": "bundles-of-another-account"},
    "archive moves to another region": {**ELSEWHERE, "FormerArchiveStore": "s3"},
    "existing network": {**NETWORK},
    "existing network, no cache": {**NETWORK, "LayerCache": "disabled"},
    "existing network and database": {**NETWORK, "ExistingDatabaseSecret": "team/postgres", "LayerCache": "disabled"},
    "always on, x86": {"DatabaseMinCapacity": 0.5, "Architecture": "x86_64"},
}


@pytest.fixture(scope="session")
def transformed() -> dict[str, Any]:
    """The template as CloudFormation gets it."""
    if not sam.SAM_PYTHON.exists():
        missing("aws-sam-cli is not installed under .sam (make .sam/.ready)")
    return sam.transformed(sam.ROOT / "template.yaml")


@pytest.fixture(params=SHAPES.values(), ids=SHAPES.keys())
def stack(request: pytest.FixtureRequest, transformed: dict[str, Any]) -> Stack:
    """The stack in one of its shapes."""
    return Stack(transformed, request.param)


@pytest.fixture
def default_stack(transformed: dict[str, Any]) -> Stack:
    """The stack that someone gets who changes nothing."""
    return Stack(transformed)
