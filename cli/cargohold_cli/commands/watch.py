"""Follow analyses as they begin and end.

What is under way is shown first, then every analysis that begins or ends, until Ctrl-C or, with --count, until
so many have ended. A stack's database stays awake while it is watched.
"""

import argparse
import time
from datetime import datetime
from typing import TYPE_CHECKING

from cargohold.printable import printable
from cargohold_cli.output import say, write_parts

if TYPE_CHECKING:  # --help needs no views
    from api.queries.views import AttemptView

INTERVAL = 2.0  # seconds


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--repository", help="only analyses of this repository")
    parser.add_argument("--count", type=int, metavar="N", help="stop when N have ended; 1 when one of them failed")
    parser.add_argument(
        "--interval", type=float, default=INTERVAL, metavar="SECONDS", help=f"time between looks (default {INTERVAL:g})"
    )
    parser.add_argument("--json", action="store_true", help="write a line of JSON for each change")


def run(options: argparse.Namespace) -> int:
    """Watch; 1 when --count is reached and an analysis failed."""
    from cargohold_cli.follow import Follower
    from cargohold_cli.main import FAILED
    from cargohold_cli.source import source

    follower = Follower(source(), options.repository)
    ended = failed = 0
    watching = False
    while True:
        for attempt in follower.changes():
            _write(attempt, options.json)
            if attempt.status == "analyzing":
                continue
            ended += 1
            failed += attempt.status != "analyzed"
            if ended == options.count:
                return FAILED if failed else 0
        if not watching:
            say("watching — stop with Ctrl-C")
            watching = True
        time.sleep(max(0.05, options.interval))


def _write(attempt: "AttemptView", as_json: bool) -> None:
    import orjson

    if as_json:
        write_parts([orjson.dumps(attempt, option=orjson.OPT_APPEND_NEWLINE)])
        return
    from cargohold_cli.read import name_of

    name = name_of(attempt.registry, attempt.repository, attempt.tag) or "(no name)"
    if not attempt.tag and attempt.digest:
        name += f"@{attempt.digest}"
    at: datetime = attempt.finished_at or attempt.started_at
    said = {"analyzing": "analyzing", "analyzed": "analyzed "}.get(attempt.status, "failed   ")
    more = ""
    if attempt.status == "analyzed":
        more = f"  {(at - attempt.started_at).total_seconds():.1f} s"
    elif attempt.status != "analyzing":
        more = (
            f"  {attempt.error_code}: {attempt.error_message}" if attempt.error_message else f"  {attempt.error_code}"
        )
    write_parts([f"{at:%H:%M:%S}  {said}  {printable(name + more)}\n".encode()])
