import base64
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cargohold.errors import CargoholdError, InvalidConfiguration
from cargohold.registry.configuration import Source, load_registries
from cargohold.registry.document import Registry, parse_registries
from cargohold.registry.ecr import authorization

PASSWORD = "correct horse battery"
AUTH = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

YAML = f"""
registries:
  - name: example
    host: registry.example.com:8443
    auth: {AUTH}
    platforms: [linux/amd64]
    repositories: ["team/*"]
    hook: {{token: 0123456789abcdef, authorization: Bearer {PASSWORD}}}
  - host: "*.internal.example.com"
    username: user
    password: {PASSWORD}
    allow_private: true
auths:
  "https://index.docker.io/v1/": {{auth: {AUTH}}}
  registry.example.org: {{username: u, password: {PASSWORD}}}
"""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield


def test_a_registry_is_found_by_host_then_by_glob_then_by_default() -> None:
    registries = parse_registries(YAML)
    exact = registries.of("registry.example.com:8443")
    assert exact.name == "example"
    assert exact.credentials is not None
    assert (exact.credentials.username, exact.credentials.password.get_secret_value()) == ("user", PASSWORD)
    glob = registries.of("a.internal.example.com")
    assert (glob.host, glob.allow_private, glob.username) == ("a.internal.example.com", True, "user")
    other = registries.of("registry.example.net")
    assert (other.credentials, other.insecure_http, other.allow_private) == (None, False, False)
    named = registries.named("example")
    assert named is not None
    assert named.accepts("team/app")
    assert not named.accepts("other/app")
    assert registries.named("none") is None


def test_dockers_own_file_is_a_registries_document() -> None:
    registries = parse_registries(YAML)
    for host, user in (("docker.io", "user"), ("registry.example.org", "u")):
        credentials = registries.of(host).credentials
        assert credentials is not None
        assert (credentials.username, credentials.password.get_secret_value()) == (user, PASSWORD)
    document = {"auths": {"a.example.com": {"auth": AUTH}, "b.example.com": {}}, "credHelpers": {ECR: "ecr-login"}}
    registries = parse_registries(json.dumps(document))
    assert registries.of("a.example.com").credentials is not None
    assert registries.of("b.example.com").credentials is None
    assert registries.of(ECR).uses_ecr


def test_no_secret_is_in_a_representation() -> None:
    registries = parse_registries(YAML)
    shown = [repr(registries), str(registries), str(registries.model_dump()), registries.model_dump_json()]
    shown += [repr(registries.of(host)) for host in ("docker.io", "registry.example.com:8443")]
    shown.append(repr(registries.of("docker.io").credentials))
    for text in shown:
        assert PASSWORD not in text
        assert AUTH not in text
        assert "0123456789abcdef" not in text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", "line 1"),
        ("registries: [\n  {password: hunter2\n", "line"),
        ("registries: [{host: a.example.com, pasword: hunter2}]", "REGISTRIES.registries.0.pasword"),
        ("registries: [{host: a.example.com, password: [hunter2]}]", "REGISTRIES.registries.0.password"),
        ("registries: [{host: a.example.com, auth: hunter2}]", "base64"),
        ("registries: [{host: a.example.com, auth: aHVudGVyMg==}]", "base64"),
        ("registries: [{host: a.example.com, auth: ecr, username: hunter2}]", "exclude"),
        ("registries: [{host: a.example.com, hook: {token: 0123456789hunter2}}]", "needs a name"),
        ("registries: [{host: '*.com', name: x, hook: {token: 0123456789hunter2}}]", "glob"),
        ("registries: [{host: a.example.com, name: x, hook: {token: hunter2}}]", "token"),
        ("registries: [{host: a, name: x}, {host: b, name: x}]", "same name"),
        ("auths: {a.example.com: {auth: hunter2}}", "base64"),
        ("credHelpers: {a.example.com: hunter2}", "credHelpers"),
        ("registries: hunter2", "REGISTRIES.registries"),
        ("hunter2", "REGISTRIES"),
        ("!!python/object/apply:os.system [hunter2]", "YAML"),
        ("a: &a hunter2\nb: *c", "YAML"),
        ("x" * (2 << 20), "larger"),
    ],
)
def test_a_wrong_document_says_where_and_quotes_nothing(text: str, where: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        parse_registries(text)
    assert where in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(caught.value) + str(caught.value.__context__)


def test_ecr_is_recognised_by_its_hosts() -> None:
    for host in (
        ECR,
        "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "123456789012.dkr-ecr.eu-west-1.on.aws",
    ):
        assert Registry(host=host).uses_ecr
    for host in ("registry.example.com", f"{ECR}.example.com", "x" + ECR):
        assert not Registry(host=host).uses_ecr
    assert not Registry(host=ECR, username="u").uses_ecr
    assert not parse_registries(f"registries: [{{host: {ECR}, auth: anonymous}}]").of(ECR).uses_ecr


def test_a_token_of_ecr_is_basic_and_lasts(aws: None) -> None:
    header, seconds = authorization(ECR)
    assert header.startswith("Basic ")
    assert base64.b64decode(header.removeprefix("Basic ")).startswith(b"AWS:")
    assert seconds >= 60


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "registries.yaml"
    path.write_text(YAML)
    assert load_registries(f"file:{path}").named("example")
    assert load_registries(f"file://{path}").named("example")
    assert not load_registries("").registries
    with pytest.raises(InvalidConfiguration, match="No such file"):
        load_registries(f"file:{path}.none")
    with pytest.raises(InvalidConfiguration, match="none of"):
        load_registries("http://registry.example.com/")


def test_from_parameter_store_and_secrets_manager(aws: None) -> None:
    boto3.client("ssm").put_parameter(Name="/cargohold/registries", Value=YAML, Type="SecureString")
    assert load_registries("ssm:/cargohold/registries").named("example")
    made = boto3.client("secretsmanager").create_secret(Name="registries", SecretString=YAML)
    assert load_registries("secretsmanager:registries").named("example")
    assert load_registries(f"secretsmanager:{made['ARN']}").named("example")
    boto3.client("secretsmanager").create_secret(Name="binary", SecretBinary=b"\x00")
    for missing in ("ssm:/none", "secretsmanager:none", "secretsmanager:binary"):
        with pytest.raises(CargoholdError) as caught:
            load_registries(missing)
        assert caught.value.permanent


def test_a_source_is_read_again_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "registries.yaml"
    path.write_text("registries: []")
    source = Source(f"file:{path}")
    assert not source.current().registries
    path.write_text(YAML)
    assert not source.current().registries
    assert source.current(fresh=True).registries
