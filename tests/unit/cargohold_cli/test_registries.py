"""`cargohold registries`: the document is changed, tried and shown, and its comments and secrets are kept."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.misbehaving import Reply, serving

from cargohold.errors import InvalidConfiguration
from cargohold.registry.document import parse_registries
from cargohold_cli import registries_file
from cargohold_cli.main import main

DOCUMENT = """\
# Ours.
auths:
  old.example.com: {auth: dXNlcjpwYXNzd29yZA==}
registries:
  # The first.
  - name: one
    host: one.example.com   # by name
    ca: |
      -----BEGIN CERTIFICATE-----
      MIIB
      -----END CERTIFICATE-----

  # The second.
  - host: two.example.com
    platforms:
      - linux/amd64
# The end.
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "registries.yaml"
    monkeypatch.setenv("CARGOHOLD_HOME", str(tmp_path))
    monkeypatch.setenv("REGISTRIES", f"file:{path}")
    return path


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def hosts(text: str) -> list[str]:
    return [registry.host for registry in parse_registries(text).registries]


def test_an_entry_is_put_behind_the_others_and_every_comment_stays() -> None:
    changed = registries_file.with_entry(DOCUMENT, {"host": "three.example.com", "allow_private": True})
    assert hosts(changed) == ["one.example.com", "two.example.com", "three.example.com"]
    assert changed == DOCUMENT.replace("# The end.", "  - host: three.example.com\n    allow_private: true\n# The end.")


def test_an_entry_is_taken_out_and_the_others_stay_as_they_are_written() -> None:
    assert registries_file.without_entry(DOCUMENT, 1) == DOCUMENT.replace(
        "  - host: two.example.com\n    platforms:\n      - linux/amd64\n", ""
    )
    changed = registries_file.without_entry(DOCUMENT, 0)
    assert hosts(changed) == ["two.example.com"]
    assert "# The second." in changed
    assert "BEGIN CERTIFICATE" not in changed
    assert hosts(registries_file.without_entry(changed, 0)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "registries: []\n",
        "registries:\n",
        "auths: {}",
        "{}",
        '{"registries": []}',
        "registries: [{host: a.example}]",
    ],
)
def test_whatever_the_document_looked_like_it_has_one_more(text: str) -> None:
    changed = registries_file.with_entry(text, {"host": "b.example.com"})
    assert hosts(changed) == [*hosts(text), "b.example.com"]
    assert hosts(registries_file.without_entry(changed, len(hosts(text)))) == hosts(text)


entries = st.fixed_dictionaries(
    {"host": st.from_regex(r"[a-z0-9]{1,8}\.example\.com(:[0-9]{1,4})?", fullmatch=True)},
    optional={
        "username": st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=9),
        "password": st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12),
        "repositories": st.lists(st.sampled_from(["team/*", "base", "*"]), max_size=3),
        "ca": st.sampled_from(["-----BEGIN\nx\n-----END\n", "a\n\nb"]),
        "allow_private": st.booleans(),
    },
)


@pytest.mark.parametrize("password", ["\x85", "a\u2028b", "\u2029", "ü", "\x0b'"])
@pytest.mark.parametrize("text", ["# A comment.\n", "registries: [{host: a.example.com}]\n"])
def test_a_password_may_hold_any_line_break(text: str, password: str) -> None:
    changed = registries_file.with_entry(text, {"host": "b.example.com", "password": password})
    assert yaml.safe_load(changed)["registries"][-1]["password"] == password


@given(st.lists(entries, min_size=1, max_size=4, unique_by=lambda entry: entry["host"]), st.data(), st.booleans())
def test_entries_come_and_go_without_touching_the_others(
    listed: list[dict[str, Any]], data: st.DataObject, as_json: bool
) -> None:
    text = "{}" if as_json else "# A comment.\n"
    for entry in listed:
        text = registries_file.with_entry(text, entry)
    read = json.loads if as_json else yaml.safe_load
    assert read(text)["registries"] == listed
    position = data.draw(st.integers(0, len(listed) - 1))
    after = registries_file.without_entry(text, position)
    assert (read(after)["registries"] or []) == listed[:position] + listed[position + 1 :]


def test_credentials_are_read_from_standard_input_and_shown_nowhere(
    document: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "correct horse: battery\n")
    assert main(["registries", "add", "one.example.com", "--username", "user", "--repository", "team/*"]) == 0
    assert document.stat().st_mode & 0o077 == 0
    credentials = parse_registries(document.read_text()).of("one.example.com").credentials
    assert credentials is not None
    assert (credentials.username, credentials.password.get_secret_value()) == ("user", "correct horse: battery")
    assert main(["registries", "list"]) == 0
    assert main(["registries", "list", "--json"]) == 0
    assert main(["registries", "add", "one.example.com"]) == 1
    assert main(["registries", "remove", "other.example.com"]) == 1
    shown = "".join(capsys.readouterr())
    assert "correct horse" not in shown
    assert "dXNlcj" not in shown
    assert "registry_exists" in shown
    assert "registry_unknown" in shown
    assert main(["registries", "remove", "one.example.com"]) == 0
    assert hosts(document.read_text()) == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [("distribution", "authorization"), ("harbor", "authorization"), ("github", "secret"), ("quay", "")],
)
def test_a_hook_comes_with_what_its_registry_must_be_told(
    document: Path, capsys: pytest.CaptureFixture[str], kind: str, told: str
) -> None:
    assert main(["registries", "add", "registry.example.com:5000", "--hook", kind]) == 0
    registry = parse_registries(document.read_text()).named("registry.example.com-5000")
    assert registry is not None
    assert registry.hook is not None
    shown = capsys.readouterr().err
    assert f"/hooks/registry.example.com-5000/{registry.hook.token.get_secret_value()}" in shown
    secret = registry.hook.secret_value
    assert (secret is not None) == bool(told)
    assert secret is None or secret in shown


def test_docker_s_own_credentials_are_taken_over(document: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"auths": {"one.example.com": {"auth": "dXNlcjpwYXNzd29yZA=="}, "two.example.com": {}}}')
    assert main(["registries", "add", "one.example.com", "--docker-config", str(config)]) == 0
    assert parse_registries(document.read_text()).of("one.example.com").credentials is not None
    assert main(["registries", "add", "two.example.com", "--docker-config", str(config)]) == 1
    assert main(["registries", "add", "two.example.com", "--docker-config", str(tmp_path / "none")]) == 1
    assert main(["registries", "add", "two.example.com", "--auth", "ecr", "--username", "x"]) == 1
    assert hosts(document.read_text()) == ["one.example.com"]


def test_a_wrong_option_leaves_the_document_as_it_was(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document.write_text(DOCUMENT)
    assert main(["registries", "add", "three.example.com", "--hook", "google", "--service-account", "a@b"]) == 1
    assert main(["registries", "add", "*.example.com", "--hook", "quay"]) == 1
    assert document.read_text() == DOCUMENT
    assert "belong together" in capsys.readouterr().err


def test_a_document_that_is_kept_elsewhere_is_changed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRIES", "secretsmanager:cargohold/registries")
    assert main(["registries", "add", "one.example.com"]) == 1
    with pytest.raises(InvalidConfiguration, match="secretsmanager"):
        registries_file.path_of("secretsmanager:cargohold/registries")


def test_a_check_says_what_is_wrong_with_each(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(request: Any) -> Reply:
        if request.path.startswith("/v2/team/app/tags"):
            return Reply(200, b'{"tags": ["1", "2"]}')
        return Reply(404) if "_catalog" in request.path else Reply(200, b"{}")

    with serving(answer) as good, serving(lambda _: Reply(401)) as closed:
        open_ = {"insecure_http": True, "allow_private": True}
        listed = [
            {"host": good.host, "repositories": ["team/*", "team/app"], **open_},
            {"host": closed.host, **open_},
            {"host": good.host.replace("127.0.0.1", "localhost"), "insecure_http": True},
            {"host": "*.example.com"},
        ]
        document.write_text(json.dumps({"registries": listed}))
        assert main(["registries", "check", "--json"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert [(item["ok"], item["code"]) for item in found] == [
            (True, ""),
            (False, "unauthorized"),
            (False, "address_forbidden"),
        ]
        assert found[0]["detail"] == "known as nobody in particular, 2 tags in team/app, no catalog"
        assert main(["registries", "check", good.host]) == 0
        assert main(["registries", "check", "none.example.com"]) == 1
    assert "registry_unknown" in capsys.readouterr().err
