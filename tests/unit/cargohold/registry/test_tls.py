"""TLS is verified: against the system's certificates and those of the document."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.harness.misbehaving import Reply, serving

from cargohold.errors import AddressForbidden, InvalidConfiguration, RegistryUnavailable
from cargohold.registry.client import RegistryClient
from cargohold.registry.document import Registry
from cargohold.registry.http import Patience


def certificate(path: Path, address: str) -> tuple[ssl.SSLContext, str]:
    """Return a server's context with a self-signed certificate for `address`, and the certificate as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, pem.decode()


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
