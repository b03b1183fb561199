"""`python -m benchmarks.memory IMAGE`: the memory and processor time that each function takes for a large image.

Every function is its handler as deployed, in a process of its own: analyze without any cached record, then persist, the
API through its largest answers, archive and restore. Documents are files, messages and rows in an embedded Postgres.
benchmarks/image.py makes an image of 1 GB; it is taken where none is named.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg2
from benchmarks.speed.measure import peak

CONTEXT = SimpleNamespace(
    function_name="benchmark",
    memory_limit_in_mb=0,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:benchmark",
    aws_request_id="benchmark",
    get_remaining_time_in_millis=lambda: 900_000,
)
ASKED = (
    *("", "/analysis", "/packages?limit=500", "/content/files?limit=500"),
    *("/sbom?format=syft-json", "/sbom?format=cyclonedx-json", "/sbom?format=spdx-json"),
)


def main() -> int:
    """Run every function once and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("image", nargs="?", default="oci:.build/bench/image")
    image = parser.parse_args().image
    with tempfile.TemporaryDirectory(prefix="cargohold-") as home:
        os.environ["CARGOHOLD_HOME"] = home
        from cargohold_cli import local
        from cargohold_cli.postgres import LocalPostgres

        local.configure(object_store=(Path(home) / "objects").as_uri())
        local.start()
        try:
            _table(image)
        finally:
            LocalPostgres(Path(home), progress=lambda _: None).stop()
    return 0


def _table(image: str) -> None:
    transport, _, location = image.partition(":")
    reference = {"repository": Path(location).name, "transport": transport, "location": location}
    peaks = {"analyze": _measured("analyze.handler", {"reference": reference})}
    results = [message for message in _sent("persist") if message["kind"] != "AnalysisStarted"]
    peaks["persist"] = max(_measured("persist.handler", result) for result in results)
    digest = results[-1]["image"]
    peaks["api"] = _measured("api.handler", *(_request(f"/v1/images/{digest}{path}") for path in ASKED))
    for transition in ("archive", "restore"):
        wanted = {"image": digest, "transition": transition, "request_id": str(uuid4())}
        peaks[transition] = _measured("archive.handler", {"kind": "TransitionRequest", **wanted})
    print("| function | memory taken, MiB | processor, s | of which importing |\n|---|---|---|---|")
    for name, (memory, seconds, importing) in peaks.items():
        print(f"| {name} | {memory:.0f} | {seconds:.2f} | {importing:.2f} |")


def _request(path: str) -> dict[str, Any]:
    from cargohold_cli.web import http_event

    return http_event("GET", path, {"accept-encoding": "gzip"}, b"")


def _sent(queue: str) -> list[dict[str, Any]]:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM message WHERE queue = %s RETURNING id, body", (queue,))
            return [body for _, body in sorted(cursor.fetchall(), key=lambda row: row[0])]
    finally:
        connection.close()


def _measured(module: str, *events: dict[str, Any]) -> list[float]:
    """Return the most memory that a process took to handle the events, in MiB, and the processor time, in seconds."""
    command = [sys.executable, "-m", "benchmarks.memory", "--handle", module]
    done = subprocess.run(command, input=json.dumps(events), check=True, capture_output=True, text=True)
    sys.stderr.write("".join(f"{line}\n" for line in done.stderr.splitlines() if line.startswith(module)))
    taken: list[float] = json.loads(done.stderr.splitlines()[-1])
    return taken


def _processor() -> float:
    """Return the seconds of processor of this process, and of those that inflated layers for it."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _handle(module: str) -> None:
    handle = importlib.import_module(module).handle
    imported = _processor()
    for event in json.load(sys.stdin):
        before = _processor()
        answer = handle(event, CONTEXT)
        if answer.get("statusCode") == 413:
            answer = handle(event | {"headers": {"range": "bytes=0-4194303"}}, CONTEXT)
        told = answer.get("statusCode", answer)
        seconds = _processor() - before
        sys.stderr.write(f"{module} {event.get('rawPath', '')[-25:]} {seconds:.2f} s {str(told)[:60]}\n")
    sys.stderr.write(json.dumps([peak(os.getpid()) / 1024, _processor(), imported]) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--handle"]:
        _handle(sys.argv[2])
    else:
        sys.exit(main())
