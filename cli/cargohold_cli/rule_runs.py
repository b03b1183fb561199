"""Runs of the archive rules, tried and real, and what earlier ones did."""

import sys
import time
from typing import Any, Literal

from api.queries.paging import MAX_LIMIT, Page
from api.queries.rule_runs import RuleRun
from cargohold.identifiers import uuid7
from cargohold.printable import printable
from cargohold_cli import local, loop, read
from cargohold_cli.moves import find_either
from cargohold_cli.output import say, write_json, write_table
from cargohold_cli.source import source
from cargohold_cli.worker import drain

LONGEST_RUN = 60  # seconds that a run of an API is waited for
PAUSE = 1.0  # seconds between looks


def dry_run(as_json: bool) -> int:
    """Show what the rules would do with every image that they take a reference of, to the last page."""
    examined, decisions = 0, []
    going_on: dict[str, Any] = {"execution_id": str(uuid7()), "dry_run": True, "cursor": "", "hops": 0}
    while True:
        found = loop.scheduled("archive-rules", **going_on)
        examined += found["examined"]
        if as_json:
            decisions += found["decisions"]
        else:
            for decision in found["decisions"]:
                _write(decision)
        if not found["cursor"]:
            break
        going_on |= {"cursor": found["cursor"], "hops": going_on["hops"] + 1}
    if as_json:
        write_json({"examined": examined, "decisions": decisions})
    else:
        say(f"{examined} images examined")
    return 0


def explain(text: str, *, as_json: bool) -> int:
    """Show what each rule says of one image, active or archived. Raises `ImageUnknown`."""
    from archive.rule_run import explain as decisions_of

    digest = find_either(source(), text)
    decisions = decisions_of(local.database("cargohold_archive"), digest)
    if as_json:
        write_json(decisions)
        return 0
    for decision in decisions:
        _write(decision)
    if not decisions:
        say("no rule is asked about it: a transition is under way, or there are no rules for where it is")
    return 0


def run_now(as_json: bool) -> int:
    """Run the rules, and carry out what they ask for."""
    queues = loop.messenger()
    found = loop.scheduled("archive-rules")
    drain(queues)
    if as_json:
        write_json(found)
    else:
        cost = f"{found['seconds']} s, {found['processor_seconds']} s of the processor, {found['peak_mib']} MiB"
        examined = f"{found['examined']} images examined in {cost}"
        say(f"{examined}, {found['requested']} transitions requested and handled")
        if found["cursor"]:
            say("there were more images: `cargohold rules history` has all of the run")
    return 0


def history(name: str | None, *, limit: int, after: str | None, as_json: bool) -> int:
    """List what rules did, the last run first."""
    from cargohold_cli.rule_store import opened

    with opened() as rules:
        page = rules.runs(rule=name, limit=limit, after=after)
    return _listed(page, as_json)


def ask(address: str, mode: Literal["dry-run", "run"], *, as_json: bool) -> int:
    """Have an API run the rules, and show what it found, a rule a line. A run may take longer than is waited for."""
    from cargohold_cli import client
    from cargohold_cli.rule_store import Remote

    asked = client.connect(address)
    execution = asked.send("POST", "/v1/rule-runs", dict[str, str], mode=mode)["execution_id"]
    rules = Remote(asked)
    enabled = sum(rule.enabled for rule in rules.every())
    deadline = time.monotonic() + LONGEST_RUN
    while True:
        page = rules.runs(execution_id=execution, limit=MAX_LIMIT)
        if sum(run.finished_at is not None for run in page.items) >= enabled or time.monotonic() > deadline:
            break
        time.sleep(PAUSE)
    if any(run.finished_at is None for run in page.items) or len(page.items) < enabled:
        say(f"run {execution} is not done yet: `cargohold rules history` will have it")
    return _listed(page, as_json)


def _listed(page: Page[RuleRun], as_json: bool) -> int:
    if as_json:
        write_json({"items": [read.plain(item) for item in page.items], "next": page.next})
        return 0
    rows = (
        (
            f"{item.started_at:%Y-%m-%d %H:%M:%S}",
            item.rule_name,
            "dry run" if item.dry_run else "run",
            item.examined,
            item.selected,
            item.requested,
            item.detail.get("error", "-"),
        )
        for item in page.items
    )
    header = ("started", "rule", "kind", "examined", "selected", "requested", "error")
    write_table(header, rows, empty="No rule has run yet. `cargohold rules run` runs them.")
    return 0


def _write(decision: dict[str, Any]) -> None:
    verb = decision["transition"] or "keep"
    sys.stdout.write(f"{verb}  {decision['image']}  {printable(decision['reason'])}\n")
    for reference in decision["references"]:
        sys.stdout.write(f"    {printable(reference['reference'])}: {printable(reference['why'])}\n")
