"""IAM authentication: a token as the password, over TLS whose certificate and name are verified."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.postgres import serve_tls

from cargohold.database import connection as connecting
from cargohold.database.connection import Database, Timeouts, connect
from cargohold.errors import DatabaseUnavailable
from cargohold.settings import DatabaseSettings
from cargohold_cli.postgres import LocalPostgres

# An address of this process alone: the port is the one that the server's socket is named after.
ADDRESS = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
USER = "cargohold_persist"


def openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def make_certificates(directory: Path) -> None:
    """Make an authority, a certificate of it for db.example, and an authority that is a stranger."""
    key = ("-newkey", "rsa:2048", "-nodes")
    for name in ("authority", "stranger"):
        openssl(directory, "req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip
    openssl(directory, "req", *key, "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr")
    (directory / "names").write_text("subjectAltName=DNS:db.example\n")
    openssl(directory, "x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")  # fmt: skip


@pytest.fixture
def tls(short_directory: Path) -> Iterator[Path]:
    """A server that takes passwords over TLS alone, as RDS does; yields where the certificates are."""
    directory = short_directory / "tls"
    directory.mkdir()
    make_certificates(directory)
    server = LocalPostgres(
        short_directory / "home", shared=short_directory / "shared", settings={"listen_addresses": ADDRESS}
    )
    owner = connect(DatabaseSettings(database_url=server.start()), application_name="owner")
    owner.autocommit = True
    try:
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {USER} LOGIN PASSWORD 'a-token'")
            serve_tls(
                cursor, directory / "server.pem", directory / "server.key", "hostssl all all 127.0.0.0/8 password"
            )
        yield directory
    finally:
        owner.close()
        server.stop()


def settings(tls: Path, authority: str = "authority", host: str = "db.example", **fields: str) -> DatabaseSettings:
    url = f"postgresql://{USER}@{host}/postgres?hostaddr={ADDRESS}&sslmode=disable&sslrootcert={tls}/{authority}.pem"
    return DatabaseSettings.model_validate({"database_url": url, "database_auth": "iam"} | fields)


def test_a_token_goes_over_verified_tls_and_over_nothing_else(tls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = "a-token"
    monkeypatch.setattr(connecting, "_token", lambda _: token)  # the real one is of RDS's making to accept
    timeouts = Timeouts(connect=60)
    database = Database(settings(tls), timeouts=timeouts)
    with database.transaction() as cursor:
        cursor.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        encrypted, version = cursor.fetchone()
        assert encrypted
        assert version in ("TLSv1.2", "TLSv1.3")
    database.close()
    for wrong, reason in (
        (settings(tls, authority="stranger"), "certificate verify failed"),
        (settings(tls, authority="missing"), "does not exist"),
        (settings(tls, host="elsewhere.example"), "does not match host name"),
        (settings(tls, database_auth="password"), "no pg_hba.conf entry"),
    ):
        with pytest.raises(DatabaseUnavailable, match=reason):
            connect(wrong, application_name="test", timeouts=timeouts)
    # A token is made at every connect: that of before may have expired.
    token = "expired"
    with pytest.raises(DatabaseUnavailable, match="password authentication failed") as caught:
        connect(settings(tls), application_name="test", timeouts=timeouts)
    assert "expired" not in str(caught.value)
