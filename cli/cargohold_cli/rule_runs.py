"""Runs of the archive rules, tried and real, and what earlier ones did."""

import sys
import time
from typing import Any, Literal

from api.queries.paging import MAX_LIMIT, Page
from api.queries.rule_runs import RuleRun
from api.rules import StoredRule
from cargohold.identifiers import uuid7
from cargohold.printable import printable
from cargohold_cli import local, loop, read
from cargohold_cli.endpoint import endpoint
from cargohold_cli.main import FAILED
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
    """Show what the rules say of one image, active or archived, here or as an API does. Raises `ImageUnknown`."""
    digest = find_either(source(), text)
    if address := endpoint():
        decisions = _asked_of_one(address, digest)
        if decisions is None:
            return FAILED
    else:
        from archive.rule_run import explain as decisions_of

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
    return _listed(_run_of(address, mode=mode)[0], as_json)


def _asked_of_one(address: str, digest: str) -> list[dict[str, Any]] | None:
    """Return what the rules of an API say of one image, None when it has not said so in time."""
    page, rules = _run_of(address, mode="dry-run", image=digest)
    if len(page.items) < len(rules):
        return None
    # A decision stands with every rule that was asked; those of an active image come first, as here.
    transitions: dict[int | None, str] = {rule.id: str(rule.rule.get("transition")) for rule in rules}
    rows = sorted(page.items, key=lambda row: transitions.get(row.rule_id) != "archive")
    found: list[dict[str, Any]] = []
    for decision in (one for row in rows for one in row.detail.get("decisions", ())):
        if decision not in found:
            found.append(decision)
    return found


def _run_of(address: str, **asked_for: str) -> tuple[Page[RuleRun], list[StoredRule]]:
    """Have an API run the rules, wait for a row of each, and return the rows and the rules that are enabled."""
    from cargohold_cli import client
    from cargohold_cli.rule_store import Remote

    asked = client.connect(address)
    execution = asked.send("POST", "/v1/rule-runs", dict[str, str], **asked_for)["execution_id"]
    rules = Remote(asked)
    enabled = [rule for rule in rules.every() if rule.enabled]
    deadline = time.monotonic() + LONGEST_RUN
    while True:
        page = rules.runs(execution_id=execution, limit=MAX_LIMIT)
        if sum(run.finished_at is not None for run in page.items) >= len(enabled) or time.monotonic() > deadline:
            break
        time.sleep(PAUSE)
    if any(run.finished_at is None for run in page.items) or len(page.items) < len(enabled):
        say(f"run {execution} is not done yet: `cargohold rules history` will have it")
    return page, enabled


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
