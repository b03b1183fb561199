"""What the network and the services do to the drivers that go over it: every error names store and object."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from tests.harness.faulty_http import Fault, Faulty, between

from cargohold.errors import CargoholdError, ObjectCorrupt, ObjectNotFound, StoreForbidden, StoreUnavailable
from cargohold.objects.drivers import s3
from cargohold.objects.drivers.swift import version_one
from cargohold.objects.open import open_driver
from cargohold.objects.store import CHUNK, ObjectStore
from cargohold.objects.wrappers.retried import RetriedStore

LARGE = 2 * s3.PART + 12345
KEY = "analyses/x/document"
EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


@dataclass
class Place:
    """A store behind a proxy, with an object of each size in it."""

    store: ObjectStore
    network: Faulty
    contents: dict[str, bytes]
    url: str


@pytest.fixture(params=["s3", "swift"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    upstream = request.getfixturevalue("aws") if request.param == "s3" else request.getfixturevalue("swift_user").proxy
    with between(upstream) as network:
        if request.param == "s3":
            monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
            bucket = f"faults-{os.urandom(4).hex()}"
            location = {"LocationConstraint": "eu-west-1"}
            boto3.client("s3", endpoint_url=upstream).create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
            network.expired = (400, EXPIRED)
            place = f"s3://{bucket}/p?endpoint={network.address}"
        else:
            swift = request.getfixturevalue("swift_user")
            monkeypatch.setenv("OS_STORAGE_URL", swift.sign_in()[0].replace(upstream, network.address))
            place = f"swift://{swift.new_container()}/p"
        store = open_driver(place)
        contents = {f"{KEY}/{size}": os.urandom(size) for size in (1000, 3 * CHUNK, LARGE)}
        for key, content in contents.items():
            store.put(key, [content])
        yield Place(store, network, contents, place)


def read(store: ObjectStore, key: str) -> bytes:
    with store.get(key) as reader:
        return reader.read()


def named(error: CargoholdError, place: Place, key: str) -> None:
    assert place.store.name in error.message
    assert key in error.message
    for secret in ("testing", "AUTH_tk"):
        assert secret not in error.message


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.BUSY, Fault.SLOW, Fault.RESET], ids=lambda fault: fault.value)
def test_a_service_that_fails_is_tried_again_later(place, fault, monkeypatch):
    key = f"{KEY}/{3 * CHUNK}"
    patient = place.store
    if fault is Fault.SLOW:  # only here: a busy machine is as slow as that by itself
        monkeypatch.setattr(s3, "READ_TIMEOUT", 0.5)
        monkeypatch.setattr(version_one, "TIMEOUT", (5, 0.5))
        place.store = open_driver(place.url)
    place.network.slowness = 1.0
    place.network.always(fault)
    calls = [
        lambda: read(place.store, key),
        lambda: place.store.head(key),
        lambda: place.store.tail(key, 5),
        lambda: place.store.put(key, [b"x"]),
        lambda: place.store.delete(key),
        lambda: list(place.store.list(key)),
    ]
    for call in calls if fault is not Fault.SLOW else calls[:2]:
        with pytest.raises(StoreUnavailable) as raised:
            call()
        named(raised.value, place, key)
        assert not raised.value.permanent
    place.network.always(Fault.NONE)
    assert read(patient, key) == place.contents[key]


def test_a_large_upload_that_fails_leaves_what_was_there(place):
    key = f"{KEY}/{LARGE}"
    for methods in (("PUT",), ("POST",)):
        place.network.always(Fault.ERROR, *methods)
        with pytest.raises(StoreUnavailable) as raised:
            place.store.put(key, [bytes(LARGE)])
        named(raised.value, place, key)
        place.network.always(Fault.NONE)
        assert read(place.store, key) == place.contents[key]


def test_a_service_that_fails_once_is_not_noticed(place):
    store = RetriedStore(place.store, pause=0.01)
    for key, content in place.contents.items():
        place.network.times(2, Fault.BUSY, "GET")
        assert read(store, key) == content
        place.network.times(2, Fault.BUSY, "PUT")
        store.put(f"{key}/again", [content])
        place.network.times(2, Fault.RESET, "HEAD")
        assert store.head(f"{key}/again").size == len(content)
    place.network.always(Fault.NONE)
    assert read(store, f"{KEY}/{LARGE}/again") == place.contents[f"{KEY}/{LARGE}"]


def test_an_answer_that_breaks_off_is_not_taken_for_the_object(place):
    for key in place.contents:
        place.network.always(Fault.TRUNCATED, "GET")
        for call in (read, lambda store, key: store.tail(key, 56)):
            with pytest.raises(StoreUnavailable) as raised:
                call(place.store, key)
            named(raised.value, place, key)


@pytest.mark.parametrize("fault", [Fault.WRONG, Fault.SHORT], ids=lambda fault: fault.value)
def test_other_bytes_are_never_handed_on_whole(place, fault):
    for key, content in place.contents.items():
        # Not the part of the answer that says how long it is: S3's trailer is a request of its own.
        place.network.times(1, fault, "GET")
        received: list[bytes] = []
        with pytest.raises((ObjectCorrupt, StoreUnavailable)) as raised, place.store.get(key) as reader:
            received.extend(reader)
        named(raised.value, place, key)
        assert sum(map(len, received)) < len(content)


def test_credentials_that_are_refused_are_for_the_operator(place):
    key = f"{KEY}/1000"
    place.network.always(Fault.FORBIDDEN)
    for call in (lambda: read(place.store, key), lambda: place.store.put(key, [b"x"]), lambda: place.store.head(key)):
        with pytest.raises(StoreForbidden) as raised:
            call()
        named(raised.value, place, key)
        assert raised.value.permanent


def test_credentials_that_have_expired_are_renewed_or_tried_later(place):
    key = f"{KEY}/1000"
    if place.store.name.startswith("swift"):
        place.network.times(1, Fault.EXPIRED, "GET", "PUT", "HEAD")
        assert read(place.store, key) == place.contents[key]
        place.network.times(1, Fault.EXPIRED, "PUT")
        place.store.put(f"{key}/again", [b"again"])
        assert read(place.store, f"{key}/again") == b"again"
        place.network.always(Fault.EXPIRED)
        with pytest.raises(StoreForbidden) as refused:
            read(place.store, key)
        named(refused.value, place, key)
        return
    place.network.always(Fault.EXPIRED)
    with pytest.raises(StoreUnavailable, match="ExpiredToken") as raised:
        read(place.store, key)
    named(raised.value, place, key)


def test_what_is_absent_names_its_store(place):
    with pytest.raises(ObjectNotFound) as raised:
        place.store.head(f"{KEY}/absent")
    named(raised.value, place, f"{KEY}/absent")
