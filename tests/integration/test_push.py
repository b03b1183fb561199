"""A push to a real registry ends as packages in Postgres: notification, hook, queue, analyze, persist, query."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from tests.harness import one_machine
from tests.harness import registry as registries
from tests.harness.layouts import Layout, tar_of

from api.queries.fleet import images_with_packages
from api.queries.images import list_images
from api.queries.packages import PackageFilter
from api.queries.references import list_attempts
from cargohold.contracts import now
from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold_cli.sample import build
from cargohold_cli.worker import drain

# Metrics are off and pile up all the same; when there are a hundred of one, they are printed and the rest is none.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

OTHER_TOKEN = "another-token-0123456"
SCHEMAS = Path(__file__).parents[2] / "docs" / "notifications"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def environment(
    registry: registries.Registry, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcessMessenger]:
    known = one_machine.registries(tmp_path / "registries.json", registry.entry(one_machine.TOKEN))
    with one_machine.queues(monkeypatch, database_url, tmp_path, REGISTRIES=known) as messenger:
        yield messenger


def deliver(registry: registries.Registry, changes: int = 1) -> list[tuple[dict[str, str], bytes]]:
    """Hand on what the registry tells, once it has told so many changes, and return it."""
    told = registry.told(changes)
    one_machine.hand_on(told)
    return told


@pytest.mark.parametrize("times", [1, 3])
def test_a_push_becomes_packages(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path, times: int
) -> None:
    source = build(tmp_path / "image")
    for number in range(times):
        registry.push(source, f"team/app:{number}")
    deliver(registry, times)
    drain(environment)
    found = database.run(lambda cursor: images_with_packages(cursor, PackageFilter(name="openssl"))).items
    assert [[package.version for package in match.packages] for match in found] == [["3.0.17-1~deb12u2"]]
    assert {one.tag for one in found[0].image.references} == {str(number) for number in range(times)}
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM attempt WHERE status = 'analyzed'")
        assert cursor.fetchone()[0] == 1, "one analysis a digest, however many tags"


def rows(database: Database, statement: str, *parameters: Any) -> list[Any]:
    with database.transaction() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def analyses(database: Database) -> dict[str, int]:
    """Return how often each digest was analyzed."""
    return dict(
        rows(
            database,
            "SELECT 'sha256:' || encode(digest, 'hex'), count(*) FROM attempt WHERE status = 'analyzed' GROUP BY 1",
        )
    )


def tags(database: Database) -> dict[str, str]:
    """Return what each tag points to."""
    found = rows(
        database,
        "SELECT repository || ':' || tag, 'sha256:' || encode(digest, 'hex') FROM reference "
        "WHERE removed_at IS NULL AND tag <> ''",
    )
    return dict(found)


def images(database: Database) -> set[str]:
    return {item.digest for item in database.run(list_images).items}


def test_by_digest_by_tag_moved_and_deleted(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "images")
    first, second = (layout.image([tar_of({"etc/number": b"%d" % number})]) for number in range(2))
    layout.name(first, "first")
    layout.name(second, "second")

    registry.push(f"oci:{layout.root}:first", f"team/app@{first['digest']}", "--preserve-digests")
    deliver(registry)
    drain(environment)
    assert (images(database), tags(database)) == ({first["digest"]}, {})

    registry.push(f"oci:{layout.root}:first", "team/app:edge")
    deliver(registry)
    drain(environment)
    assert tags(database) == {"team/app:edge": first["digest"]}

    registry.push(f"oci:{layout.root}:second", "team/app:edge")
    deliver(registry)
    drain(environment)
    assert tags(database) == {"team/app:edge": second["digest"]}
    assert analyses(database) == {first["digest"]: 1, second["digest"]: 1}, "what a tag has left was not read again"

    registry.delete(f"team/app@{second['digest']}")
    deliver(registry)
    drain(environment)
    assert tags(database) == {}


def test_a_replay_of_an_older_push_moves_no_tag_back_and_reads_nothing(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "images")
    first, second = (layout.image([tar_of({"etc/number": b"%d" % number})]) for number in range(2))
    layout.name(first, "first")
    layout.name(second, "second")
    registry.push(f"oci:{layout.root}:first", "team/app:edge")
    recorded = deliver(registry)
    drain(environment)
    registry.push(f"oci:{layout.root}:second", "team/app:edge")
    deliver(registry)
    drain(environment)
    one_machine.hand_on(recorded * 3)
    drain(environment)
    assert tags(database) == {"team/app:edge": second["digest"]}
    assert analyses(database) == {first["digest"]: 1, second["digest"]: 1}


def test_a_tag_that_vanishes_before_it_is_pulled_is_a_failure_that_says_so(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "images")
    made = layout.name(layout.image([tar_of({"etc/number": b"1"})]), "one")
    registry.push(f"oci:{layout.root}:one", "team/app:gone")
    deliver(registry)
    registry.delete(f"team/app@{made['digest']}")
    drain(environment)
    assert (images(database), tags(database)) == (set(), {})
    (failure,) = database.run(list_attempts).items
    assert (failure.tag, failure.error_code, failure.final) == ("gone", "image_not_found", True)
    assert rows(database, "SELECT count(*) FROM message WHERE queue <> 'bus'") == [(0,)], "nothing comes again"


def test_what_is_published_is_as_the_published_schema_says(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "images")
    layout.name(layout.image([tar_of({"etc/number": b"1"})]), "one")
    layout.name(layout.image([b"no tar"]), "none")
    registry.push(f"oci:{layout.root}:one", "team/app:1")
    registry.push(f"oci:{layout.root}:none", "team/app:none")
    deliver(registry, 2)
    drain(environment)
    published = [body for (body,) in rows(database, "SELECT body FROM message WHERE queue = 'bus'")]
    assert {event["kind"] for event in published} == {"ImageAnalyzed", "ImageAnalysisFailed"}
    for event in published:
        schema = json.loads((SCHEMAS / f"{event['kind']}.schema.json").read_text())
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(event)


def test_an_index_becomes_its_images(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "images")
    platforms = ("amd64", "arm64")
    children = [layout.image([tar_of({"etc/arch": name.encode()})], architecture=name) for name in platforms]
    index = layout.index(children)
    layout.name(index, "all")
    registry.push(f"oci:{layout.root}:all", "team/app:all")
    deliver(registry, 1 + len(children))
    drain(environment)
    assert images(database) == {child["digest"] for child in children}
    assert set(analyses(database).values()) == {1}
    assert tags(database) == {"team/app:all": index["digest"]}


def test_a_hundred_pushes_at_once_are_one_analysis_a_digest(
    registry: registries.Registry,
    environment: InProcessMessenger,
    database: Database,
    tmp_path: Path,
) -> None:
    layout = Layout(tmp_path / "images")
    made = [layout.image([tar_of({"etc/number": b"%d" % number})]) for number in range(4)]
    for number, image in enumerate(made):
        layout.name(image, f"n{number}")
        registry.push(f"oci:{layout.root}:n{number}", f"team/app:seed-{number}")
    contents = {image["digest"]: (layout.root / "blobs/sha256" / image["digest"][7:]).read_bytes() for image in made}

    def push(number: int) -> None:
        digest = made[number % len(made)]["digest"]
        request = urllib.request.Request(
            f"http://{registry.host}/v2/team/app/manifests/t{number}",
            data=contents[digest],
            headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"},
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 -- as above

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(push, range(100)))
    deliver(registry, 104)
    assert rows(database, "SELECT count(*) FROM message WHERE queue = 'analyze'") == [(104,)]

    command = [sys.executable, "-m", "cargohold_cli.main", "work"]
    workers = [subprocess.Popen(command, env=os.environ | {"CARGOHOLD_HOME": str(tmp_path)}) for _ in range(3)]
    assert [worker.wait(600) for worker in workers] == [0, 0, 0]
    # A request that found its image claimed comes again after half a minute, when the workers have gone.
    rows(database, "UPDATE message SET visible_at = now() WHERE queue <> 'bus' RETURNING id")
    drain(environment)

    assert analyses(database) == dict.fromkeys(contents, 1)
    expected = {f"team/app:t{number}": made[number % 4]["digest"] for number in range(100)}
    assert tags(database) == expected | {f"team/app:seed-{number}": made[number]["digest"] for number in range(4)}
    assert rows(database, "SELECT queue, count(*) FROM message WHERE queue <> 'bus' GROUP BY 1") == []


def test_ten_thousand_events_at_once(environment: InProcessMessenger, database: Database) -> None:
    """A thousand notifications, most of what they say not wanted or said before: what matters waits, and only that."""
    wanted = {f"team/app-{number % 50}:{number}" for number in range(1_000)}
    at = now().isoformat()

    def event(action: str, media_type: str, repository: str, tag: str) -> dict[str, Any]:
        digest = "sha256:" + sha256(f"{repository}:{tag}".encode()).hexdigest()
        target = {"mediaType": media_type, "repository": repository, "tag": tag, "digest": digest}
        return {"action": action, "timestamp": at, "target": target}

    def envelope(name: str) -> bytes:
        repository, _, tag = name.partition(":")
        push = event("push", MANIFEST, repository, tag)
        others = [event("push", "application/octet-stream", repository, "")] * 4
        others += [event("pull", MANIFEST, repository, tag)] * 3
        return json.dumps({"events": [push, *others, push, {"action": "push"}]}).encode()

    headers = {"authorization": registries.HOOK_AUTHORIZATION}

    def post(name: str) -> int:
        assert one_machine.notify(headers, envelope(f"x/{name}"), OTHER_TOKEN) == 401
        return one_machine.notify(headers, envelope(name))

    assert {post(name) for name in sorted(wanted)} == {202}
    found = rows(
        database,
        "SELECT (body -> 'reference' ->> 'repository') || ':' || (body -> 'reference' ->> 'tag') "
        "FROM message WHERE queue = 'analyze'",
    )
    assert len(found) == len(wanted), "ten events a notification, one of them news"
    assert {name for (name,) in found} == wanted


def test_a_wrong_token_enqueues_nothing(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    registry.push(build(tmp_path / "image"), "team/app:1")
    for headers, body in registry.told():
        assert one_machine.notify(headers, body, OTHER_TOKEN) == 401
    assert drain(environment) == 0
    assert database.run(list_images).items == ()
