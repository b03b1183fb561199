"""`cargohold doctor` on parts that work, and with each part broken in turn."""

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.harness import registry as registries
from tests.harness.postgres import PostgresServer

from cargohold.contracts import AnalyzeRequest, Reference
from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.registry.document import parse_registries
from cargohold.settings import DatabaseSettings
from cargohold_cli.doctor.registries import check_way_out, resolves_to_ipv6
from cargohold_cli.main import main
from cargohold_cli.worker import Context

Findings = dict[str, dict[str, str]]
Doctor = Callable[..., tuple[int, Findings]]


@pytest.fixture
def doctor(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Doctor:
    """Runs the command; returns its exit code and what it found, by check."""
    for name, value in {
        "CARGOHOLD_HOME": str(tmp_path / "home"),
        "DATABASE_URL": database_url,
        "OBJECT_STORE": "postgres:",
        "ARCHIVE_STORE": (tmp_path / "archive").as_uri(),
        "CACHE_ROOT": str(tmp_path / "cache"),
        "SCRATCH_ROOT": str(tmp_path / "scratch"),
        "CACHE_BYTES": "1000",
        "SCRATCH_BYTES": "1000",
        "REGISTRIES": "",
        "MESSAGING": "database",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*options: str, **environment: str) -> tuple[int, Findings]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capfdbinary.readouterr()
        code = main(["doctor", "--json", *options])
        answer = json.loads(capfdbinary.readouterr().out)
        assert answer["ok"] == (code == 0)
        for finding in answer["findings"]:
            assert finding["advice"] or finding["verdict"] in ("ok", "skipped"), finding
        return code, {finding["check"]: finding for finding in answer["findings"]}

    return run


def wrong(findings: Findings) -> list[str]:
    return [name for name, finding in findings.items() if finding["verdict"] not in ("ok", "skipped")]


def test_all_is_well_and_nothing_stays_behind(doctor: Doctor, database: Database, tmp_path: Path) -> None:
    code, findings = doctor()
    assert code == 0
    assert wrong(findings) == []
    assert {
        "settings",
        "database",
        "migrations",
        "roles",
        "object store",
        "archive store",
        "scratch",
    } <= findings.keys()
    left = [path for name in ("archive", "cache", "scratch") for path in (tmp_path / name).rglob("*") if path.is_file()]
    assert left == []
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM object")
        assert cursor.fetchone()[0] == 0


def test_a_wrong_setting_is_named(doctor: Doctor) -> None:
    code, findings = doctor(HISTORY_DAYS="3", CONTENT_SEARCH="[{]")
    assert code == 1
    assert wrong(findings) == ["settings of analyze", "settings of persist"]
    assert "HISTORY_DAYS" in findings["settings of persist"]["detail"]
    assert "CONTENT_SEARCH" in findings["settings of analyze"]["detail"]


def test_a_database_that_does_not_answer(doctor: Doctor) -> None:
    url = f"postgresql://someone:the-password@127.0.0.1:{registries.free_port()}/cargohold"
    code, findings = doctor(DATABASE_URL=url)
    assert code == 1
    assert wrong(findings) == ["database"]
    assert "the-password" not in json.dumps(findings)
    assert findings["object store"]["verdict"] == "skipped"


def test_a_database_that_was_not_migrated(doctor: Doctor, postgres: PostgresServer) -> None:
    with postgres.new_database(migrated=False) as url:
        code, findings = doctor(DATABASE_URL=url, OBJECT_STORE="memory:")
    assert code == 1
    assert wrong(findings) == ["migrations"]
    assert "0001_initial.sql" in findings["migrations"]["detail"]
    assert "migrate function" in findings["migrations"]["advice"]


def test_the_migrate_function_says_how_far_the_database_is_and_changes_nothing(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = importlib.import_module("migrate.handler").handle
    with postgres.new_database(migrated=False) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        for _ in range(2):
            answer = handle({"check": True}, Context("migrate", "1"))
            assert answer["pending"][0] == "0001_initial.sql"
        assert handle({}, Context("migrate", "1"))["applied"][0] == 1
        assert handle({"check": True}, Context("migrate", "1")) == {"pending": [], "newer": []}


def test_a_database_of_a_newer_release(doctor: Doctor, database: Database) -> None:
    with database.transaction() as cursor:
        cursor.execute("INSERT INTO schema_migration (version, name, sha256) VALUES (9999, '9999_later.sql', '')")
    code, findings = doctor()
    assert (code, wrong(findings)) == (0, ["migrations"])
    assert "9999" in findings["migrations"]["detail"]


def test_a_user_without_rights(doctor: Doctor, database: Database, database_url: str) -> None:
    with database.transaction() as cursor:
        cursor.execute("DO $$ BEGIN CREATE ROLE doctor_stranger LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    url = f"{database_url}&options=-c%20role%3Ddoctor_stranger"
    code, findings = doctor(DATABASE_URL=url, OBJECT_STORE="memory:")
    assert code == 1
    assert wrong(findings) == ["migrations", "roles"]


def test_stores_that_cannot_be_written(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    code, findings = doctor(OBJECT_STORE=f"file://{tmp_path}/file/documents", ARCHIVE_STORE="tape://1")
    assert code == 1
    assert wrong(findings) == ["object store", "archive store"]


def test_a_cache_that_cannot_be_written_and_scratch_without_room(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    room = shutil.disk_usage(tmp_path).total
    code, findings = doctor(CACHE_ROOT=f"{tmp_path}/file/cache", SCRATCH_BYTES=str(2 * room))
    assert code == 1
    assert wrong(findings) == ["layer cache", "scratch"]
    assert findings["scratch"]["verdict"] == "warning"


def test_messages_that_were_given_up_and_come_again(doctor: Doctor, database: Database, database_url: str) -> None:
    queues = InProcessMessenger(DatabaseSettings(database_url=database_url))
    queues.send("analyze", AnalyzeRequest(reference=Reference(registry="", repository="x"), reason="manual"))
    with database.transaction() as cursor:
        cursor.execute("UPDATE message SET dead = true, receives = 5, sent_at = now() - interval '2 hours'")
    code, findings = doctor()
    assert (code, wrong(findings)) == (1, ["queue analyze"])
    assert "--redrive" in findings["queue analyze"]["advice"]
    assert queues.redrive() == 1
    queues.close()
    code, findings = doctor()
    assert (code, wrong(findings)) == (0, ["queue analyze"]), "it waits and nobody works"
    assert findings["queue analyze"]["verdict"] == "warning"


@pytest.fixture
def locked_registry(tmp_path: Path) -> Iterator[registries.Registry]:
    directory = tmp_path / "registry"
    directory.mkdir()
    with registries.running(directory, "htpasswd") as running:
        yield running


def test_registries_that_refuse_or_are_gone(
    doctor: Doctor, locked_registry: registries.Registry, tmp_path: Path
) -> None:
    document = tmp_path / "registries.json"

    def check(host: str, password: str) -> tuple[int, dict[str, str]]:
        entry = {"host": host, "insecure_http": True, "allow_private": True, "username": registries.USER}
        document.write_text(json.dumps({"registries": [entry | {"password": password}]}))
        code, findings = doctor(REGISTRIES=f"file:{document}")
        assert password not in json.dumps(findings)
        return code, findings[f"registry {host}"]

    assert check(locked_registry.host, registries.PASSWORD)[0] == 0
    code, finding = check(locked_registry.host, "outdated")
    assert code == 1
    assert finding["detail"].startswith("unauthorized")
    assert "credentials" in finding["advice"]
    code, finding = check(f"127.0.0.1:{registries.free_port()}", "some")
    assert code == 1
    assert finding["detail"].startswith("registry_unavailable")


@pytest.mark.parametrize(
    ("egress", "lost"),
    [("nat", []), ("ipv6", ["four.example"]), ("endpoints", ["four.example", "six.example", "registry-1.docker.io"])],
)
def test_registries_that_the_way_out_does_not_reach(egress: Any, lost: list[str]) -> None:
    hosts = ["four.example", "six.example", "docker.io", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "*.example"]
    document = parse_registries(json.dumps({"registries": [{"host": host} for host in hosts]}))
    asked: list[str] = []

    def has_ipv6(host: str) -> bool:
        asked.append(host)
        return host != "four.example"

    found = {finding.check: finding for finding in check_way_out(document, egress, has_ipv6)}
    names = [name.replace("registry-1.docker.io", "docker.io") for name in lost]
    assert sorted(f"way out to {name}" for name in names) == sorted(
        check for check, finding in found.items() if finding.verdict == "failed"
    )
    assert all("Egress=nat" in finding.advice for finding in found.values() if finding.verdict == "failed")
    assert not asked or "registry-1.docker.io" in asked, "the host that serves Docker Hub is looked up"


def test_names_and_addresses_without_ipv6() -> None:
    assert not resolves_to_ipv6("127.0.0.1")
    assert not resolves_to_ipv6("no-such-host.invalid")
    assert resolves_to_ipv6("[::1]")


def test_it_is_readable(doctor: Doctor, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    doctor()
    assert main(["doctor"]) == 0
    text = capfdbinary.readouterr().out.decode()
    assert "ok       database: Postgres" in text
    assert text.endswith(" ok\n")


def test_queues_in_aws(doctor: Doctor, aws: str) -> None:
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName="doctor-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    live = sqs.create_queue(QueueName="doctor-live", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    urls = {f"{name}_QUEUE_URL": live for name in ("ANALYZE", "PERSIST", "ARCHIVE", "RECONCILE")}
    assert wrong(doctor(MESSAGING="aws", **urls)[1]) == []
    sqs.send_message(QueueUrl=dead, MessageBody="{}")
    code, findings = doctor(MESSAGING="aws", RECONCILE_QUEUE_URL="")
    assert code == 1
    assert wrong(findings) == ["given up of analyze", "given up of persist", "given up of archive", "queue reconcile"]
    assert arn in findings["given up of analyze"]["advice"]
    code, findings = doctor(MESSAGING="aws", RECONCILE_QUEUE_URL=f"{live}-gone")
    assert findings["queue reconcile"]["verdict"] == "failed"


def test_the_command_starts_without_looking_at_aws() -> None:
    script = "import sys; import cargohold_cli.doctor.here; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
