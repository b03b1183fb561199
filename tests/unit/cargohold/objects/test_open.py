import subprocess
import sys

import pytest

from cargohold.errors import InvalidConfiguration
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.drivers.postgres import PostgresStore
from cargohold.objects.drivers.s3 import S3Store
from cargohold.objects.drivers.swift.store import SwiftStore
from cargohold.objects.open import open_driver, open_store


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("memory:", MemoryStore),
        ("file://{tmp}/a%20b", FileStore),
        ("file:{tmp}/plain", FileStore),
        ("postgres:", PostgresStore),
        ("postgres:some/prefix", PostgresStore),
        ("s3://bucket", S3Store),
        ("s3://bucket/some/prefix/?sse=aws:kms&kms_key_id=k&storage_class=STANDARD_IA&region=eu-west-1", S3Store),
        ("s3://bucket/?endpoint=http://127.0.0.1:9000&region=eu-west-1", S3Store),
        ("swift://container/some/prefix", SwiftStore),
        ("swift://container?segments=elsewhere", SwiftStore),
    ],
)
def test_urls(url, driver, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "host=/nonexistent")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("ST_AUTH", "ST_USER", "ST_KEY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert isinstance(open_driver(url.format(tmp=tmp_path)), driver)


@pytest.mark.parametrize(
    "url",
    [
        "", "bucket", "ftp://x", "memory:x", "file://host/path", "file:relative", "file:///a?b=c",
        "s3:///prefix", "s3://bucket/a//b", "s3://bucket?sse=x&typo=1", "postgres:a b", "postgres:../x",
        "swift:///prefix", "swift://container?key=x", "swift://container", f"swift://c/{'p' * 401}",
    ],
)  # fmt: skip
def test_urls_that_are_wrong(url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "host=/nonexistent")
    with pytest.raises(InvalidConfiguration):
        open_driver(url)


def test_postgres_needs_a_database(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(InvalidConfiguration, match="DATABASE_URL"):
        open_driver("postgres:")


def test_what_is_opened_is_compressed(tmp_path):
    store = open_store(f"file://{tmp_path}")
    store.put("k", [b"x" * 100_000])
    assert (tmp_path / "k~").stat().st_size < 1000
    assert store.head("k").size == 100_000


@pytest.mark.trap("B21")
def test_what_a_function_does_not_use_is_not_imported():
    script = """
import sys
import cargohold.objects.open, cargohold.messaging.open
from cargohold.settings import MessagingSettings
cargohold.objects.open.open_store("memory:")
cargohold.messaging.open.open_messenger(MessagingSettings())
print(sorted({"boto3", "botocore", "psycopg2", "swiftclient", "requests"} & sys.modules.keys()))
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
