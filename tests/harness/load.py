"""Pushes in bursts, and what goes wrong meanwhile: the stage of the load test."""

import json
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import urllib3

from cargohold_cli import sample
from cargohold_cli.postgres import LocalPostgres
from tests.harness import registry
from tests.harness.deployment import Deployment, hook_event
from tests.harness.faulty_http import Fault, Faulty
from tests.harness.postgres import query

IMAGES, PUSHES = 50, 500
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Stage:
    """The application, and what can be taken from it."""

    deployment: Deployment
    database: LocalPostgres
    store: Faulty
    source: registry.Registry
    away: str  # a registry that does not answer

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return query(self.database.url, statement, *parameters)


@contextmanager
def own_postgres() -> Iterator[LocalPostgres]:
    """Run a server that can be stopped, and keeps what it said is committed. Raises `LocalPostgresFailed`."""
    directory = Path(tempfile.mkdtemp(prefix="ch-", dir="/tmp"))
    directory.chmod(0o755)
    local = LocalPostgres(directory / "home", shared=directory / "shared")
    try:
        local.start()
        yield local
    finally:
        local.stop()
        shutil.rmtree(directory, ignore_errors=True)


def rpm_database(directory: Path) -> bytes:
    """Return an empty rpm database: SQLite is read from scratch, whatever its size."""
    path = directory / "rpmdb.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    connection.commit()
    connection.close()
    return path.read_bytes()


def write_images(directory: Path) -> list[bytes]:
    """Write the images and return their manifests: a base that all share, and a layer of their own."""
    rpm, manifests = rpm_database(directory), []
    base = {"etc/os-release": b'ID=debian\nVERSION_ID="12"\n'}
    for number in range(IMAGES):
        package = json.dumps({"name": f"package-{number}", "version": "1.0.0", "license": "MIT"}).encode()
        own = {f"srv/node_modules/package-{number}/package.json": package}
        if number % 5 == 0:
            own["var/lib/rpm/rpmdb.sqlite"] = rpm + bytes([number])
        layout = directory / str(number)
        sample.write_image(layout, [base, own], ["base", "own"], {})
        index = json.loads((layout / "index.json").read_bytes())
        digest = index["manifests"][0]["digest"]
        manifests.append((layout / "blobs" / "sha256" / digest[7:]).read_bytes())
    return manifests


def push_all(stage: Stage, directory: Path) -> dict[str, str]:
    """Push every image by skopeo and again under nine more tags; return the digest of each tag."""
    manifests, tags = write_images(directory), {}
    pool = urllib3.PoolManager(maxsize=8)

    def push(number: int) -> None:
        image, turn = number % IMAGES, number // IMAGES
        if turn == 0:
            stage.source.push(f"oci:{directory / str(image)}:{sample.TAG}", f"load/app:{number}")
            return
        # A push of an image that the registry has is this request and no more.
        url = f"http://{stage.source.host}/v2/load/app/manifests/{number}"
        answer = pool.request("PUT", url, body=manifests[image], headers={"Content-Type": MANIFEST})
        assert answer.status == 201

    with ThreadPoolExecutor(4) as pushers:
        list(pushers.map(push, range(IMAGES)))
        list(pushers.map(push, range(IMAGES, PUSHES)))
    for number in range(PUSHES):
        tags[str(number)] = "sha256:" + sha256(manifests[number % IMAGES]).hexdigest()
    return tags


def notifications(stage: Stage) -> list[tuple[dict[str, str], bytes]]:
    """Return what the registry sent, when all manifests are told of: out of order, and a tenth twice."""
    end = time.monotonic() + 300
    while sum(body.count(b'"action": "push"') for _, body in manifests_of(stage)) < PUSHES:
        assert time.monotonic() < end, "the registry does not tell of its manifests"
        time.sleep(0.1)
    sent = manifests_of(stage)
    shuffled = sent + sent[::10]
    random.Random(1).shuffle(shuffled)
    return shuffled


def manifests_of(stage: Stage) -> list[tuple[dict[str, str], bytes]]:
    return [one for one in list(stage.source.notifications) if MANIFEST.encode() in one[1]]


def deliver(stage: Stage, sent: list[tuple[dict[str, str], bytes]]) -> None:
    for headers, body in sent:
        assert stage.deployment.invoke("IntakeFunction", hook_event(headers, body))["statusCode"] == 202


def analyses_are_killed(stage: Stage) -> None:
    for container in stage.deployment.containers["AnalyzeFunction"]:
        container.restart()


def results_are_killed(stage: Stage) -> None:
    stage.deployment.containers["PersistFunction"][0].restart()


def postgres_is_cut(stage: Stage) -> None:
    stage.database.stop()
    time.sleep(10)
    stage.database.start()


def objects_fail(stage: Stage) -> None:
    stage.store.always(Fault.BUSY)
    time.sleep(5)
    stage.store.always(Fault.RESET)
    time.sleep(5)
    stage.store.always(Fault.NONE)


def scratch_is_full(stage: Stage) -> None:
    container = stage.deployment.containers["AnalyzeFunction"][0]
    container.execute("sh", "-c", "cat /dev/zero > /tmp/full 2>/dev/null; true")
    time.sleep(10)
    container.execute("rm", "-f", "/tmp/full")


def cache_is_unmounted(stage: Stage) -> None:
    container = stage.deployment.containers["AnalyzeFunction"][1]
    container.mounts = {inside: outside for inside, outside in container.mounts.items() if inside != "/mnt/cache"}
    container.restart()


def messages_are_repeated(stage: Stage) -> None:
    """Send messages that wait once more, which is what at-least-once allows."""
    wiring = stage.deployment.wiring
    for queue in ("AnalyzeQueue", "PersistQueue"):
        for message in wiring.receive(queue, 5):
            for _ in range(2):
                wiring.sqs.send_message(QueueUrl=wiring.queues[queue], MessageBody=message["Body"])
            wiring.delete(queue, message)


FAULTS: tuple[Callable[[Stage], None], ...] = (
    analyses_are_killed,
    messages_are_repeated,
    postgres_is_cut,
    objects_fail,
    scratch_is_full,
    results_are_killed,
    cache_is_unmounted,
    messages_are_repeated,
)
