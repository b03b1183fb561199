import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws
from tests.harness.misbehaving import Reply, Request, Server, serving

from cargohold.digests import of
from cargohold.errors import ImageNotFound, RateLimited, RegistryUnavailable, Unauthorized
from cargohold.registry import ecr
from cargohold.registry.document import Registry
from cargohold.registry.listing import Listing
from cargohold.registry.patience import Patience

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
DIGEST = "sha256:" + "1" * 64

Answer = Callable[[Request], Reply]


@pytest.fixture
def listing() -> Iterator[Callable[..., tuple[Listing, Server]]]:
    with ExitStack() as stack:

        def make(answer: Answer, **more: Any) -> tuple[Listing, Server]:
            server = stack.enter_context(serving(answer))
            registry = Registry(host=server.host, insecure_http=True, allow_private=True, **more)
            patience = Patience(attempts=2, sleep=lambda _: None)
            return stack.enter_context(Listing(registry, patience)), server

        yield make


Make = Callable[..., tuple[Listing, Server]]


def body(content: Any, **headers: str) -> Reply:
    return Reply(200, json.dumps(content).encode(), headers)


def paged(names: list[str], key: str, link: str = '<{path}?n={n}&last={last}>; rel="next"') -> Answer:
    """Two names an answer, as a registry does that gives fewer than it is asked for."""

    def answer(request: Request) -> Reply:
        parts = urlsplit(request.path)
        last = parse_qs(parts.query).get("last", [""])[0]
        rest = [name for name in sorted(names) if name > last]
        headers = {"Link": link.format(path=parts.path, n=2, last=rest[1])} if len(rest) > 2 else {}
        return body({key: rest[:2]}, **headers)

    return answer


def test_lists_are_read_to_their_end(listing: Make) -> None:
    names = [f"team/app-{number}" for number in range(7)]
    found, server = listing(paged(names, "repositories"))
    assert found.repositories() == names
    assert len(server.requests) == 4
    tags, server = listing(paged(["1", "2", "3"], "tags", "</v2/team/app/tags/list?last={last}>;rel=next"))
    assert tags.tags("team/app") == ["1", "2", "3"]
    assert server.requests[0].path.startswith("/v2/team/app/tags/list?n=")


def test_a_list_that_turns_in_circles_ends(listing: Make) -> None:
    reply = body({"tags": ["1"]}, Link="</v2/team/app/tags/list?n=1000>; rel=next")
    found, server = listing(lambda _: reply)
    assert found.tags("team/app") == ["1"]
    assert len(server.requests) == 1


def test_a_list_that_goes_on_elsewhere_is_not_followed(listing: Make) -> None:
    found, _ = listing(lambda _: body({"tags": ["1"]}, Link='<http://elsewhere.example.com/v2/x>; rel="next"'))
    with pytest.raises(RegistryUnavailable, match="another host"):
        found.tags("team/app")


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_registry_without_a_catalog_says_so_in_many_ways(listing: Make, status: int) -> None:
    found, _ = listing(lambda _: Reply(status))
    assert found.repositories() is None


def test_a_repository_that_is_gone_has_no_tags_and_one_that_is_closed_is_refused(listing: Make) -> None:
    found, _ = listing(lambda _: Reply(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}'))
    assert found.tags("team/app") == []
    found, _ = listing(lambda _: Reply(403))
    with pytest.raises(Unauthorized):
        found.tags("team/app")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"tags": 1}', b'{"tags": "1"}'])
def test_what_is_no_list_is_the_registry_s_fault(listing: Make, content: bytes) -> None:
    found, _ = listing(lambda _: Reply(200, content))
    if content in (b"", b"[]", b"{"):
        assert found.tags("team/app") == []
    else:
        with pytest.raises(RegistryUnavailable):
            found.tags("team/app")


def test_names_that_are_none_are_left_out(listing: Make) -> None:
    found, _ = listing(lambda _: body({"tags": ["ok", "../x", "a b", 7, None, "x" * 200], "repositories": None}))
    assert found.tags("team/app") == ["ok"]
    assert found.repositories() == []


def test_a_digest_is_asked_for_without_its_manifest_unless_there_is_no_other_way(listing: Make) -> None:
    found, server = listing(lambda _: Reply(200, b"manifest", {"Docker-Content-Digest": DIGEST}))
    assert found.digest("team/app", "1") == DIGEST
    assert [request.method for request in server.requests] == ["HEAD"]
    found, server = listing(lambda _: Reply(200, b"manifest"))
    assert found.digest("team/app", "1") == of(b"manifest")
    assert [request.method for request in server.requests] == ["HEAD", "GET"]
    found, _ = listing(lambda _: Reply(404))
    assert found.digest("team/app", "1") is None
    found, _ = listing(lambda _: Reply(403))
    with pytest.raises(Unauthorized):
        found.digest("team/app", "1")
    found, _ = listing(lambda _: Reply(429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited):
        found.digest("team/app", "1")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"manifests": [{"digest": DIGEST}, {"digest": "md5:1"}, 7, {}]}, [DIGEST]),
        ({"layers": []}, []),
        ({"manifests": 7}, []),
        ([], []),
    ],
)
def test_the_children_of_an_index_are_its_digests(listing: Make, content: Any, expected: list[str]) -> None:
    found, _ = listing(lambda _: body(content))
    assert found.children("team/app", DIGEST) == expected


def test_a_ping_says_how_the_client_is_known(listing: Make) -> None:
    found, _ = listing(lambda _: body({}))
    assert found.ping() == "nobody in particular"

    def basic(request: Request) -> Reply:
        known = "authorization" in request.headers
        return body({}) if known else Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'})

    found, _ = listing(basic, username="user", password="correct horse")
    assert found.ping() == "the configured credentials"
    found, _ = listing(basic)
    with pytest.raises(Unauthorized):
        found.ping()

    def token(request: Request) -> Reply:
        if request.path.startswith("/token"):
            assert "scope" not in parse_qs(urlsplit(request.path).query)
            return body({"token": "abc"})
        challenge = f'Bearer realm="http://{request.headers["host"]}/token",service="x"'
        return body({}) if "authorization" in request.headers else Reply(401, headers={"WWW-Authenticate": challenge})

    found, _ = listing(token)
    assert found.ping() == "a token for anyone"
    found, _ = listing(lambda _: Reply(404))
    with pytest.raises(RegistryUnavailable):
        found.ping()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("ecr", region_name="eu-west-1")


def test_ecr_tells_everything_by_its_own_api(aws: Any) -> None:
    for name in ("team/app", "team/base"):
        aws.create_repository(repositoryName=name)
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": DIGEST},
        "layers": [],
    }
    for tag in ("1", "latest"):
        aws.put_image(repositoryName="team/app", imageManifest=json.dumps(manifest), imageTag=tag)
    assert sorted(ecr.repositories(ECR)) == ["team/app", "team/base"]
    (image,) = ecr.images(ECR, "team/app")
    assert sorted(image.tags) == ["1", "latest"]
    assert image.digest.startswith("sha256:")
    assert image.pushed_at.tzinfo is not None
    assert ecr.images(ECR, "team/base") == []
    with pytest.raises(ImageNotFound):
        ecr.images(ECR, "none")
