"""`cargohold --endpoint URL` says of an API what `cargohold` says where the API is."""

import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.harness import api, one_machine
from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis
from tests.harness.api import Client
from tests.harness.layouts import Layout, tar_of
from tests.harness.registry import Registry

from api import answers
from cargohold.contracts import AnalysisFailed, AnalysisStarted, Reference
from cargohold.identifiers import uuid7
from cargohold.model import Content, ContentMatch, FileRecord, License, Scope
from cargohold_cli import awaited, endpoint, local, remote, resumed, rule_runs
from cargohold_cli import client as clients
from cargohold_cli import main as command
from cargohold_cli.commands import watch
from cargohold_cli.main import FAILED, UNKNOWN, WRONG_USAGE, main
from cargohold_cli.web import Application
from persist.messages import handle_message

TOKEN = "a-token-for-the-tests"
FILES = [
    FileRecord("/etc", "directory", 0o40777, 0, 0, 0, 0),
    FileRecord("/usr/bin/sudo", "file", 0o104755, 0, 0, 9, 0, digest("sudo")),
    FileRecord("/usr/bin/su", "symlink", 0o120777, 0, 0, 0, 0, link="sudo"),
]
CONTENTS = [
    Content("/etc/os-release", 0, digest("os-release"), True, b64encode(b"ID=debian\n\xff").decode()),
    Content("/etc/passwd", 0, digest("passwd"), matches=(ContentMatch("root", 2, (1, 3), ("root:x", "toor:x")),)),
]
NAMES = [digest(f"image {number}") for number in range(3)]


@pytest.fixture
def client(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of an API with two images and an archived one."""
    more = {
        "DATABASE_URL": database_url,
        "ARCHIVE_STORE": (tmp_path / "archive").as_uri(),
        "CARGOHOLD_HOME": str(tmp_path / "home"),
        "CARGOHOLD_TOKEN": TOKEN,
    }
    for name, value in (api.ENVIRONMENT | more).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(endpoint.ENDPOINT, raising=False)
    for cached in (local.start, local.database, remote.connect, clients.connect):
        cached.cache_clear()
    with api.client(database_url) as client:
        for number, name in enumerate(NAMES):
            at = EPOCH + timedelta(minutes=number)
            found = [
                package("left-pad", f"1.{number}.0", id=f"a{number}", licenses=(License("MIT", "MIT"),)),
                package("gone", id=f"b{number}", scope=Scope.HIDDEN),
            ]
            message = store_analysis(
                client.to.store,
                name,
                analysis_id(at),
                found,
                files=FILES,
                contents=CONTENTS,
                references=(pushed(at, f"v{number}"),),
            )
            handle_message(message, client.to)
        client.ask("POST", f"/v1/images/{NAMES[2]}/archive")
        client.drain()
        yield client
    for cached in (local.start, local.database, remote.connect, clients.connect):
        cached.cache_clear()


@pytest.fixture
def address(client: Client) -> Iterator[str]:
    """The address of a server of the API."""
    with api.serving(Application(TOKEN)) as address:
        yield address


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command; return its exit code and what it wrote."""

    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(words)
        os.environ.pop(endpoint.ENDPOINT, None)  # main has set it
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def test_both_say_the_same(address: str, said: Any, tmp_path: Path) -> None:
    commands: list[tuple[str, ...]] = [
        ("images",),
        ("images", "--json", "--include-archived", "--limit", "1"),
        ("images", "--tag", "v1", "--package", "left-pad", "--distro", "debian"),
        ("images", "--failed"),
        ("image", "shop/checkout:v1"),
        ("image", NAMES[0][7:20], "--json"),
        ("packages", "left-pad", "--json"),
        ("packages", "--contains", "pad", "--type", "npm", "--version", ">=1.0.0,<1.1.0"),
        ("packages", "--image", "shop/checkout:v0", "--scope", "all"),
        ("secrets", "--json", "--severity", "high", "--visible"),
        ("secrets", "shop/checkout:v0", "--hidden"),
        ("diff", "shop/checkout:v0", "shop/checkout:v1", "--scope", "all"),
        ("diff", NAMES[0], NAMES[1], "--json"),
        ("archives", "list"),
        ("archives", "show", NAMES[2], "--json"),
        ("archives", "status"),
        ("archives", "audits"),
        ("rules", "list"),
        ("rules", "show"),
        ("rules", "show", "old", "--json"),
        ("rules", "history"),
        ("status",),
        ("status", "--json"),
        ("files", NAMES[0]),
        ("files", NAMES[0], "--under", "/usr", "--json"),
        ("files", "shop/checkout:v1", "--suid", "--world-writable", "--limit", "2"),
        ("contents", NAMES[0]),
        ("contents", NAMES[0], "--json"),
        ("contents", NAMES[0], "etc/os-release"),
        ("contents", NAMES[1]),
        ("sbom", NAMES[0]),
        ("sbom", NAMES[0], "-o", "cyclonedx-json@1.5", "--scope", "all", "--creator", "team@example.com"),
    ]
    assert said("rules", "add", "old", "--age", "90", "--exclude", "shop/*@7")[0] == 0
    for words in commands:
        here = said(*words)
        assert here[0] == 0, (words, here)
        assert here[1], words
        assert said("--endpoint", address, *words) == here, words


def test_an_sbom_of_any_size_comes_over(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole, _ = said("sbom", NAMES[0])
    monkeypatch.setattr(answers, "PART", 400)
    assert said("--endpoint", address, "sbom", NAMES[0])[1] == whole


def test_files_come_over_page_by_page(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole, _ = said("files", NAMES[0])
    monkeypatch.setattr(remote, "ROWS", 1)
    assert said("--endpoint", address, "files", NAMES[0])[1] == whole
    assert whole.count("/usr/bin/su") == 2


def test_errors_are_those_of_the_api(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, message = said("--endpoint", address, "image", "nowhere")
    assert (code, message) == said("image", "nowhere")[::2]
    assert code == UNKNOWN
    assert "ambiguous_name" in said("--endpoint", address, "image", "shop/checkout")[2]
    assert "invalid_query" in said("--endpoint", address, "packages", "--type", "npm")[2]
    assert "invalid_reference" in said("--endpoint", address, "analyze", "oci:here")[2]
    remote.connect.cache_clear()
    clients.connect.cache_clear()
    monkeypatch.setenv("CARGOHOLD_TOKEN", "another-token-0123")
    code, _, message = said("--endpoint", address, "images")
    assert code == FAILED
    assert "unauthenticated" in message


def test_a_bundle_is_fetched_verified_and_taken_elsewhere(
    client: Client, address: str, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here.tar.zst", tmp_path / "there.tar.zst"
    assert said("archives", "export", NAMES[2], "-o", str(here))[0] == 0
    monkeypatch.setattr(answers, "PART", 1000)
    assert said("--endpoint", address, "archives", "export", "shop/checkout:v2", "-o", str(there))[0] == 0
    assert len(here.read_bytes()) > 1000, "in several parts"
    assert there.read_bytes() == here.read_bytes()
    assert "whole" in said("--endpoint", address, "archives", "verify", NAMES[2])[2]

    stored = max(
        (path for path in tmp_path.glob("archive/**/*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    stored.write_bytes(stored.read_bytes()[:-40] + b"x" * 40)
    code, _, message = said("--endpoint", address, "archives", "export", NAMES[2], "-o", str(there), "--force")
    assert code == FAILED, message
    assert there.read_bytes() == here.read_bytes(), "what is damaged replaces nothing"


HERE = {
    "objects": ("list-drivers",),
    "reindex": (),
    "doctor": (),
    "cache": ("stats",),
    "registries add": ("registry.example.com",),
    "registries list": (),
    "registries check": (),
    "registries remove": ("x",),
    "registries path": (),
    "work": (),
    "serve": (),
    "demo": (),
}


def test_every_command_asks_or_says_why_it_does_not(address: str, said: Any) -> None:
    assert set(HERE) == set(endpoint.LOCAL)
    assert {name.split()[0] for name in HERE} <= set(command.COMMANDS)
    for name, more in HERE.items():
        code, _, message = said("--endpoint", address, *name.split(), *more)
        assert (code, "local_only" in message, endpoint.LOCAL[name] in message) == (FAILED, True, True), name
    for words in (
        ("analyze", "x", "--no-persist", "-o", "table"),
        ("analyze", "x", "--platform", "linux/arm64"),
        ("registries", "reconcile", "--dry-run"),
    ):
        assert "local_only" in said("--endpoint", address, *words)[2], words


def test_what_is_to_be_done_is_asked_for(client: Client, address: str, said: Any) -> None:
    def ask(*words: str) -> str:
        code, _, message = said("--endpoint", address, *words)
        assert code == 0, message
        return str(message)

    assert "archives status" in ask("archive", "shop/checkout:v0")
    (request,) = client.messages("archive")
    assert (request["image"], request["transition"]) == (NAMES[0], "archive")
    ask("delete", NAMES[0], NAMES[1])
    ask("restore", NAMES[2])
    ask("archives", "delete", NAMES[2])
    moves = [(message["image"], message["transition"]) for message in client.messages("archive")]
    assert moves == [
        (NAMES[0], "delete_image"),
        (NAMES[1], "delete_image"),
        (NAMES[2], "restore"),
        (NAMES[2], "delete_archive"),
    ]
    assert "archives status" in ask("archives", "resume", NAMES[0], NAMES[2])
    runs = [(message["job"], message["cursor"]) for message in client.messages("archive")]
    assert runs == [("archive-continue", f"bundles/{name}/") for name in (NAMES[0], NAMES[2])]
    assert said("--endpoint", address, "archives", "resume", "nowhere")[0] == UNKNOWN
    ask("registries", "reconcile", "registry.example.com:5000")
    ask("registries", "reconcile")
    assert [run["registry"] for run in client.messages("reconcile")] == ["registry.example.com:5000", ""]
    assert "invalid_request" in said("--endpoint", address, "registries", "reconcile", "a b/c")[2]
    assert "transition_conflict" in said("--endpoint", address, "archives", "cancel", NAMES[0])[2]
    assert "registry.example.com/team/app:1" in ask("analyze", "registry.example.com/team/app:1", "--force")
    (asked,) = client.messages("analyze")
    assert (asked["reference"]["tag"], asked["force"], asked["reason"]) == ("1", True, "manual")


def test_an_audit_is_asked_for_and_its_findings_are_read(client: Client, address: str, said: Any) -> None:
    code, _, message = said("--endpoint", address, "archives", "audit", "--sample", "1")
    assert (code, "archives audits" in message) == (0, True), message
    client.drain()
    _, found, _ = said("--endpoint", address, "archives", "audits", "--json")
    (audit,) = json.loads(found)
    assert audit["execution_id"] in message
    assert (audit["wanted"], audit["whole"], audit["damaged"]) == (1, 1, 0)
    assert audit["finished_at"]
    asked = json.loads(said("--endpoint", address, "archives", "audit", "--json")[1])
    assert asked["execution_id"] != audit["execution_id"]
    assert "invalid_request" in said("--endpoint", address, "archives", "audit", "--sample", "0")[2]


def test_what_stopped_on_its_way_goes_on_when_asked(client: Client, address: str, said: Any) -> None:
    said("--endpoint", address, "archive", NAMES[0])
    (request,) = client.messages("archive")
    with client.database.transaction() as cursor:
        cursor.execute(
            "UPDATE image SET status = 'archiving', request_id = %s, revision = revision + 1, status_changed_at = now()"
            " WHERE digest = %s",
            (request["request_id"], bytes.fromhex(NAMES[0][7:])),
        )
    assert said("--endpoint", address, "archives", "resume", NAMES[0])[0] == 0
    client.drain()
    assert "archived" in said("--endpoint", address, "archives", "show", NAMES[0])[1]


def test_what_stopped_on_its_way_is_taken_up_by_force(
    client: Client, address: str, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumed, "time", SimpleNamespace(sleep=lambda _: client.drain(), monotonic=time.monotonic))

    def stop(table: str, status: str, name: str) -> None:
        column = "request_id" if table == "image" else "transition_id"
        with client.database.transaction() as cursor:
            cursor.execute(
                f"UPDATE {table} SET status = %s, {column} = %s, revision = revision + 1, status_changed_at = now()"
                " WHERE digest = %s",
                (status, str(uuid7()), bytes.fromhex(name[7:])),
            )

    def ask(*words: str, code: int = 0) -> str:
        found, _, message = said("--endpoint", address, *words, "--force")
        assert found == code, message
        return str(message)

    stop("image", "archiving", NAMES[0])
    assert "transition_conflict" in said("--endpoint", address, "archive", NAMES[0])[2]
    assert f"archived {NAMES[0]}" in ask("archive", NAMES[0]).splitlines()[-1]
    assert client.messages("archive") == [], "once is enough"
    stop("archived_image", "restoring", NAMES[2])
    assert f"restored {NAMES[2]}" in ask("restore", NAMES[2])
    assert said("image", NAMES[2])[0] == 0

    # What was under way is another move: the one that is asked for comes after it, and is checked as ever.
    stop("image", "archiving", NAMES[1])
    assert "image_unknown" in ask("delete", NAMES[1], code=UNKNOWN)
    assert said("archives", "show", NAMES[1])[0] == 0
    assert "deleting" in ask("delete", NAMES[2])
    assert [message.get("transition") for message in client.messages("archive")] == [None, "delete_image"]

    stop("image", "archiving", NAMES[2])
    monkeypatch.setattr(resumed, "LONGEST", -1)
    assert "transition_conflict" in ask("delete", NAMES[2], code=FAILED)


def test_rules_are_changed_and_run(
    client: Client, address: str, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*words: str) -> str:
        code, out, message = said("--endpoint", address, "rules", *words)
        assert code == 0, message
        return str(out + message)

    ask("add", "old", "--repository", "shop/*", "--age", "90")
    assert "rule_exists" in said("--endpoint", address, "rules", "add", "old", "--age", "1")[2]
    ask("edit", "old", "--newer-tags", "2", "--unset", "analysis-age-days")
    assert "newer" in said("rules", "show", "old")[1]
    file = tmp_path / "rules.yaml"
    file.write_text(said("rules", "show")[1].replace("name: old", "name: new"))
    assert ask("apply", "-f", str(file), "--prune", "--dry-run") == "new: would be added\nold: would be removed\n"
    assert "old" in ask("list")
    assert ask("apply", "-f", str(file), "--prune") == "new: added\nold: removed\n"
    assert ask("apply", "-f", str(file)) == "new: unchanged\n"
    assert "rule_unknown" in said("--endpoint", address, "rules", "remove", "old")[2]

    # Functions take the message up while the command waits.
    monkeypatch.setattr(rule_runs, "PAUSE", 0)
    looked = []

    def handled(seconds: float) -> None:
        looked.append(seconds)
        client.drain()

    monkeypatch.setattr(rule_runs.time, "sleep", handled)
    assert "dry run" in ask("dry-run")
    assert looked
    monkeypatch.setattr(rule_runs, "LONGEST_RUN", -1)
    assert "is not done yet" in ask("run")
    ask("remove", "new")


@pytest.fixture
def pushed_to(registry: Registry, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository with `one`, an image, `two`, the same for two platforms, and `chart`, which is none."""
    layout = Layout(tmp_path / "layout")
    apk = {"lib/apk/db/installed": b"P:musl\nV:1.2.3-r4\nA:x86_64\n\n"}
    images = [layout.image([tar_of(apk)], architecture=name) for name in ("amd64", "arm64")]
    layout.name(images[0], "one")
    layout.name(layout.index(images), "two")
    layout.name(layout.image([tar_of(apk)], config_type="application/vnd.cncf.helm.config.v1+json"), "chart")
    for tag in ("one", "two", "chart"):
        registry.push(f"oci:{tmp_path / 'layout'}:{tag}", f"team/app:{tag}")
    monkeypatch.setenv("REGISTRIES", one_machine.registries(tmp_path / "registries", registry.entry(one_machine.TOKEN)))
    return f"{registry.host}/team/app"


def test_an_analysis_is_waited_for_and_written(
    client: Client, address: str, pushed_to: str, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Functions take the messages up while the command waits.
    monkeypatch.setattr(awaited, "time", SimpleNamespace(sleep=lambda _: client.drain(), monotonic=time.monotonic))

    def ask(*words: str, code: int = 0) -> tuple[str, str]:
        found, out, message = said("--endpoint", address, "analyze", *words)
        assert found == code, (out, message)
        return out, message

    out, _ = ask(f"{pushed_to}:one", "-o", "cyclonedx-json", "--creator", "team@example.com")
    assert json.loads(out)["components"][0]["name"] == "musl"
    asked = ("cyclonedx-json", "--creator", "team@example.com")
    assert (
        out == said("sbom", f"{pushed_to}:one", "-o", *asked)[1] == said("analyze", f"{pushed_to}:one", "-o", *asked)[1]
    )
    file = tmp_path / "sbom.json"
    (one,) = [item["digest"] for item in json.loads(said("images", "--tag", "one", "--json")[1])["items"]]
    before = json.loads(said("image", one, "--json")[1])["image"]["analysis_id"]
    ask(f"{pushed_to}@{one}", "-o", f"syft-json={file}", "--force")
    assert json.loads(said("image", one, "--json")[1])["image"]["analysis_id"] > before
    assert file.read_text() == said("sbom", one)[1]

    for more in ((), ("--force",)):
        arm, _ = ask(f"{pushed_to}:two", "--json", "--platform", "linux/arm64", *more)
        found = json.loads(said("images", "--tag", "two", "--json")[1])["items"]
        (name,) = [image["digest"] for image in found if image["architecture"] == "arm64"]
        assert arm == said("sbom", name, "-o", "json")[1]
    both = ("--platform", "linux/amd64", "--platform", "linux/arm64")
    out, _ = ask(f"{pushed_to}:two", "--json", *both)
    assert len(out) > len(arm)
    assert out.endswith(arm)
    assert "one file cannot hold" in ask(f"{pushed_to}:two", "-o", f"json={file}", *both, code=WRONG_USAGE)[1]
    assert "--platform" in ask(f"{pushed_to}:two", "--json", code=WRONG_USAGE)[1]

    assert "no_matching_platform" in ask(f"{pushed_to}:one", "--json", *both[2:], code=FAILED)[1]
    assert "not_an_image" in ask(f"{pushed_to}:chart", "--json", code=FAILED)[1]
    assert "image_not_found" in ask(f"{pushed_to}:none", "--json", code=UNKNOWN)[1]

    def killed(_: float) -> None:
        (request,) = client.messages("analyze")
        at = datetime.now(UTC)
        begun = AnalysisStarted(
            reference=Reference.model_validate(request["reference"]), analysis_id=uuid7(), started_at=at, deadline=at
        )
        handle_message(begun, client.to)

    monkeypatch.setattr(awaited.time, "sleep", killed)
    assert "gave_up: the analysis did not end" in ask(f"{pushed_to}:one", "--json", code=FAILED)[1]
    monkeypatch.setattr(awaited, "LONGEST", -1)
    monkeypatch.setattr(awaited.time, "sleep", None)
    assert "not done yet: " in ask(f"{pushed_to}:one", "--json", code=FAILED)[1]
    none = ("--platform", "linux/s390x", "--json")
    assert "or there is no image for" in ask(f"{pushed_to}:two", *none, code=FAILED)[1]


def test_rules_are_explained_of_one_image(
    client: Client, address: str, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_runs, "time", SimpleNamespace(sleep=lambda _: client.drain(), monotonic=time.monotonic))

    def both(*words: str) -> str:
        here = said("rules", "dry-run", *words)
        assert here[0] == 0, here
        there = said("--endpoint", address, "rules", "dry-run", *words)
        if "--json" in words:  # fields come as the database orders them
            assert json.loads(there[1]) == json.loads(here[1])
        else:
            assert there == here
        return str(here[1] + here[2])

    assert "no rules for where it is" in both(NAMES[0])
    for name, *criteria in (
        ("shop", "--repository", "shop/*", "--age", "1"),
        ("other", "--repository", "other/*", "--age", "1"),
        ("gone", "--transition", "delete", "--newer-tags", "7"),
    ):
        assert said("rules", "add", name, *criteria)[0] == 0
    assert "taken by the rule shop" in both(NAMES[0])
    assert "tag_versions_newer" in both("shop/checkout:v2")
    assert said("restore", NAMES[2])[0] == 0
    decisions = json.loads(both(NAMES[2], "--json"))
    assert [decision["image"] for decision in decisions] == [NAMES[2]] * 2, "once of the image, once of its bundle"
    assert "gone" in both(NAMES[2]).splitlines()[-1]
    assert said("--endpoint", address, "rules", "dry-run", "nowhere")[0] == UNKNOWN
    assert client.messages("archive") == [], "nothing is moved"
    monkeypatch.setattr(rule_runs, "LONGEST_RUN", -1)
    code, _, message = said("--endpoint", address, "rules", "dry-run", NAMES[0])
    assert (code, "is not done yet" in message) == (FAILED, True)


def test_what_others_analyze_is_followed(
    client: Client, address: str, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later() -> Iterator[None]:
        at = datetime.now(UTC)
        reference = Reference(registry="registry.example.com", repository="team/app", tag="1", digest=NAMES[1])
        begun = AnalysisStarted(
            reference=reference, analysis_id=uuid7(), started_at=at, deadline=at + timedelta(minutes=5)
        )
        yield handle_message(begun, client.to)
        yield handle_message(
            AnalysisFailed(
                reference=reference,
                analysis_id=begun.analysis_id,
                error_code="not_an_image",
                error_message="it is a chart",
                final=True,
                failed_at=datetime.now(UTC),
            ),
            client.to,
        )

    for words in (("--endpoint", address, "watch"), ("watch",)):
        happens = later()  # the one thing after the first look, the other after the second
        monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=lambda _, happens=happens: next(happens)))
        code, out, _ = said(*words, "--interval", "0.1", "--count", "1")
        began, ended = out.splitlines()
        assert (code, "analyzing  registry.example.com/team/app:1" in began) == (FAILED, True)
        assert "failed     registry.example.com/team/app:1  not_an_image: it is a chart" in ended


@pytest.mark.parametrize(
    "address", ["http://api.example.com", "ftp://127.0.0.1/", "api.example.com", "https://", "https://a/?b"]
)
def test_a_token_goes_nowhere_in_the_clear(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARGOHOLD_TOKEN", TOKEN)
    assert "invalid_configuration" in said("--endpoint", address, "images")[2]


def test_what_is_no_api_is_told_from_one(said: Any) -> None:
    def other(environment: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<html>"]

    with api.serving(other) as address:
        code, _, message = said("--endpoint", address, "images")
    assert (code, "endpoint_failed" in message) == (FAILED, True)
    assert "endpoint_failed" in said("--endpoint", "http://127.0.0.1:9", "images")[2]
