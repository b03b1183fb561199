import socket
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import boto3
import pytest
from botocore.stub import Stubber

from cargohold.errors import (
    InvalidConfiguration,
    ObjectCold,
    ObjectCorrupt,
    ObjectExists,
    ObjectNotFound,
    StoreForbidden,
    StoreUnavailable,
)
from cargohold.objects.drivers.s3 import PART, S3Options, S3Store
from cargohold.objects.store import Warmth


@pytest.fixture
def bucket(aws):
    client = boto3.client("s3")
    name = f"b-{uuid4()}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return SimpleNamespace(client=client, name=name)


@pytest.fixture
def store(bucket):
    return S3Store(bucket.name, "p")


def read(store, key="k"):
    with store.get(key) as reader:
        return b"".join(reader)


def test_options_reach_the_store(bucket, aws):
    options = S3Options(sse="aws:kms", kms_key_id="key", storage_class="STANDARD_IA", endpoint=aws, region="eu-west-1")
    store = S3Store(bucket.name, "", options)
    for key, size in (("small", 10), ("large", PART + 1)):
        store.put(key, [bytes(size)])
        head = bucket.client.head_object(Bucket=bucket.name, Key=key)
        assert (head["ServerSideEncryption"], head["StorageClass"]) == ("aws:kms", "STANDARD_IA")
        assert head["SSEKMSKeyId"].endswith("key")
        assert read(store, key) == bytes(size)


def test_a_small_object_is_plain(bucket, store):
    store.put("k", [b"plain"])
    assert bucket.client.get_object(Bucket=bucket.name, Key="p/k")["Body"].read() == b"plain"


@pytest.mark.parametrize("size", [10, 2 * PART + 5])
def test_damage_is_noticed(bucket, store, size):
    store.put("k", [bytes(size)])
    whole = bucket.client.get_object(Bucket=bucket.name, Key="p/k")
    metadata, content = whole["Metadata"], whole["Body"].read()
    for wrong in (b"\x01" + content[1:], content[:-1], content + b"x", content[: size // 2], b""):
        bucket.client.put_object(Bucket=bucket.name, Key="p/k", Body=wrong, Metadata=metadata)
        with pytest.raises(ObjectCorrupt):
            read(store)
    bucket.client.put_object(Bucket=bucket.name, Key="p/k", Body=content)
    with pytest.raises(ObjectCorrupt, match="metadata"):
        read(store)


def test_an_upload_in_parts_that_breaks_off_is_aborted(bucket, store):
    def broken():
        yield bytes(3 * PART)
        raise OSError("the registry closed the connection")

    with pytest.raises(OSError, match="registry"):
        store.put("k", broken())
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=bucket.name)


def test_uploads_that_were_killed_are_swept(bucket, store):
    for key in ("p/k", "other/k"):
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)
    # moto's uploads all began in 2010.
    assert store.sweep(timedelta(days=36500)) == 0
    assert store.sweep(timedelta(hours=1)) == 1
    (left,) = bucket.client.list_multipart_uploads(Bucket=bucket.name)["Uploads"]
    assert left["Key"] == "other/k"


def test_a_cold_object_is_warmed(bucket, store):
    for key, storage_class in (("warm", "STANDARD"), ("cold", "DEEP_ARCHIVE"), ("cool", "GLACIER_IR")):
        S3Store(bucket.name, "p", S3Options(storage_class=storage_class)).put(key, [b"x"])
    assert read(store, "cool") == b"x"
    with pytest.raises(ObjectCold):
        read(store, "cold")
    assert store.warm(["warm", "cool"]) is Warmth.READABLE
    # moto restores at once, at the second look.
    assert store.warm(["cold", "warm"]) is Warmth.WARMING
    assert store.warm(["cold", "warm"]) is Warmth.READABLE
    assert read(store, "cold") == b"x"


def test_while_a_restore_is_under_way_an_object_is_warming(store):
    with Stubber(store._client) as stubber:
        head = {"Metadata": {}, "ContentLength": 1, "StorageClass": "GLACIER"}
        stubber.add_response("head_object", head | {"Restore": 'ongoing-request="true"'})
        assert store.warm(["k"]) is Warmth.WARMING
        stubber.add_response("head_object", head)
        stubber.add_client_error("restore_object", "RestoreAlreadyInProgress", http_status_code=409)
        assert store.warm(["k"]) is Warmth.WARMING
        stubber.add_response("head_object", {"Metadata": {}, "ContentLength": 1, "ArchiveStatus": "ARCHIVE_ACCESS"})
        stubber.add_response(
            "restore_object",
            {},
            {
                "Bucket": store._bucket,
                "Key": "p/k",
                "RestoreRequest": {"GlacierJobParameters": {"Tier": "Standard"}},
            },
        )
        assert store.warm(["k"]) is Warmth.WARMING


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("NoSuchKey", 404, ObjectNotFound),
        ("404", 404, ObjectNotFound),
        ("NoSuchBucket", 404, InvalidConfiguration),
        ("PermanentRedirect", 301, InvalidConfiguration),
        ("AccessDenied", 403, StoreForbidden),
        ("403", 403, StoreForbidden),
        ("InvalidObjectState", 403, ObjectCold),
        ("ExpiredToken", 403, StoreUnavailable),
        ("PreconditionFailed", 412, ObjectExists),
        ("ConditionalRequestConflict", 409, StoreUnavailable),
        ("SlowDown", 503, StoreUnavailable),
        ("InternalError", 500, StoreUnavailable),
    ],
)
def test_answers_of_the_store_are_told_apart(store, code, status, expected):
    # moto gives few of these; the client is real.
    with Stubber(store._client) as stubber:
        stubber.add_client_error("get_object", code, http_status_code=status)
        with pytest.raises(expected):
            read(store)


def test_a_missing_bucket_and_a_missing_server(aws):
    with pytest.raises(InvalidConfiguration, match="NoSuchBucket"):
        S3Store(f"b-{uuid4()}").put("k", [b"x"])
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    store = S3Store("bucket", "", S3Options(endpoint=f"http://127.0.0.1:{port}", region="eu-west-1"))
    with pytest.raises(StoreUnavailable):
        store.head("k")


def test_an_object_longer_than_its_parts_allow_gets_longer_parts(store, monkeypatch):
    monkeypatch.setattr("cargohold.objects.drivers.s3.PART", 1000)
    hashed = SimpleNamespace(size=0, sha256="00" * 32)
    sizes = [len(part) for part in store._with_trailer([bytes(1000)] * 20_000, hashed)]
    assert (sizes[0], sizes[1500], sizes[2500]) == (1000, 2000, 4000)
    assert len(sizes) < 10_000


def test_a_body_that_ends_early_is_transient(store):
    class Short:
        def read(self, size):
            from botocore.exceptions import IncompleteReadError

            raise IncompleteReadError(actual_bytes=1, expected_bytes=2)

        def __enter__(self):
            return self

        def __exit__(self, *arguments):
            return None

    with Stubber(store._client) as stubber:
        stubber.add_response(
            "get_object", {"Body": Short(), "ContentLength": 2, "Metadata": {"cargohold-sha256": "00" * 32}}
        )
        with pytest.raises(StoreUnavailable):
            read(store)
