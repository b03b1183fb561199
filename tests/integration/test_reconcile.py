"""After one reconcile the database is what the registry is, whatever got lost before: a real registry and Postgres."""

import importlib
import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness import one_machine
from tests.harness import registry as registries
from tests.harness.layouts import Layout, tar_of

from cargohold.contracts import TransitionRequest
from cargohold.database.connection import Database
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.telemetry import metrics
from cargohold_cli.worker import Context, drain

# Metrics are off and pile up all the same; when there are a hundred of one, they are printed and the rest is none.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

State = dict[str, dict[str, str]]


@pytest.fixture
def configure(tmp_path: Path, registry: registries.Registry) -> Callable[..., str]:
    def write(**more: Any) -> str:
        return one_machine.registries(tmp_path / "registries.json", registry.entry(one_machine.TOKEN) | more)

    return write


@pytest.fixture
def queues(
    configure: Callable[..., str], database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcessMessenger]:
    with one_machine.queues(monkeypatch, database_url, tmp_path, REGISTRIES=configure()) as messenger:
        yield messenger


def image(directory: Path, number: int) -> str:
    """Build an image of its own and return its skopeo source."""
    layout = Layout(directory / f"image-{number}")
    layout.name(layout.image([tar_of({"etc/number": b"%d" % number})]), "one")
    return f"oci:{layout.root}:one"


def get(registry: registries.Registry, path: str, accept: str = "*/*", method: str = "GET") -> Any:
    url = f"http://{registry.host}/v2/{path}"
    request = urllib.request.Request(url, headers={"Accept": accept}, method=method)
    return urllib.request.urlopen(request, timeout=60)  # noqa: S310 -- as above


def in_registry(registry: registries.Registry) -> State:
    """Return tag → digest of every repository, asked of the registry without any code of ours."""
    found: State = {}
    with get(registry, "_catalog?n=1000") as answer:
        names = json.load(answer)["repositories"]
    for name in names:
        try:
            with get(registry, f"{name}/tags/list") as answer:
                tags = json.load(answer)["tags"] or []
        except urllib.error.HTTPError as error:
            error.close()
            tags = []
        for tag in tags:
            types = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
            with get(registry, f"{name}/manifests/{tag}", types, "HEAD") as answer:
                found.setdefault(name, {})[tag] = answer.headers["Docker-Content-Digest"]
    return found


def in_database(database: Database) -> State:
    """Return tag → digest of every repository, of references whose images were analyzed."""
    found: State = {}
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT repository, tag, encode(digest, 'hex') FROM reference WHERE removed_at IS NULL AND tag <> ''"
            " AND EXISTS (SELECT FROM image WHERE image.digest = reference.digest OR EXISTS (SELECT FROM image_index"
            " WHERE index_digest = reference.digest AND image_digest = image.digest))"
        )
        for repository, tag, digest in cursor.fetchall():
            found.setdefault(repository, {})[tag] = f"sha256:{digest}"
    return found


def deliver(registry: registries.Registry, keep: Callable[[], bool]) -> int:
    """Hand on the notifications that `keep` keeps, and return how many were dropped."""
    dropped = 0
    metrics.clear_metrics()
    for headers, body in registry.told():
        if keep():
            one_machine.hand_on([(headers, body)])
        else:
            dropped += 1
    return dropped


def reconcile(queues: InProcessMessenger, registry: registries.Registry, **more: Any) -> dict[str, Any]:
    one_machine.forget()
    handle = importlib.import_module("intake.reconcile.handler").handle
    found: dict[str, Any] = handle({"registry": registry.host, **more}, Context("reconcile", "a-run"))
    drain(queues)
    return found


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_one_reconcile_makes_up_for_three_of_ten_notifications(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    lost = 0

    def keep() -> bool:
        return draw.random() > 0.3

    # Some forty changes: pushes of new images, tags that move (back, too), and deletions of digests.
    sources = [image(tmp_path, number) for number in range(8)]
    for step in range(40):
        repository = draw.choice(["team/app", "team/base", "tools"])
        tag = draw.choice(["1", "2", "latest", "edge"])
        if step > 5 and draw.random() < 0.2 and (tags := in_registry(registry).get(repository)):
            registry.delete(f"{repository}@{draw.choice(sorted(tags.values()))}")
        else:
            registry.push(draw.choice(sources), f"{repository}:{tag}")
        lost += deliver(registry, keep)
        if draw.random() < 0.4:
            drain(queues)
    registry.push(image(tmp_path, 99), "team/app:lost")
    lost += deliver(registry, lambda: False)
    drain(queues)
    assert lost >= 3, "of some forty, and one for certain"
    assert in_database(database) != in_registry(registry), "nothing that mattered was lost"

    found = reconcile(queues, registry)

    assert found["catalog"]
    assert found["missed"] or found["removed"]
    assert in_database(database) == in_registry(registry)
    assert found["error"] == found["cursor"] == ""
    again = reconcile(queues, registry)
    assert (again["missed"], again["retried"], again["removed"]) == (0, 0, 0), "nothing is left to do"


def push_and_analyze(registry: registries.Registry, queues: InProcessMessenger, source: str, name: str) -> None:
    registry.push(source, name)
    deliver(registry, lambda: True)
    drain(queues)


def test_a_digest_that_went_with_its_last_tag_is_gone_after_one_run(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    """It had lost another tag before, and so is known without one as well."""
    first, second = (image(tmp_path, number) for number in range(2))
    push_and_analyze(registry, queues, first, "team/app:1")
    push_and_analyze(registry, queues, first, "team/app:2")
    push_and_analyze(registry, queues, second, "team/app:1")
    registry.delete(f"team/app@{in_registry(registry)['team/app']['2']}")
    registry.told()

    found = reconcile(queues, registry)

    assert (found["missed"], found["retried"], found["removed"]) == (0, 0, 2)
    assert in_database(database) == in_registry(registry)
    assert reconcile(queues, registry)["removed"] == 0


def test_what_a_tag_named_for_a_moment_is_not_tried_again_in_the_name_of_what_it_names_now(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    """The tag's first image is gone before it is read, and its failure is later than the push of the second."""
    first, second = (image(tmp_path, number) for number in range(2))
    registry.push(first, "team/app:1")
    deliver(registry, lambda: True)
    registry.delete(f"team/app@{in_registry(registry)['team/app']['1']}")
    deliver(registry, lambda: True)
    push_and_analyze(registry, queues, second, "team/app:1")
    assert in_database(database) == in_registry(registry)
    assert count(database, "SELECT count(*) FROM attempt WHERE error_code = 'image_not_found'") == 1

    found = reconcile(queues, registry)

    assert (found["missed"], found["retried"], found["removed"]) == (0, 0, 0)


def count(database: Database, statement: str, *parameters: Any) -> int:
    with database.transaction() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])


def test_images_that_were_archived_or_deleted_are_not_brought_back(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    sources = [image(tmp_path, number) for number in range(3)]
    for number, source in enumerate(sources):
        push_and_analyze(registry, queues, source, f"team/app:{number}")
    digests = in_registry(registry)["team/app"]
    archive = importlib.import_module("archive.handler").handle
    for tag, transition in (("0", "archive"), ("1", "delete_image")):
        request = TransitionRequest(image=digests[tag], transition=Transition(transition), request_id=uuid7())
        archive(request.model_dump(mode="json"), Context("archive", "a-run"))
    drain(queues)
    assert count(database, "SELECT count(*) FROM image") == 1
    # Another tag of each is missed as well, and a new image under a tag of an archived one.
    registry.push(sources[0], "team/app:again")
    registry.push(image(tmp_path, 9), "team/app:1")

    found = reconcile(queues, registry)

    assert (found["missed"], found["retried"], found["removed"]) == (1, 0, 0)
    assert count(database, "SELECT count(*) FROM image") == 2
    assert count(database, "SELECT count(*) FROM archived_image WHERE status = 'archived'") == 1


def test_what_failed_for_want_of_credentials_is_tried_again_when_they_are_there(
    tmp_path: Path,
    queues: InProcessMessenger,
    database: Database,
    configure: Callable[..., str],
    registry: registries.Registry,
) -> None:
    directory = tmp_path / "closed"
    directory.mkdir()
    with registries.running(directory, "token") as closed:
        source = image(tmp_path, 1)
        configure(host=closed.host, username=registries.USER, password="wrong")
        closed.push(source, "team/app:1.0")
        deliver(closed, lambda: True)
        drain(queues)
        failed = "SELECT count(*) FROM attempt WHERE status = 'analysis_failed' AND error_code = 'unauthorized'"
        assert count(database, failed) == 1
        refused = reconcile(queues, closed)
        assert refused["refused"] == ["team/app"]

        configure(host=closed.host, username=registries.USER, password=registries.PASSWORD)
        found = reconcile(queues, closed)

        assert (found["missed"], found["retried"]) == (0, 1)
        assert list(in_database(database)) == ["team/app"]
        again = reconcile(queues, closed)
        assert (again["missed"], again["retried"], again["removed"]) == (0, 0, 0)


def test_what_is_no_image_is_found_out_once(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "artifact")
    chart = "application/vnd.cncf.helm.config.v1+json"
    layout.name(layout.image([tar_of({"Chart.yaml": b"name: x"})], config_type=chart), "one")
    registry.push(f"oci:{layout.root}:one", "charts/x:1.0")
    both = Layout(tmp_path / "index")
    children = [both.image([tar_of({"x": b"1"})], config_type=chart, architecture=name) for name in ("amd64", "arm64")]
    both.name(both.index(children), "one")
    registry.push(f"oci:{both.root}:one", "charts/y:1.0")
    registry.push(f"oci:{layout.root}:one", "charts/x:sha256-" + "0" * 64 + ".sig")

    assert reconcile(queues, registry)["missed"] == 2
    assert count(database, "SELECT count(*) FROM attempt WHERE error_code = 'not_an_image'") >= 1
    again = reconcile(queues, registry)
    assert (again["missed"], again["retried"]) == (0, 0)


def test_a_run_continues_by_itself_where_its_time_ended(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    source = image(tmp_path, 1)
    for repository in ("a", "b", "c"):
        registry.push(source, f"{repository}:1")
    handle = importlib.import_module("intake.reconcile.handler").handle
    one_machine.forget()

    class Late(Context):
        looks = 0

        def get_remaining_time_in_millis(self) -> int:
            self.looks += 1
            return 900_000 if self.looks <= 3 else 1_000

    found = handle({"registry": registry.host}, Late("reconcile", "a-run"))
    assert found["cursor"] == "a"
    drain(queues)
    assert in_database(database) == in_registry(registry)


def test_the_schedule_sends_a_run_for_each_registry_that_is_due(
    registry: registries.Registry, queues: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    registry.push(image(tmp_path, 1), "team/app:1")
    handle = importlib.import_module("intake.reconcile.handler").handle
    one_machine.forget()
    assert handle({}, Context("reconcile", "a-run")) == {"registries": [registry.host]}
    assert in_database(database) == {}
    drain(queues)
    assert in_database(database) == in_registry(registry)
    document = json.loads((tmp_path / "registries.json").read_text())
    document["registries"][0]["reconcile"] = {"every_days": 0}
    (tmp_path / "registries.json").write_text(json.dumps(document))
    assert handle({}, Context("reconcile", "a-run")) == {"registries": []}


def test_reconcile_reads_what_it_compares_and_nothing_else(database_url: str, database: Database) -> None:
    """The role's rights are the columns that are read; everything above ran with them."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(DISTINCT privilege_type::text) FROM information_schema.column_privileges"
            " WHERE grantee = 'cargohold_reconcile' GROUP BY table_name"
        )
        granted = dict(cursor.fetchall())
    assert granted == {name: ["SELECT"] for name in ("reference", "attempt", "image", "image_index", "tombstone")}
