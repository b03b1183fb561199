"""The Postgres that the benchmark measures: reached as functions reach Aurora, by TCP and TLS."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from tests.harness.postgres import serve_tls

from cargohold_cli.postgres import SUPERUSER, LocalPostgres

# Of an Aurora with 4 units: half of 8 GB would be its cache.
_SETTINGS = {
    "shared_buffers": "2GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
}
# An address of this process alone: the port is the one that the server's socket is named after.
_HOST = f"127.78.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"


@contextmanager
def server() -> Iterator[str]:
    """Yield the URL of a new server; it is removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="ch-bench-", dir="/tmp"))
    directory.chmod(0o755)
    settings = _SETTINGS | {"listen_addresses": _HOST}
    local = LocalPostgres(directory / "home", shared=directory / "shared", settings=settings)
    try:
        yield _with_tls(local.start(), directory)
    finally:
        local.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _with_tls(url: str, directory: Path) -> str:
    """Have the server take a password over TLS, and return the URL for that."""
    password = secrets.token_hex(16)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        key, certificate = directory / "server.key", directory / "server.pem"
        made = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=benchmark")
        subprocess.run(
            ["openssl", "req", "-x509", *made, "-keyout", key, "-out", certificate], check=True, capture_output=True
        )
        cursor.execute(f"ALTER ROLE {SUPERUSER} PASSWORD %s", (password,))
        serve_tls(cursor, certificate, key, "hostssl all all 127.0.0.0/8 scram-sha-256")
    return f"postgresql://{SUPERUSER}:{password}@{_HOST}/postgres?sslmode=require"
