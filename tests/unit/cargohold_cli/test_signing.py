"""Requests are signed as API Gateway verifies them."""

import re

import pytest

from cargohold.errors import InvalidConfiguration
from cargohold_cli import signing

URL = "https://a1b2c3.execute-api.eu-west-3.amazonaws.com/v1/images?tag=a%20b&limit=1"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    signing._session.cache_clear()


def test_for_the_region_and_service_of_the_address() -> None:
    headers = signing.signed("GET", URL, {"Range": "bytes=0-9"})

    assert headers["Range"] == "bytes=0-9"
    assert headers["X-Amz-Security-Token"] == "session"
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-west-3/execute-api/aws4_request, "
        r"SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}",
        headers["Authorization"],
    )


def test_for_the_region_that_is_set_where_the_address_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidConfiguration, match="AWS_REGION"):
        signing.signed("GET", "https://cargohold.example.com/v1/images", {})
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    signing._session.cache_clear()
    headers = signing.signed("GET", "https://cargohold.example.com/v1/images", {})
    assert "/us-east-2/execute-api/" in headers["Authorization"]


def test_not_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    signing._session.cache_clear()
    with pytest.raises(InvalidConfiguration, match="credentials"):
        signing.signed("GET", URL, {})
