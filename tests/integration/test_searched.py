"""From an image to what the commands print, through the archive and back: secrets, kept files, file rights."""

import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness import layouts, one_machine
from tests.harness.rows import execute, one, rows
from tests.harness.secrets import SAMPLES

from analyze.layer.codec import decode
from cargohold.database.connection import Database
from cargohold.lifecycle import Transition
from cargohold.objects.open import open_store
from cargohold_cli import local, loop, read
from cargohold_cli.main import UNKNOWN, main

PAT = SAMPLES["github-pat"].value(7)
KEY = SAMPLES["aws-access-key-id"].value(7)
STRIPE = SAMPLES["stripe-secret-token"].value(7)
NAME = "image:app"  # the layout's directory, and the name in it
PASSWORD = "correct horse"[:7] + "Battery9"

Command = Callable[..., Any]


def forget() -> None:
    """Forget what handlers and the command remember of an environment."""
    local.database.cache_clear()
    local.start.cache_clear()
    one_machine.forget()


def tar(*members: tuple[str, bytes, int], whiteouts: tuple[str, ...] = ()) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content, mode in (*members, *((name, b"", 0o644) for name in whiteouts)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            if name.endswith("/"):
                entry.type = tarfile.DIRTYPE
            archive.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def image(root: Path) -> str:
    """Write an image with secrets in files, one of them deleted again, in a variable and in a command."""
    layout = layouts.Layout(root)
    base = tar(
        ("etc/os-release", b"ID=debian\nVERSION_ID=12\n", 0o644),
        ("etc/app.conf", f"# settings\ntoken = {PAT}\n".encode(), 0o644),
        ("root/.m2/settings.xml", f"<password>{PASSWORD}</password>".encode(), 0o600),
        ("root/deploy", f"export KEY={KEY}\n".encode(), 0o600),
        ("usr/bin/su", b"\x7fELF", 0o4755),
        ("usr/bin/wall", b"\x7fELF", 0o2755),
        ("var/spool/open", b"x", 0o666),
        ("tmp/", b"", 0o1777),
        ("srv/open/", b"", 0o777),
    )
    layers = [base, tar(whiteouts=("root/.wh.deploy",))]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [layouts.digest_of(layer) for layer in layers]},
        "config": {
            "Env": ["PATH=/bin", f"STRIPE={STRIPE}"],
            "User": "app",
            "ExposedPorts": {"8080/tcp": {}},
            "Entrypoint": ["/run", f"--key={STRIPE}"],
            "Labels": {"maintainer": "someone", "key": STRIPE},
        },
        "history": [
            {"created_by": f"RUN fetch --header {STRIPE} something"},
            {"created_by": "ENV STRIPE=...", "empty_layer": True},
            {"created_by": "RUN rm /root/deploy"},
        ],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": layouts.MANIFEST,
        "config": layout.document(config, layouts.CONFIG),
        "layers": [layout.blob(gzip.compress(layer, mtime=0), layouts.LAYER) for layer in layers],
    }
    layout.name(layout.document(manifest, layouts.MANIFEST, platform={"os": "linux", "architecture": "amd64"}), "app")
    return f"oci:{root}:app"


@pytest.fixture
def command(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    for name, value in {
        "DATABASE_URL": database_url,
        "OBJECT_STORE": "postgres:",
        "ARCHIVE_STORE": (tmp_path / "archive").as_uri(),
        "MESSAGING": "database",
        "REGISTRIES": "",
        "CACHE_ROOT": str(tmp_path / "cache"),
        "SCRATCH_ROOT": str(tmp_path / "scratch"),
        "CARGOHOLD_HOME": str(tmp_path / "home"),
        "PLATFORMS": "",
        "RETRIEVE": "/etc/os-release /etc/shadow",
        "CONTENT_SEARCH": json.dumps(
            [{"name": "ids", "expression": "^[A-Z_]*ID=", "paths": ["/etc/*-release"], "text": True}]
        ),
    }.items():
        monkeypatch.setenv(name, value)
    forget()

    def run(*arguments: str) -> Any:
        capfd.readouterr()
        code = main(arguments)
        out = capfd.readouterr().out
        assert not any(value in out for value in (PAT, KEY, STRIPE, PASSWORD)), "a value was printed"
        if code:
            return code
        return json.loads(out) if "--json" in arguments else out

    yield run
    forget()


def test_secrets_from_the_image_to_the_query_and_through_the_archive(
    command: Command, database: Database, tmp_path: Path
) -> None:
    reference = image(tmp_path / "image")
    assert command("analyze", reference, "--progress", "none") == ""
    (digest,) = (item["digest"] for item in command("images", "--json")["items"])
    found = command("secrets", digest, "--json")["items"]
    places = {
        (item["rule"], item["source"], item["path"], item["layer"], item["line"], item["visible"]) for item in found
    }
    assert places == {
        ("github-pat", "file", "/etc/app.conf", 0, 2, True),
        ("maven-settings-password", "file", "/root/.m2/settings.xml", 0, 1, True),
        ("aws-access-key-id", "file", "/root/deploy", 0, 1, False),
        ("stripe-secret-token", "config", "config.Env[1]", None, 1, True),
        ("stripe-secret-token", "config", "config.Entrypoint[1]", None, 1, True),
        ("stripe-secret-token", "config", "config.Labels[1]", None, 1, True),
        ("stripe-secret-token", "config", "history[0].created_by", 0, 1, True),
    }
    assert {item["image"] for item in found} == {digest}
    hidden = next(item for item in found if not item["visible"])
    assert hidden["created_by"] == "RUN fetch --header sk_live_**************** something"

    assert [item["rule"] for item in command("secrets", "--hidden", "--json")["items"]] == ["aws-access-key-id"]
    assert len(command("secrets", "--severity", "critical", "--json")["items"]) == 6
    assert len(command("secrets", "--digest", hidden["digest"], "--json")["items"]) == 1
    assert len(command("secrets", "--rule", "stripe-secret-token", "--json")["items"]) == 4
    pages, after = [], []
    for _ in found:
        page = command("secrets", "--limit", "1", *after, "--json")
        pages += page["items"]
        after = ["--after", page["next"]]
    assert page["next"] is None
    assert pages == found
    assert "github-pat" in command("secrets", digest)

    before = rows(database, "secret")
    loop.transition(digest, Transition.ARCHIVE)
    assert one(database, "SELECT count(*) FROM secret") == 0
    assert command("secrets", digest) == UNKNOWN
    assert command("secrets", "--json")["items"] == []
    loop.transition(digest, Transition.RESTORE)
    assert rows(database, "secret") == before
    assert command("secrets", digest, "--json")["items"] == found


@pytest.mark.trap("A19")
def test_no_value_is_stored_anywhere_but_in_the_config_itself(
    command: Command, database: Database, tmp_path: Path
) -> None:
    command("analyze", image(tmp_path / "image"), "--progress", "none")
    values = (PAT, KEY, STRIPE, PASSWORD)
    with database.transaction() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            stored = [text for (text,) in cursor.fetchall()]
            assert not any(value in text for value in values for text in stored), table
    store = open_store("postgres:")
    seen = set()
    for info in list(store.list("")):
        with store.get(info.key) as reader:
            content = reader.read()
        kind, name = info.key.partition("/")[0], info.key.rpartition("/")[2]
        seen.add(kind if kind == "records" else name)
        if kind == "records":
            content = repr(decode(content)).encode()
        if name != "config":  # byte for byte, so that its digest holds
            assert not any(value.encode() in content for value in values), info.key
    assert {"config", "secrets", "contents", "packages", "analysis", "records"} <= seen


def test_kept_files_and_searches(command: Command, tmp_path: Path) -> None:
    reference = image(tmp_path / "image")
    command("analyze", reference, "--progress", "none")
    listing = command("contents", NAME)
    assert re.search(r"/etc/os-release\s+0\s+24 B\s+ids: 2 lines", listing)
    assert command("contents", NAME, "/etc/os-release") == "ID=debian\nVERSION_ID=12\n"
    (item,) = command("contents", NAME, "--json")
    assert item["matches"] == [{"name": "ids", "count": 2, "lines": [1, 2], "texts": ["ID=debian", "VERSION_ID=12"]}]
    assert command("contents", NAME, "/etc/app.conf") == UNKNOWN


def test_rights_of_files_and_facts_of_the_config(command: Command, tmp_path: Path) -> None:
    command("analyze", image(tmp_path / "image"), "--progress", "none")

    def paths(*options: str) -> list[str]:
        return [item["path"] for item in command("files", NAME, *options, "--json")]

    assert paths("--suid") == ["/usr/bin/su", "/usr/bin/wall"]
    assert paths("--world-writable") == ["/srv/open", "/var/spool/open"]
    assert paths("--under", "etc/") == ["/etc/app.conf", "/etc/os-release"]
    assert paths("--suid", "--under", "/usr/bin/su") == ["/usr/bin/su"]
    assert len(paths("--limit", "0")) == 8
    assert "4755" in command("files", NAME, "--suid")
    config = command("image", NAME, "--json")["config"]
    assert (config["user"], config["exposed_ports"], config["environment"]) == ("app", ["8080/tcp"], ["PATH", "STRIPE"])
    assert config["labels"] == [["key", "sk_live_****************"], ["maintainer", "someone"]]
    assert "8080/tcp" in command("image", NAME)


def test_an_allowed_secret_is_left_out_and_nothing_is_read_again(
    command: Command, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = image(tmp_path / "image")
    command("analyze", reference, "--progress", "none")
    pat = next(item for item in command("secrets", "--json")["items"] if item["rule"] == "github-pat")
    allowed = f"path:/root/** rule:stripe-secret-token value:{pat['digest']}"
    monkeypatch.setenv("SECRETS_ALLOW", allowed)
    for blob in (tmp_path / "image" / "blobs" / "sha256").iterdir():
        if blob.read_bytes()[:2] == b"\x1f\x8b":
            blob.unlink()  # a layer that is read again fails
    forget()
    command("analyze", reference, "--progress", "none")
    assert command("secrets", "--json")["items"] == []
    assert one(database, "SELECT count(*) FROM image") == 1


def test_without_the_search_the_command_says_that_nobody_looked(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRETS", "off")
    monkeypatch.setenv("RETRIEVE", "")
    monkeypatch.setenv("CONTENT_SEARCH", "")
    reference = image(tmp_path / "image")
    command("analyze", reference, "--progress", "none")
    assert "was not searched for secrets" in command("secrets", NAME)
    assert "Nothing was kept" in command("contents", NAME)
    monkeypatch.setenv("SECRETS", "on")
    forget()
    command("analyze", reference, "--progress", "none")
    assert len(command("secrets", NAME, "--json")["items"]) == 7


def test_an_analysis_from_before_there_were_such_documents_comes_back_byte_for_byte(
    command: Command, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRETS", "off")
    monkeypatch.setenv("RETRIEVE", "")
    monkeypatch.setenv("CONTENT_SEARCH", "")
    command("analyze", image(tmp_path / "image"), "--progress", "none")
    digest = read.find_image(NAME)
    before = read.document_hashes(digest)
    assert not {"secrets", "contents"} & set(before)
    loop.transition(digest, Transition.ARCHIVE)
    loop.transition(digest, Transition.RESTORE)
    assert read.document_hashes(digest) == before
    assert execute(database, "DELETE FROM secret") == 0
