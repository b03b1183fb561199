import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from moto import mock_aws
from tests.harness.misbehaving import Reply, Request, Server, serving

from cargohold.digests import of
from cargohold.errors import (
    AddressForbidden,
    DigestMismatch,
    ImageArchivedInRegistry,
    ImageNotFound,
    ImageTooLarge,
    LayerUnavailable,
    RateLimited,
    RegistryUnavailable,
    TruncatedContent,
    Unauthorized,
)
from cargohold.registry.client import RegistryClient
from cargohold.registry.document import Registry
from cargohold.registry.patience import Patience

BLOB = bytes(range(256)) * 4096  # 1 MiB
BLOB_DIGEST = of(BLOB)
MANIFEST = json.dumps({"schemaVersion": 2}).encode()
TYPE = "application/vnd.oci.image.manifest.v1+json"

Answer = Callable[[Request], Reply]


class Waits(list[float]):
    """Waits that are noted and not waited."""


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Server]]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(waits: Waits) -> Iterator[Callable[..., RegistryClient]]:
    with ExitStack() as stack:

        def make(server: Server, attempts: int = 3, **more: Any) -> RegistryClient:
            registry = Registry(host=server.host, **({"insecure_http": True, "allow_private": True} | more))
            made = RegistryClient(registry, "team/app", Patience(attempts=attempts, sleep=waits.append))
            return stack.enter_context(made)

        yield make


def in_turn(*replies: Reply) -> Answer:
    """Answer with each reply once, and with the last from then on."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def read(client: RegistryClient, size: int = len(BLOB)) -> bytes:
    with client.open_blob(BLOB_DIGEST, size) as parts:
        listed = list(parts)
    assert all(0 < len(part) <= 1 << 20 for part in listed)
    return b"".join(listed)


def ranged(request: Request, cut: int | None = None) -> Reply:
    """Serve the blob from where it is asked for, cut off after `cut` bytes."""
    wanted = request.headers.get("range")
    if wanted is None:
        return Reply(200, BLOB, cut=cut)
    start = int(wanted.removeprefix("bytes=").rstrip("-"))
    headers = {"Content-Range": f"bytes {start}-{len(BLOB) - 1}/{len(BLOB)}"}
    return Reply(206, BLOB[start:], headers, cut)


def test_a_manifest_is_asked_for_by_every_type_and_verified(serve: Any, client: Any) -> None:
    server = serve(lambda _: Reply(200, MANIFEST, {"Content-Type": f"{TYPE}; charset=utf-8"}))
    found = client(server).manifest("1.0", 1000)
    assert (found.content, found.media_type, found.digest) == (MANIFEST, TYPE, of(MANIFEST))
    (request,) = server.requests
    assert request.path == "/v2/team/app/manifests/1.0"
    assert TYPE in request.headers["accept"]
    assert "docker.distribution.manifest.list" in request.headers["accept"]


def test_a_tampered_manifest_is_a_digest_mismatch(serve: Any, client: Any) -> None:
    with pytest.raises(DigestMismatch):
        client(serve(lambda _: Reply(200, MANIFEST))).manifest(of(b"other"), 1000)
    stated = {"Docker-Content-Digest": of(b"other")}
    with pytest.raises(DigestMismatch):
        client(serve(lambda _: Reply(200, MANIFEST, stated))).manifest("latest", 1000)


def test_a_manifest_without_end_is_cut_at_the_limit(serve: Any, client: Any) -> None:
    with pytest.raises(ImageTooLarge):
        client(serve(lambda _: Reply(200, b"x" * 1001))).manifest("latest", 1000)


def test_a_tampered_config_is_a_digest_mismatch(serve: Any, client: Any) -> None:
    made = client(serve(lambda _: Reply(200, b"tampered")))
    with pytest.raises(DigestMismatch):
        made.blob(BLOB_DIGEST, 8, 1000)
    with pytest.raises(DigestMismatch):
        made.blob(BLOB_DIGEST, 4, 7)
    with pytest.raises(ImageTooLarge):
        made.blob(BLOB_DIGEST, 8, 7)


@pytest.mark.parametrize("cuts", [[10], [300_000], [300_000, 0, 700_000], [0, 0]])
def test_a_dropped_connection_is_resumed_where_it_broke(serve: Any, client: Any, cuts: list[int]) -> None:
    left = list(cuts)
    server = serve(lambda request: ranged(request, left.pop(0) if left else None))
    assert read(client(server)) == BLOB
    assert len(server.requests) == len(cuts) + 1


def test_a_registry_that_ignores_ranges_is_read_again_from_the_start(serve: Any, client: Any) -> None:
    server = serve(in_turn(Reply(200, BLOB, cut=700_000), Reply(200, BLOB)))
    assert read(client(server)) == BLOB


def test_a_range_that_was_not_asked_for_is_not_believed(serve: Any, client: Any) -> None:
    wrong = Reply(206, BLOB[5:], {"Content-Range": f"bytes 5-{len(BLOB) - 1}/{len(BLOB)}"})
    with pytest.raises(RegistryUnavailable, match="range"):
        read(client(serve(in_turn(Reply(200, BLOB, cut=700_000), wrong))))


def test_a_connection_that_always_drops_at_the_same_byte_is_given_up(serve: Any, client: Any, waits: Waits) -> None:
    server = serve(lambda request: ranged(request, 0 if "range" in request.headers else 100))
    with pytest.raises(RegistryUnavailable, match=f"byte 100 of {len(BLOB)}"):
        read(client(server))
    assert len(server.requests) == 4
    assert len(waits) == 3


def test_each_resumption_follows_the_redirect_anew(serve: Any, client: Any) -> None:
    cuts = [1000]
    storage = serve(lambda request: ranged(request, cuts.pop() if cuts else None))
    signatures = iter("abc")
    front = serve(lambda _: Reply(307, headers={"Location": f"http://{storage.host}/blob?sig={next(signatures)}"}))
    assert read(client(front)) == BLOB
    assert [request.path for request in storage.requests] == ["/blob?sig=a", "/blob?sig=b"]
    assert storage.requests[1].headers["range"] == "bytes=1000-"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(200, BLOB[:-1]), DigestMismatch),
        (Reply(200, BLOB + b"x"), DigestMismatch),
        (Reply(404), LayerUnavailable),
        (Reply(403), Unauthorized),
    ],
)
def test_a_blob_of_the_wrong_length_or_none_is_refused_before_it_is_read(
    serve: Any, client: Any, reply: Reply, error: type[Exception]
) -> None:
    with pytest.raises(error):
        read(client(serve(lambda _: reply)))


def test_a_blob_that_ends_early_for_good_is_truncated(serve: Any, client: Any) -> None:
    with pytest.raises(TruncatedContent):
        read(client(serve(in_turn(Reply(200, BLOB, cut=10), Reply(416)))))


def test_a_blob_without_a_length_is_not_read_past_its_size(serve: Any, client: Any) -> None:
    chunked = b"100000\r\n" + BLOB + b"\r\n1\r\nx\r\n0\r\n\r\n"
    server = serve(lambda _: Reply(200, chunked, {"Transfer-Encoding": "chunked", "Content-Length": "0"}))
    with pytest.raises((DigestMismatch, RegistryUnavailable)):
        read(client(server, attempts=1))


def test_retry_after_is_waited_for(serve: Any, client: Any, waits: Waits) -> None:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 9))
    replies = [Reply(429, headers={"Retry-After": "7"}), Reply(503, headers={"Retry-After": date})]
    assert client(serve(in_turn(*replies, Reply(200, MANIFEST)))).manifest("latest", 100).content == MANIFEST
    assert waits[0] == 7
    assert 7 <= waits[1] <= 9.1


def test_a_long_retry_after_is_left_to_the_queue(serve: Any, client: Any, waits: Waits) -> None:
    server = serve(lambda _: Reply(429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        client(server).manifest("latest", 100)
    assert caught.value.fields["seconds"] == 3600
    assert not caught.value.permanent
    assert not waits
    assert len(server.requests) == 1


@pytest.mark.parametrize("asked", ["9" * 400, "-1", "soon", "Mon, 01 Jan 0001 00:00:00", "1e3", ""])
def test_a_retry_after_that_says_nothing_is_not_followed(serve: Any, client: Any, waits: Waits, asked: str) -> None:
    server = serve(in_turn(Reply(429, headers={"Retry-After": asked}), Reply(200, MANIFEST)))
    client(server).manifest("latest", 100)
    assert waits[0] <= 0.5


def test_failures_back_off_and_end(serve: Any, client: Any, waits: Waits) -> None:
    server = serve(lambda _: Reply(500))
    with pytest.raises(RegistryUnavailable) as caught:
        client(server).manifest("latest", 100)
    assert not caught.value.permanent
    assert len(server.requests) == 3
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1.0


def test_a_registry_that_is_away_is_unavailable(serve: Any, client: Any) -> None:
    with serving(lambda _: Reply()) as gone:
        pass
    with pytest.raises(RegistryUnavailable):
        client(gone).manifest("latest", 100)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}, ImageNotFound),
        (404, None, ImageNotFound),
        (403, {"errors": [{"code": "DENIED"}]}, Unauthorized),
        (404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "Image is archived"}]}, ImageArchivedInRegistry),
        (400, {"errors": [{"code": "ImageArchived", "message": ""}]}, ImageArchivedInRegistry),
        (400, {"errors": "x"}, RegistryUnavailable),
        (418, [], RegistryUnavailable),
    ],
)
def test_errors_are_named(serve: Any, client: Any, status: int, body: Any, error: type[Exception]) -> None:
    content = json.dumps(body).encode() if body is not None else b"<html>"
    with pytest.raises(error):
        client(serve(lambda _: Reply(status, content))).manifest("latest", 100)


# Who is told the credentials --------------------------------------------------------------------


def guarded(realm: str) -> Answer:
    """A registry that wants a bearer token from `realm`."""

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") == "Bearer good":
            return Reply(200, MANIFEST)
        challenge = f'Bearer realm="{realm}",service="the, service",scope="repository:team/app:pull"'
        return Reply(401, headers={"WWW-Authenticate": challenge})

    return answer


def test_a_token_is_asked_for_with_the_credentials_and_kept(serve: Any, client: Any) -> None:
    tokens = serve(lambda _: Reply(200, b'{"access_token": "good", "expires_in": 300}'))
    server = serve(guarded(f"http://{tokens.host}/token?x=1"))
    made = client(server, username="user", password="secret")
    for _ in range(3):
        made.manifest("latest", 100)
    (request,) = tokens.requests
    assert request.path == "/token?x=1&service=the%2C+service&scope=repository%3Ateam%2Fapp%3Apull"
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"user:secret").decode()
    assert len(server.requests) == 4


def test_an_identity_token_is_sent_in_a_form(serve: Any, client: Any) -> None:
    tokens = serve(lambda _: Reply(200, b'{"access_token": "good"}'))
    client(serve(guarded(f"http://{tokens.host}/t")), identity_token="refresh").manifest("latest", 100)
    (request,) = tokens.requests
    assert request.method == "POST"
    assert b"grant_type=refresh_token" in request.body
    assert b"refresh_token=refresh" in request.body


def test_a_token_that_ends_is_asked_for_again(serve: Any, client: Any) -> None:
    tokens = serve(lambda _: Reply(200, b'{"token": "good", "expires_in": 0.001}'))
    made = client(serve(guarded(f"http://{tokens.host}/t")))
    made.manifest("latest", 100)
    time.sleep(0.002)
    made.manifest("latest", 100)
    assert len(tokens.requests) == 2


def test_a_token_that_was_revoked_is_asked_for_again(serve: Any, client: Any) -> None:
    issued = iter(["old", "new"])
    tokens = serve(lambda _: Reply(200, json.dumps({"token": next(issued)}).encode()))
    good = ["old"]

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") == f"Bearer {good[0]}":
            return Reply(200, MANIFEST)
        return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="http://{tokens.host}/t"'})

    made = client(serve(answer))
    made.manifest("latest", 100)
    good[0] = "new"
    made.manifest("latest", 100)
    assert len(tokens.requests) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401), Unauthorized),
        (Reply(200, b"{}"), RegistryUnavailable),
        (Reply(200, b"no JSON"), RegistryUnavailable),
        (Reply(200, b'{"token": "a\\r\\nX-Header: b"}'), RegistryUnavailable),
        (Reply(302, headers={"Location": "http://169.254.169.254/latest"}), AddressForbidden),
        (Reply(200, b'{"token": "wrong"}'), Unauthorized),
    ],
)
def test_a_token_server_that_gives_none(serve: Any, client: Any, reply: Reply, error: type[Exception]) -> None:
    tokens = serve(lambda _: reply)
    with pytest.raises(error) as caught:
        client(serve(guarded(f"http://{tokens.host}/t")), username="u", password="hunter2").manifest("latest", 100)
    assert "hunter2" not in str(caught.value)


def test_basic_is_offered_only_when_asked_for(serve: Any, client: Any) -> None:
    wanted = "Basic " + base64.b64encode(b"user:secret").decode()

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") == wanted:
            return Reply(200, MANIFEST)
        return Reply(401, headers={"WWW-Authenticate": 'Negotiate, Basic realm="r"'})

    server = serve(answer)
    made = client(server, username="user", password="secret")
    made.manifest("latest", 100)
    made.manifest("latest", 100)
    assert ["authorization" in request.headers for request in server.requests] == [False, True, True]
    with pytest.raises(Unauthorized):
        client(server, username="user", password="wrong").manifest("latest", 100)
    with pytest.raises(Unauthorized):
        client(server).manifest("latest", 100)


def test_ecr_is_told_its_token_at_once_and_asked_for_a_new_one_once(
    serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    refused = [0]

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization", "").startswith("Basic ") and not refused[0]:
            return Reply(200, MANIFEST)
        refused[0] -= 1
        return Reply(401, headers={"WWW-Authenticate": "Basic"})

    server = serve(answer)
    with mock_aws():
        made = client(server, auth="ecr")
        made.manifest("latest", 100)
        assert len(server.requests) == 1
        refused[0] = 1  # revoked once
        made.manifest("latest", 100)
        assert len(server.requests) == 3
        refused[0] = 9
        with pytest.raises(Unauthorized):
            made.manifest("latest", 100)
        assert len(server.requests) == 5


def test_authorization_is_dropped_on_the_way_to_another_host_and_stays_dropped(serve: Any, client: Any) -> None:
    storage = serve(lambda _: Reply(307, headers={"Location": f"http://{front.host}/back"}))

    def answer(request: Request) -> Reply:
        if request.path == "/back":
            return Reply(200, BLOB)
        if "authorization" not in request.headers:
            return Reply(401, headers={"WWW-Authenticate": "Basic"})
        return Reply(307, headers={"Location": f"http://{storage.host}/blob"})

    front = serve(answer)
    assert read(client(front, username="user", password="secret")) == BLOB
    assert "authorization" in front.requests[1].headers
    assert "authorization" not in storage.requests[0].headers
    assert "authorization" not in front.requests[2].headers


def test_authorization_follows_a_redirect_within_the_host(serve: Any, client: Any) -> None:
    def answer(request: Request) -> Reply:
        if "authorization" not in request.headers:
            return Reply(401, headers={"WWW-Authenticate": "Basic"})
        return Reply(200, BLOB) if request.path == "/here" else Reply(302, headers={"Location": "/here"})

    assert read(client(serve(answer), username="user", password="secret")) == BLOB


# Where a registry may lead ----------------------------------------------------------------------


@pytest.mark.trap("B23")
@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://2852039166/",
    ],
)
def test_a_redirect_to_a_metadata_address_is_refused_even_to_a_private_registry(
    serve: Any, client: Any, target: str
) -> None:
    with pytest.raises(AddressForbidden) as caught:
        read(client(serve(lambda _: Reply(307, headers={"Location": target}))))
    assert caught.value.code == "address_forbidden"


@pytest.mark.trap("B23")
def test_a_realm_is_a_hop_like_any_other(serve: Any, client: Any) -> None:
    for realm in ("http://169.254.169.254/token", "http://[fe80::1%25eth0]/token"):
        with pytest.raises((AddressForbidden, RegistryUnavailable)):
            client(serve(guarded(realm)), username="u", password="p").manifest("latest", 100)


@pytest.mark.trap("B23")
def test_a_registry_on_a_private_address_must_be_configured_so(serve: Any, client: Any) -> None:
    server = serve(lambda _: Reply(200, MANIFEST))
    with pytest.raises(AddressForbidden):
        client(server, allow_private=False).manifest("latest", 100)
    assert not server.requests


TARGETS = [
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "http://u:p@127.0.0.1/",
    "http://",
    "//:x",
    "http://[::1",
    "http://a:99999/",
    "http://a:b/",
    "http://a..b/",
    "http://%zz/",
    "http://" + "a" * 300,
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_redirect_to_what_is_no_plain_url_is_refused(serve: Any, client: Any, target: str) -> None:
    with pytest.raises((RegistryUnavailable, AddressForbidden)):
        read(client(serve(lambda _: Reply(307, headers={"Location": target}))))


@pytest.mark.trap("B23")
def test_a_private_registry_elsewhere_may_not_lead_to_this_machine(
    serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda's runtime API and much else listens on loopback; only a registry that is here leads here."""
    local = serve(lambda _: Reply(200, b"internal"))
    server = serve(lambda _: Reply(307, headers={"Location": f"http://{local.host}/runtime"}))
    resolve = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host == "registry.internal" else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    named = Server(f"registry.internal:{server.host.rpartition(':')[2]}")
    with pytest.raises(AddressForbidden):
        read(client(named))
    assert len(server.requests) == 1
    assert not local.requests


def test_redirects_end(serve: Any, client: Any) -> None:
    server = serve(lambda _: Reply(307, headers={"Location": "/again"}))
    with pytest.raises(RegistryUnavailable, match="without end"):
        client(server).manifest("latest", 100)
    assert len(server.requests) == 6


def test_plain_http_must_be_configured(serve: Any, client: Any) -> None:
    server = serve(lambda _: Reply(200, MANIFEST))
    with pytest.raises(RegistryUnavailable, match="TLS"):
        client(server, attempts=1, insecure_http=False).manifest("latest", 100)
    assert not server.requests
