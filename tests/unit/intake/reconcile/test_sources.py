"""ECR as reconcile sees it, by its own API (moto)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cargohold.errors import RateLimited, RegistryUnavailable, Unauthorized
from cargohold.registry import ecr
from cargohold.registry.document import Registry, parse_registries
from intake.reconcile.handler import configured
from intake.reconcile.sources import EcrSource, OciSource, open_source

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
CONFIG = "sha256:" + "1" * 64


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("ecr", region_name="eu-west-1")


def manifest(number: int) -> str:
    content = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": number, "digest": CONFIG},
        "layers": [],
    }
    return json.dumps(content)


def test_ecr_tells_tags_digests_and_times_at_once(aws: Any) -> None:
    aws.create_repository(repositoryName="team/app")
    first = aws.put_image(repositoryName="team/app", imageManifest=manifest(1), imageTag="1")["image"]["imageId"]
    aws.put_image(repositoryName="team/app", imageManifest=manifest(2), imageTag="2")
    with open_source(Registry(host=ECR)) as source:
        assert isinstance(source, EcrSource)
        assert source.repositories() == ["team/app"]
        assert sorted(source.tags("team/app")) == ["1", "2"]
        digest = first["imageDigest"]
        unknown = "sha256:" + "0" * 64
        found = source.digests("team/app", ["1", "3", digest, unknown])
        assert found == {"1": digest, "3": None, digest: digest, unknown: None}
        assert source.pushed_at(digest) is not None
        assert source.pushed_at(unknown) is None
        assert source.children("team/app", digest) == []
        assert source.tags("none") == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDeniedException", Unauthorized),
        ("ThrottlingException", RateLimited),
        ("ServerException", RegistryUnavailable),
    ],
)
def test_what_ecr_answers_has_the_words_of_every_registry(
    aws: Any, monkeypatch: pytest.MonkeyPatch, code: str, expected: type[Exception]
) -> None:
    from botocore.exceptions import ClientError

    def refuse(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeRepositories")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    with pytest.raises(expected):
        ecr.repositories(ECR)


def test_other_registries_speak_the_protocol() -> None:
    with open_source(Registry(host="registry.example.com")) as source:
        assert isinstance(source, OciSource)
        assert source.pushed_at(CONFIG) is None


def test_the_registries_that_can_be_compared_have_a_host_of_their_own() -> None:
    document = "registries: [{host: A.example.com}, {host: '*.example.com', reconcile: {every_days: 7}}]"
    found = [registry.host for registry in configured(parse_registries(document), ECR)]
    assert found == ["a.example.com", ECR]
    assert [registry.host for registry in configured(parse_registries(""))] == []
    (own,) = configured(parse_registries(f"registries: [{{host: {ECR}, reconcile: {{every_days: 0}}}}]"), ECR)
    assert not own.reconcile.is_due(0)
