"""Who signs in to Swift, and what Keystone is asked; the answers are those of the Identity API v3."""

import json

import pytest
from tests.harness.misbehaving import Reply, serving

from cargohold.errors import InvalidConfiguration, StoreForbidden, StoreUnavailable
from cargohold.objects.drivers.swift.credentials import find_credentials
from cargohold.objects.drivers.swift.keystone import sign_in

PASSWORD = {
    "OS_USERNAME": "user",
    "OS_PASSWORD": "very secret",
    "OS_PROJECT_NAME": "project",
    "OS_USER_DOMAIN_NAME": "people",
}
APPLICATION = {"OS_APPLICATION_CREDENTIAL_ID": "id", "OS_APPLICATION_CREDENTIAL_SECRET": "very secret"}


def endpoint(interface, region, url):
    return {"interface": interface, "region": region, "region_id": region, "url": url}


CATALOG = [
    {"type": "image", "endpoints": [endpoint("public", "one", "http://image")]},
    {
        "type": "object-store",
        "endpoints": [
            endpoint("internal", "one", "http://inside"),
            endpoint("public", "one", "http://one/v1/AUTH_p"),
            endpoint("public", "two", "http://two/v1/AUTH_p"),
        ],
    },
]
GOOD = Reply(201, json.dumps({"token": {"catalog": CATALOG}}).encode(), {"X-Subject-Token": "token"})


def asked(variables, reply=GOOD, path=""):
    """Sign in with these variables, and return what came back and what was asked for."""
    with serving(lambda _: reply) as server:
        credentials = find_credentials("", {"OS_AUTH_URL": f"http://{server.host}{path}", **variables})
        found = sign_in(credentials, "swift://c")
        (request,) = server.requests
        assert (request.method, request.path) == ("POST", path.rstrip("/").removesuffix("/v3") + "/v3/auth/tokens")
        return found, json.loads(request.body)["auth"]


@pytest.mark.parametrize("path", ["", "/", "/v3", "/v3/", "/identity"])
def test_a_user_with_a_password(path):
    found, auth = asked(PASSWORD, path=path)
    assert found == ("http://one/v1/AUTH_p", "token")
    user = {"name": "user", "domain": {"name": "people"}, "password": "very secret"}
    assert auth == {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "project", "domain": {"id": "default"}}},
    }


def test_a_user_and_a_project_by_their_ids():
    variables = {"OS_USER_ID": "u", "OS_PASSWORD": "p", "OS_PROJECT_ID": "q"}
    _, auth = asked(variables)
    assert auth["identity"]["password"]["user"] == {"id": "u", "password": "p"}
    assert auth["scope"] == {"project": {"id": "q"}}


def test_an_application_credential():
    _, auth = asked(APPLICATION)
    application = {"id": "id", "secret": "very secret"}
    assert auth == {"identity": {"methods": ["application_credential"], "application_credential": application}}
    named = {"OS_APPLICATION_CREDENTIAL_NAME": "n", "OS_APPLICATION_CREDENTIAL_SECRET": "s", "OS_USERNAME": "u"}
    _, auth = asked(named)
    application = {"name": "n", "secret": "s", "user": {"name": "u", "domain": {"id": "default"}}}
    assert auth["identity"]["application_credential"] == application


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"OS_REGION_NAME": "two"}, "http://two/v1/AUTH_p"),
        ({"OS_INTERFACE": "internal"}, "http://inside"),
        ({"OS_STORAGE_URL": "http://by/hand"}, "http://by/hand"),
    ],
)
def test_which_swift(variables, url):
    assert asked(PASSWORD | variables)[0][0] == url


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401, b"{}"), StoreForbidden),
        (Reply(403, b"{}"), StoreForbidden),
        (Reply(404, b"{}"), InvalidConfiguration),
        (Reply(200, b"<html>"), InvalidConfiguration),
        (Reply(300, b"{}"), InvalidConfiguration),
        (Reply(500, b""), StoreUnavailable),
        (Reply(429, b""), StoreUnavailable),
        (Reply(201, b"{}", {"X-Subject-Token": "t"}), InvalidConfiguration),
        (Reply(201, b"\xff", {"X-Subject-Token": "t"}), InvalidConfiguration),
        (Reply(201, b'{"token": {"catalog": []}}', {"X-Subject-Token": "t"}), InvalidConfiguration),
        (Reply(201, GOOD.body, {"X-Subject-Token": "t"}, cut=20), StoreUnavailable),
    ],
)
def test_what_keystone_may_answer(reply, error):
    with pytest.raises(error) as raised:
        asked(PASSWORD, reply)
    assert "very secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://", "ftp://x"])
def test_addresses_that_are_none(url):
    credentials = find_credentials("", {"OS_AUTH_URL": url, **PASSWORD})
    with pytest.raises((StoreUnavailable, InvalidConfiguration)):
        sign_in(credentials, "swift://c")


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "OS_AUTH_URL or ST_AUTH"),
        ({"ST_AUTH": "http://x"}, "ST_USER"),
        ({"ST_AUTH": "http://x", "ST_USER": "u"}, "ST_KEY"),
        ({"OS_AUTH_URL": "http://x"}, "OS_USERNAME"),
        ({"OS_AUTH_URL": "http://x", "OS_USERNAME": "u"}, "OS_PASSWORD"),
        ({"OS_AUTH_URL": "http://x", "OS_USERNAME": "u", "OS_PASSWORD": "p"}, "OS_PROJECT_NAME"),
        ({"OS_AUTH_URL": "http://x", "OS_APPLICATION_CREDENTIAL_ID": "i"}, "OS_APPLICATION_CREDENTIAL_SECRET"),
        ({"OS_AUTH_URL": "http://x", "OS_INTERFACE": "wrong", **PASSWORD}, "OS_INTERFACE"),
    ],
)
def test_what_is_missing_is_named(variables, missing):
    with pytest.raises(InvalidConfiguration, match=missing):
        find_credentials("", variables)


def test_a_document_replaces_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("OS_AUTH_URL", "http://another")
    document = tmp_path / "credentials.json"
    document.write_text(json.dumps({"ST_AUTH": "http://x", "ST_USER": "u", "ST_KEY": "very secret"}))
    credentials = find_credentials(f"file:{document}")
    assert (credentials.st_user, credentials.auth_url) == ("u", "")
    assert "very secret" not in repr(credentials)
    for wrong in ('"very secret"', '{"ST_KEY": "very secret"', '{"ST_KEY": 5}', "[]"):
        document.write_text(wrong)
        with pytest.raises(InvalidConfiguration, match="no JSON object") as raised:
            find_credentials(f"file:{document}")
        assert "very secret" not in str(raised.value)


def test_a_secret_of_secrets_manager(aws):
    import boto3

    value = json.dumps({"ST_AUTH": "http://x", "ST_USER": "u", "ST_KEY": "k"})
    boto3.client("secretsmanager").create_secret(Name="team/swift", SecretString=value)
    assert find_credentials("secretsmanager:team/swift").st_key.get_secret_value() == "k"
