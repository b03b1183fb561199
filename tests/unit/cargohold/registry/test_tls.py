"""TLS is verified: against the system's certificates and those of the document."""

from pathlib import Path
from typing import Any

import pytest
from tests.harness.certificates import certificate
from tests.harness.misbehaving import Reply, serving

from cargohold.errors import AddressForbidden, InvalidConfiguration, RegistryUnavailable
from cargohold.registry.client import RegistryClient
from cargohold.registry.document import Registry
from cargohold.registry.patience import Patience


def fetch(host: str, **fields: Any) -> bytes:
    registry = Registry(host=host, **({"allow_private": True} | fields))
    with RegistryClient(registry, "team/app", Patience(attempts=2, sleep=lambda _: None)) as client:
        return client.manifest("latest", 100).content


def test_only_a_certificate_that_is_trusted_and_names_the_host_is_accepted(tmp_path: Path) -> None:
    context, pem = certificate(tmp_path / "good.pem", "127.0.0.1")
    other, other_pem = certificate(tmp_path / "other.pem", "127.0.0.2")
    with serving(lambda _: Reply(200, b"{}"), context) as good, serving(lambda _: Reply(200, b"{}"), other) as wrong:
        assert fetch(good.host, ca=pem) == b"{}"
        assert fetch(good.host, ca_file=str(tmp_path / "good.pem")) == b"{}"
        for host, fields in ((good.host, {}), (good.host, {"ca": other_pem}), (wrong.host, {"ca": other_pem})):
            with pytest.raises(RegistryUnavailable, match="certificate"):
                fetch(host, **fields)
        with pytest.raises(AddressForbidden):
            fetch(good.host, ca=pem, allow_private=False)
        assert [len(server.requests) for server in (good, wrong)] == [2, 0]


def test_what_is_no_certificate_is_a_wrong_setting() -> None:
    for fields in ({"ca": "nonsense"}, {"ca_file": "/nonexistent"}):
        with pytest.raises(InvalidConfiguration, match=r"registries\.127\.0\.0\.1:1\.ca"):
            fetch("127.0.0.1:1", **fields)
