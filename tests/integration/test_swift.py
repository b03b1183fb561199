"""The Swift driver on a real Swift: what lies in its containers, and how one signs in."""

import logging
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from tests.conftest import missing
from tests.harness.swift import KEY, Keystone, Swift, SwiftMissing, request

from cargohold.errors import InvalidConfiguration, ObjectCorrupt, ObjectExists, ObjectNotFound, StoreForbidden
from cargohold.objects.drivers.swift import segments as segments_module
from cargohold.objects.drivers.swift.segments import SEGMENT
from cargohold.objects.open import open_driver, open_store
from cargohold.objects.store import ObjectStore

NOW = timedelta(seconds=-60)  # whatever is there is older than in a minute


@pytest.fixture
def container(swift_user: Swift) -> str:
    return swift_user.new_container()


@pytest.fixture
def store(container: str) -> ObjectStore:
    return open_driver(f"swift://{container}/p")


def segments(swift: Swift, container: str) -> list[str]:
    try:
        return swift.names(f"{container}_segments")
    except urllib.error.HTTPError as error:  # no large object was stored yet
        error.close()
        return []


def read(store: ObjectStore, key: str) -> bytes:
    with store.get(key) as reader:
        return reader.read()


def test_a_small_object_is_plain(swift_user, container, store):
    info = store.put("k", [b"plain"])
    headers = swift_user.headers(container, "p/k")
    assert headers["content-length"] == "5"
    assert headers["x-object-meta-cargohold-sha256"] == info.sha256
    assert "x-static-large-object" not in headers
    assert segments(swift_user, container) == []


def test_a_large_object_is_segments_that_do_not_expire(swift_user, container, store):
    content = bytes(range(256)) * (10 * SEGMENT // 4 // 256)
    info = store.put("k", [content])
    headers = swift_user.headers(container, "p/k")
    assert headers["x-static-large-object"].lower() == "true"
    assert headers["x-object-meta-cargohold-sha256"] == info.sha256
    names = segments(swift_user, container)
    assert [name.rpartition("/")[2] for name in names] == ["000000", "000001", "000002"]
    assert all(name.startswith("p/k/") for name in names)
    for name in names:
        assert "x-delete-at" not in swift_user.headers(f"{container}_segments", name)
    assert read(store, "k") == content
    store.delete("k")
    assert segments(swift_user, container) == []
    assert swift_user.names(container) == []


def test_segments_expire_until_all_of_them_are_there(swift_user, container, store):
    seen = []

    def content() -> Iterator[bytes]:
        yield bytes(2 * SEGMENT)
        yield bytes(SEGMENT)
        for name in segments(swift_user, container):
            seen.append(int(swift_user.headers(f"{container}_segments", name)["x-delete-at"]) - time.time())

    store.put("k", content())
    assert seen
    assert all(47 * 3600 < left < 49 * 3600 for left in seen)


def test_an_upload_that_breaks_off_leaves_no_segments(swift_user, container, store):
    def broken() -> Iterator[bytes]:
        yield bytes(3 * SEGMENT)
        raise OSError("the registry closed the connection")

    with pytest.raises(OSError, match="registry"):
        store.put("k", broken())
    assert segments(swift_user, container) == []
    store.put("k", [b"first"])
    with pytest.raises(ObjectExists):
        store.put("k", [bytes(2 * SEGMENT)], if_absent=True)
    assert segments(swift_user, container) == []


def test_a_sweep_takes_what_no_object_names(swift_user, container, store):
    script = """
import os, sys
from cargohold.objects.open import open_driver
def content():
    yield bytes(20 << 20)
    os._exit(9)
open_driver(sys.argv[1]).put("killed", content())
"""
    killed = subprocess.run([sys.executable, "-c", script, f"swift://{container}/p"], check=False)
    assert killed.returncode == 9
    store.put("replaced", [bytes(3 * SEGMENT)])
    store.put("replaced", [b"small"])
    store.put("kept", [bytes(2 * SEGMENT)])
    open_driver(f"swift://{container}/another").put("kept", [bytes(2 * SEGMENT)])
    assert len(segments(swift_user, container)) == 2 + 3 + 2 + 2
    assert store.sweep(timedelta(hours=1)) == 0
    assert store.sweep(NOW) == 5
    assert store.sweep(NOW) == 0
    assert {name.partition("kept")[0] for name in segments(swift_user, container)} == {"p/", "another/"}
    assert read(store, "kept") == bytes(2 * SEGMENT)


def test_a_segment_that_is_gone_is_noticed(swift_user, container, store):
    store.put("k", [bytes(3 * SEGMENT)])
    url, token = swift_user.sign_in()
    first = segments(swift_user, container)[0]
    request(f"{url}/{container}_segments/{first}", "DELETE", {"X-Auth-Token": token})
    with pytest.raises(ObjectCorrupt, match=f"swift://{container}/p/k"):
        read(store, "k")


def test_segments_grow_when_there_are_many(swift_user, container, store, monkeypatch):
    monkeypatch.setattr(segments_module, "_SEVERAL", 2)
    sizes = [SEGMENT, SEGMENT, 2 * SEGMENT, 2 * SEGMENT, 4 * SEGMENT, 1000]
    store.put("k", [bytes(sum(sizes))])
    found = [
        int(swift_user.headers(f"{container}_segments", name)["content-length"])
        for name in segments(swift_user, container)
    ]
    assert found == sizes
    assert store.head("k").size == sum(sizes)


def test_a_container_that_is_not_there_is_no_empty_store(swift_user):
    store = open_driver("swift://nowhere/p")
    calls = (
        lambda: store.head("k"),
        lambda: read(store, "k"),
        lambda: store.put("k", [b"x"]),
        lambda: list(store.list()),
        lambda: store.tail("k", 1),
    )
    for call in calls:
        with pytest.raises(InvalidConfiguration, match="no such container"):
            call()


def test_a_damaged_object_is_noticed(swift_user, container, store):
    store.put("k", [b"content"])
    url, token = swift_user.sign_in()
    meta = {"X-Object-Meta-Cargohold-Sha256": store.head("k").sha256}
    for body, headers in ((b"contenT", meta), (b"content", {})):
        request(f"{url}/{container}/p/k", "PUT", {"X-Auth-Token": token, **headers}, body)
        with pytest.raises(ObjectCorrupt):
            read(store, "k")


def test_wrong_credentials_are_refused_and_not_shown(swift_user, container, store, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    store.put("k", [b"x"])
    list(store.list())
    monkeypatch.setenv("ST_KEY", "a wrong key")
    with pytest.raises(StoreForbidden, match=r"auth/v1\.0 answers 401 to test:tester") as raised:
        open_driver(f"swift://{container}").head("k")
    _, token = swift_user.sign_in()
    for secret in ("a wrong key", KEY, token, token[:16]):
        assert secret not in str(raised.value)
        assert secret not in caplog.text


def test_what_is_stored_is_compressed(swift_user, container):
    store = open_store(f"swift://{container}")
    store.put("k", [b"x" * 100_000])
    assert int(swift_user.headers(container, "k")["content-length"]) < 1000
    assert read(store, "k") == b"x" * 100_000


@contextmanager
def user_of(keystone: Keystone, variables: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def keystone(swift: Swift) -> Keystone:
    try:
        return swift.keystone()
    except SwiftMissing as error:
        missing(str(error))


@pytest.mark.slow
def test_users_of_keystone(keystone):
    identifier, secret = keystone.application_credential()
    application = {
        "OS_AUTH_URL": keystone.address,
        "OS_APPLICATION_CREDENTIAL_ID": identifier,
        "OS_APPLICATION_CREDENTIAL_SECRET": secret,
    }
    container = keystone.new_container()
    for variables in (keystone.environment, application):
        with user_of(keystone, variables):
            store = open_driver(f"swift://{container}/p")
            # Not the whole suite: Keystone looks at every request's token here, and takes its time.
            for key, content in (("small", b"small"), ("large", bytes(2 * SEGMENT + 1))):
                store.put(key, [content])
                assert read(store, key) == content
                store.delete(key)
            assert list(store.list()) == []
    for name, value, error, message in (
        ("OS_PASSWORD", "wrong", StoreForbidden, "answers 401 to admin"),
        ("OS_REGION_NAME", "elsewhere", InvalidConfiguration, "region elsewhere"),
    ):
        with user_of(keystone, keystone.environment | {name: value}), pytest.raises(error, match=message):
            open_driver(f"swift://{container}").head("k")


@pytest.mark.slow
def test_a_token_that_ends_is_replaced(keystone):
    container = keystone.new_container()
    with user_of(keystone, keystone.environment):
        store = open_driver(f"swift://{container}")
        store.put("k", [b"before"])

        def content() -> Iterator[bytes]:
            yield bytes(2 * SEGMENT)
            keystone.revoke(store._account._access[1])
            yield bytes(SEGMENT)

        store.put("large", content())
        assert store.head("large").size == 3 * SEGMENT
        keystone.revoke(store._account._access[1])
        assert read(store, "k") == b"before"
        with pytest.raises(ObjectNotFound):
            store.head("absent")
