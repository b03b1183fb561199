"""One run of the archive rules: page by page over the images, to a bounded number of requests.

What is left is done by a run that this one sends for, with the place where it stopped. A run leaves
one row a rule in `archive_rule_run`; a repetition of the same run replaces them.
"""

import resource
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from archive.candidates import Candidates, read_rules
from archive.rules import Decision, NamedRule, evaluate
from cargohold import digests
from cargohold.archive_rules import RuleTransition
from cargohold.contracts import ScheduledRun, TransitionRequest, now
from cargohold.database.connection import Cursor, Database
from cargohold.errors import InvalidMessage
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.messaging.bus import Messenger
from cargohold.telemetry import logger

REQUESTS = 100_000  # a run sends at most about this many: it ends with the page that reaches it
PAGES = 4_000
DECISIONS = 2_000  # of a dry run: its answer must stay below Lambda's 6 MB
HOPS = 10_000  # an end for a run that would go on for ever

_KEPT = "400 days"  # of history
_SAMPLE = 20  # decisions that a row of history shows
_TRANSITIONS = {RuleTransition.ARCHIVE: Transition.ARCHIVE, RuleTransition.DELETE: Transition.DELETE_ARCHIVE}


@dataclass(slots=True)
class Tally:
    """What one rule did in one run."""

    rule: NamedRule
    selected: int = 0
    requested: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What a run found, and what that cost: seconds on the clock and of the processor, and the process's peak memory.

    `decisions` is filled by a dry run; `cursor` is "" when all images were seen.
    """

    examined: int = 0
    requested: int = 0
    seconds: float = 0
    processor_seconds: float = 0
    peak_mib: int = 0
    cursor: str = ""
    decisions: list[dict[str, Any]] = field(default_factory=list)


def run_rules(
    database: Database,
    messenger: Messenger,
    run: ScheduledRun,
    *,
    enough: Callable[[], bool] = lambda: False,
    requests: int = REQUESTS,
    pages: int = PAGES,
) -> Report:
    """Evaluate the rules from `run.cursor` on and send what they ask for; a dry run sends nothing.

    What it reads once a run is worth long runs: it stops when `enough()`.

    Raises transient errors, after which the whole run can be repeated: a second request for an image
    finds the first one at work and is refused.
    """
    if run.image is not None:
        return _try_one(database, run, run.image)
    started, processor = now(), time.process_time()
    rules, wrong = read_rules(database)
    tallies = {named.id: Tally(named) for named in rules}
    report = Report()
    with closing(_pages(database, rules, run.cursor, started)) as found:
        for cursor, decisions in found:
            for decision in decisions:
                _count(decision, tallies, report, dry_run=run.dry_run)
                if decision.rule is not None and not run.dry_run:
                    messenger.send("archive", _request(decision, run))
                    tallies[decision.rule.id].requested += 1
                    report.requested += 1
            pages -= 1
            if pages <= 0 or report.requested >= requests or len(report.decisions) >= DECISIONS or enough():
                report.cursor = cursor
                break
    report.seconds = round((now() - started).total_seconds(), 1)
    report.processor_seconds = round(time.process_time() - processor, 1)
    report.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    database.run(lambda cursor: _record(cursor, run, report, list(tallies.values()), wrong, started))
    if report.cursor and not run.dry_run:
        _continue(messenger, run, report.cursor)
    return report


def explain(database: Database, digest: str) -> list[dict[str, Any]]:
    """Return what the rules say of one image: as an active one, as an archived one, as both, or as none."""
    found = _of_one(database, read_rules(database)[0], digest).values()
    return [shown_as(decision) for decision in found]


def _of_one(database: Database, rules: list[NamedRule], digest: str) -> dict[RuleTransition, Decision]:
    found = {}
    for transition in RuleTransition:
        concerned = [named for named in rules if named.rule.transition is transition]
        candidate = Candidates(database, transition, concerned).one(digest) if concerned else None
        if candidate is not None:
            found[transition] = next(evaluate(concerned, [candidate], now()))
    return found


def _try_one(database: Database, run: ScheduledRun, digest: str) -> Report:
    """Record what the rules say of one image, with each rule that is asked about it, and send nothing."""
    if not run.dry_run:
        raise InvalidMessage(reason="a run of rules for one image is a dry run")
    started, processor = now(), time.process_time()
    rules, wrong = read_rules(database)
    found = _of_one(database, rules, digest)
    tallies = [Tally(named) for named in rules]
    for tally in tallies:
        decision = found.get(tally.rule.rule.transition)
        if decision is not None:
            tally.selected = int(decision.rule is not None and tally.rule in decision.takers)
            tally.sample = [shown_as(decision)]
    report = Report(examined=len(found), decisions=[shown_as(decision) for decision in found.values()])
    report.processor_seconds = round(time.process_time() - processor, 1)
    database.run(lambda cursor: _record(cursor, run, report, tallies, wrong, started))
    return report


def _pages(
    database: Database, rules: list[NamedRule], cursor: str, at: datetime
) -> Generator[tuple[str, Iterator[Decision]], None, None]:
    """Yield the decisions page by page, the archive pass before the delete pass, each with the place after it."""
    first, after = _parse(cursor)
    for transition in RuleTransition:
        if transition is RuleTransition.ARCHIVE and first is RuleTransition.DELETE:
            continue
        concerned = [named for named in rules if named.rule.transition is transition]
        if not concerned:
            continue
        candidates = Candidates(database, transition, concerned)
        with closing(candidates.pages(after if transition is first else None)) as pages:
            for last, page in pages:
                place = digests.to_text(last) if isinstance(last, bytes) else str(last)
                yield f"{transition.value} {place}", evaluate(concerned, page, at)


def _parse(cursor: str) -> tuple[RuleTransition, Any]:
    if not cursor:
        return RuleTransition.ARCHIVE, None
    kind, _, place = cursor.partition(" ")
    if kind == RuleTransition.ARCHIVE and place.isdecimal():
        return RuleTransition.ARCHIVE, int(place)
    if kind == RuleTransition.DELETE and digests.is_digest(place):
        return RuleTransition.DELETE, digests.to_bytes(place)
    raise InvalidMessage(reason=f"{cursor!r} is not a place where a run can go on")


def _count(decision: Decision, tallies: dict[int, Tally], report: Report, *, dry_run: bool) -> None:
    report.examined += 1
    if decision.rule is None and not any(decision.takers):
        return  # no rule takes any of its references: the answer would list every image there is
    if dry_run:
        report.decisions.append(shown_as(decision))
    for rule in {taker.id for taker in decision.takers if taker is not None}:
        tally = tallies[rule]
        tally.selected += decision.rule is not None
        if len(tally.sample) < _SAMPLE:
            tally.sample.append(shown_as(decision))


def shown_as(decision: Decision) -> dict[str, Any]:
    """Return a decision as history and dry runs show it."""
    return {
        "image": decision.candidate.digest,
        "rule_id": decision.rule.id if decision.rule else None,
        "transition": decision.rule.rule.transition.value if decision.rule else None,
        "reason": decision.reason,
        "references": [
            {
                "reference": str(verdict.reference),
                "rule_id": verdict.rule.id if verdict.rule else None,
                "why": verdict.why,
            }
            for verdict in decision.verdicts
        ],
    }


def _request(decision: Decision, run: ScheduledRun) -> TransitionRequest:
    assert decision.rule is not None  # noqa: S101 -- the caller has looked
    return TransitionRequest(
        image=decision.candidate.digest,
        transition=_TRANSITIONS[decision.rule.rule.transition],
        request_id=uuid7(),
        revision=decision.candidate.revision,
        rule_id=decision.rule.id,
        requested_by=f"rule {decision.rule.name}",
        correlation_id=run.correlation_id,
    )


def _record(
    cursor: Cursor,
    run: ScheduledRun,
    report: Report,
    tallies: list[Tally],
    wrong: list[tuple[int, str, str]],
    started: datetime,
) -> None:
    execution = run.execution_id or run.correlation_id
    cost = {"hops": run.hops, "processor_seconds": report.processor_seconds, "peak_mib": report.peak_mib}
    cursor.execute("DELETE FROM archive_rule_run WHERE started_at < now() - %s::interval", (_KEPT,))
    cursor.execute(
        "DELETE FROM archive_rule_run WHERE execution_id = %s AND (detail->>'hops')::integer = %s",
        (execution, run.hops),
    )
    lines = [
        (one.rule.id, one.rule.name, report.examined, one.selected, one.requested, {"decisions": one.sample})
        for one in tallies
    ] + [(rule, name, 0, 0, 0, {"error": reason}) for rule, name, reason in wrong]
    for rule, name, seen, selected, requested, detail in lines:
        cursor.execute(
            "INSERT INTO archive_rule_run (execution_id, rule_id, rule_name, dry_run, examined, selected, requested,"
            " detail, started_at, finished_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())",
            (
                execution,
                rule,
                name,
                run.dry_run,
                seen,
                selected,
                requested,
                orjson.dumps(detail | cost).decode(),
                started,
            ),
        )


def _continue(messenger: Messenger, run: ScheduledRun, cursor: str) -> None:
    if run.hops >= HOPS:
        logger.error("archive rules stop before the end", extra={"hops": run.hops, "cursor": cursor})
        return
    execution = run.execution_id or run.correlation_id
    messenger.send(
        "archive", run.model_copy(update={"hops": run.hops + 1, "cursor": cursor, "execution_id": execution})
    )
