"""Which host serves a registry."""

import pytest

from cargohold.registry.client import serving_host

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.trap("B14")
def test_ecr_is_reached_over_ipv6_where_the_sdk_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_USE_DUALSTACK_ENDPOINT", raising=False)
    assert serving_host(ECR) == ECR
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    assert serving_host(ECR) == "123456789012.dkr-ecr.eu-west-1.on.aws"
    assert serving_host("registry.example.com") == "registry.example.com"


def test_docker_hub_has_a_host_of_its_own() -> None:
    assert serving_host("docker.io") == "registry-1.docker.io"
