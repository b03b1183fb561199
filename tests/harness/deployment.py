"""The template as a running application: moto has its queues, buckets, bus and rules, containers its functions.

What AWS does between them is done here, and no more: event source mappings take one message at a time, and the
HTTP API turns requests into events. Schedules are invoked by hand, with the input that the template gives them.
"""

import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from cargohold_cli.web import http_event
from tests.harness import sam
from tests.harness.containers import Container, InvocationFailed, Shape
from tests.harness.docker import Engine
from tests.harness.template import Stack
from tests.harness.wiring import CREDENTIALS, REGION, SECRET, Wiring

# The queue of each function that has one.
CONSUMERS = {
    "AnalyzeQueue": "AnalyzeFunction",
    "PersistQueue": "PersistFunction",
    "ArchiveQueue": "ArchiveFunction",
    "ReconcileQueue": "ReconcileFunction",
}

TOKEN = "a-token-of-the-hook-0123"


def hook_event(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return a notification of the registry `local` as the HTTP API hands it to the hook."""
    event = http_event("POST", f"/hooks/local/{TOKEN}", headers, body)
    event["pathParameters"] = {"registry": "local", "token": TOKEN}
    return event


@dataclass
class Deployment:
    """The application. `containers` are the warm environments of each function; they start when first needed."""

    engine: Engine
    wiring: Wiring
    shapes: dict[str, Shape]
    schedules: dict[str, Any]
    layers: Path
    cache: Path
    sockets: Path
    containers: dict[str, list[Container]] = field(default_factory=dict)

    def environment_of(self, function: str, number: int = 0) -> Container:
        """Return the `number`th environment of a function."""
        environments = self.containers.setdefault(function, [])
        while len(environments) <= number:
            container = self.new_environment(function)
            container.start()
            environments.append(container)
        return environments[number]

    def new_environment(self, function: str, **how: Any) -> Container:
        """Return an environment of a function that is not started and that the caller ends; `how` as in `Container`."""
        mounts = {str(self.sockets): self.sockets}
        if "CACHE_ROOT" in self.shapes[function].environment:
            mounts["/mnt/cache"] = self.cache
        return Container(self.engine, function, self.shapes[function], self.layers, mounts, **how)

    def invoke(self, function: str, event: Any) -> Any:
        """Return what a function answers to an event. Raises `InvocationFailed`."""
        return self.environment_of(function).invoke(event)

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send the API a request and return the status and the JSON of its answer."""
        content = b"" if body is None else json.dumps(body).encode()
        event = http_event(method, path, {"content-type": "application/json"}, content)
        answer = self.invoke("ApiFunction", event)
        return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None

    def tell_registries(self, entries: list[dict[str, Any]]) -> None:
        """Write the registries document into its secret."""
        document = json.dumps({"registries": entries})
        self.wiring.secrets.put_secret_value(SecretId=self.wiring.values["registries"], SecretString=document)

    def stored(self, bucket: str, prefix: str) -> dict[str, bytes]:
        """Return the objects of a bucket of the template by their key."""
        name, s3 = self.wiring.values[f"{bucket}.Ref"], self.wiring.s3
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    def schedule(self, name: str) -> Any:
        """Invoke what a schedule of the template invokes, with its input."""
        target = self.schedules[name]
        event = json.loads(target["Input"].replace("<aws.scheduler.execution-id>", f"run-{time.time_ns()}"))
        return self.invoke(target["Arn"].resource, event)

    def step(self, queue: str, number: int = 0, wait: int = 0) -> bool:
        """Do what an event source mapping does with one message; tell whether there was one."""
        messages = self.wiring.receive(queue, wait=wait)
        for message in messages:
            record = {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
                "eventSourceARN": self.wiring.values[f"{queue}.Arn"],
                "awsRegion": REGION,
            }
            answer = self.environment_of(CONSUMERS[queue], number).invoke({"Records": [record]})
            if not answer["batchItemFailures"]:
                self.wiring.delete(queue, message)
        return bool(messages)

    def drain(self, *queues: str) -> None:
        """Handle what is visible in the queues, one message after the other, until nothing is."""
        while any(self.step(queue) for queue in queues or CONSUMERS):
            pass

    @contextmanager
    def polling(self, workers: Mapping[str, int]) -> Iterator[None]:
        """Have so many environments work on each queue while the block runs."""
        stop = threading.Event()

        def work(queue: str, number: int) -> None:
            while not stop.is_set():
                # A message whose function died comes again when its visibility ends.
                with suppress(InvocationFailed, ClientError, BotoCoreError):
                    self.step(queue, number, wait=1)

        threads = []
        for queue, count in workers.items():
            for number in range(count):
                self.environment_of(CONSUMERS[queue], number)
                threads.append(threading.Thread(target=work, args=(queue, number), daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(600)


@contextmanager
def deployed(
    engine: Engine,
    built: Path,
    moto: str,
    database_url: str,
    directory: Path,
    *,
    timeouts: Mapping[str, int] | None = None,
    storage: Mapping[str, int] | None = None,
    variables: Mapping[str, str] | None = None,
    visibility: int | None = None,
    receives: int | None = None,
) -> Iterator[Deployment]:
    """Run the built application.

    What is given beside replaces what the template says; `timeouts` and `storage` are by function.
    The database is reached by its socket and with a password's place empty, all else as the template says.
    """
    stack = Stack(sam.transformed(built / "template.yaml", REGION), {"RegistriesSecret": SECRET})
    wiring = Wiring(stack, moto, visibility, receives)
    secret = wiring.secrets.create_secret(Name=f"registries-{time.time_ns()}", SecretString='{"registries": []}')
    wiring.values["registries"] = secret["ARN"]
    fixed = {"DATABASE_URL": database_url, "DATABASE_AUTH": "password", "AWS_ENDPOINT_URL": moto, **CREDENTIALS}
    fixed |= {"AWS_USE_DUALSTACK_ENDPOINT": "false", **(variables or {})}
    shapes = {}
    for resource in stack.of_type("AWS::Lambda::Function"):
        declared = resource.properties["Environment"]["Variables"]
        environment = {name: wiring.value(value).replace(SECRET, secret["ARN"]) for name, value in declared.items()}
        # Only what a function declares is replaced, so that it gets nothing that it would not have in AWS.
        given = {name: value for name, value in fixed.items() if name in declared or name.startswith("AWS_")}
        shape = Shape(
            built / resource.name,
            resource.properties["Handler"],
            int(resource.properties["MemorySize"]),
            int(resource.properties["Timeout"]),
            int(resource.properties.get("EphemeralStorage", {}).get("Size", 512)),
            environment | given,
        )
        timeout = (timeouts or {}).get(resource.name, shape.timeout)
        size = (storage or {}).get(resource.name, shape.storage)
        shapes[resource.name] = replace(shape, timeout=timeout, storage=size)
    schedules = {one.name: one.properties["Target"] for one in stack.of_type("AWS::Scheduler::Schedule")}
    layers = directory / "opt"
    for layer in ("CommonLayer", "DependenciesLayer"):
        shutil.copytree(built / layer, layers, dirs_exist_ok=True)
    sockets = Path(parse_qs(urlsplit(database_url).query)["host"][0])
    cache = directory / "efs"
    cache.mkdir()
    deployment = Deployment(engine, wiring, shapes, schedules, layers, cache, sockets)
    try:
        yield deployment
    finally:
        for container in [one for environments in deployment.containers.values() for one in environments]:
            container.kill()
