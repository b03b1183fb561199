"""One run over one registry: repository by repository, tag by tag, as long as there is time.

What is left is done by a run that this one sends for, with the place where it stopped. A run that is
repeated finds less to do: whatever it sends can be sent again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from cargohold.contracts import AnalyzeRequest, ReconcileRun, Reference, ReferenceRemoved, now
from cargohold.database.connection import Database
from cargohold.errors import CargoholdError, RateLimited, Unauthorized
from cargohold.messaging.bus import Messenger
from cargohold.registry.document import Registry
from cargohold.registry.reference import is_repository
from cargohold.telemetry import logger
from intake.reconcile import known as knowledge
from intake.reconcile.compare import Finding, is_companion, is_hopeless, judge, may_succeed
from intake.reconcile.known import Known
from intake.reconcile.place import Place
from intake.reconcile.sources import Source

HOPS = 10_000  # an end for a run that would go on for ever
STEP = 100  # tags or digests between looks at the clock
ACTIONS = 2_000  # of a dry run: its answer must stay below Lambda's 6 MB
_LONGEST_DELAY = 900  # seconds; SQS takes no more


@dataclass(slots=True)
class Report:
    """What a run found and asked for. `actions` is filled by a dry run; `cursor` is "" when all was seen."""

    registry: str
    repositories: int = 0
    tags: int = 0
    missed: int = 0
    retried: int = 0
    removed: int = 0
    refused: list[str] = field(default_factory=list)  # repositories that the credentials do not open
    catalog: bool = False  # whether the registry told what repositories it has
    cursor: str = ""
    error: str = ""  # code of what stopped it before the end; it goes on later
    actions: list[dict[str, Any]] = field(default_factory=list)


class _NoTime(Exception):
    """Raised between two steps. Never leaves this module."""


@dataclass(slots=True)
class Reconciliation:
    """A registry, the database, and where messages go. `wanted` narrows the repositories further."""

    registry: Registry
    source: Source
    database: Database
    messenger: Messenger
    enough: Callable[[], bool]
    wanted: Callable[[str], bool] = lambda _: True
    _run: ReconcileRun = field(default_factory=ReconcileRun)
    _report: Report = field(default_factory=lambda: Report(""))
    _place: Place = field(default_factory=Place)

    def run(self, run: ReconcileRun) -> Report:
        """Compare from `run.cursor` on, and send what is missed; a dry run sends nothing.

        A transient error ends a run that has come further than its start as if time had run out; one that
        has not raises it, for the queue to count. Raises what databases, queues and `Source` raise.
        """
        self._run, self._report, self._place = run, Report(self.registry.host), Place.parse(run.cursor)
        delay = 0
        try:
            for repository in self._repositories():
                self._compare(repository)
                self._place = Place(repository)
        except _NoTime:
            self._report.cursor = str(self._place)
        except RateLimited as error:
            self._report.cursor, self._report.error = str(self._place), error.code
            delay = min(_LONGEST_DELAY, max(1, int(error.fields["seconds"])))
        except CargoholdError as error:
            if error.permanent or str(self._place) == run.cursor:
                raise
            self._report.cursor, self._report.error = str(self._place), error.code
            delay = _LONGEST_DELAY
        if (self._report.cursor or self._report.error) and not run.dry_run:
            self._continue(delay)
        return self._report

    def _continue(self, delay: int) -> None:
        run = self._run
        if run.hops >= HOPS:
            logger.error("reconcile stops before the end", extra={"hops": run.hops, "cursor": self._report.cursor})
            return
        changed = {"hops": run.hops + 1, "cursor": self._report.cursor, "registry": self.registry.host}
        self.messenger.send("reconcile", run.model_copy(update=changed), delay_seconds=delay)

    def _repositories(self) -> Iterator[str]:
        """Yield the repositories from the place on, in order."""
        try:
            catalog = self.source.repositories()
        except Unauthorized:
            catalog = None
        self._report.catalog = catalog is not None
        known = self.database.run(lambda cursor: knowledge.repositories(cursor, self.registry.host))
        names = {*(catalog or ()), *known, *self.registry.named_repositories}
        start = self._place
        for name in sorted(names):
            if is_repository(name) and self.registry.accepts(name) and self.wanted(name) and start.is_before(name):
                yield name

    def _compare(self, repository: str) -> None:
        self._check_time()
        # Before anything is read: what is pushed, archived or deleted from now on is later than this.
        at = now()
        resumed = self._place if self._place.repository == repository else Place(repository)
        known = self.database.run(lambda cursor: knowledge.repository(cursor, self.registry.host, repository))
        try:
            listed = {tag for tag in self.source.tags(repository) if self.registry.reconcile.accepts(tag)}
            if not resumed.digest:
                # Tags that are known and no longer listed come in their turn.
                names = {tag for tag in listed if not is_companion(tag)} | {
                    tag for tag in known.tags if self.registry.reconcile.accepts(tag)
                }
                self._tags(repository, sorted(tag for tag in names if tag > resumed.tag), known, at)
            self._untagged(repository, resumed.digest, known, at)
        except Unauthorized as error:
            logger.warning("reconcile is refused", extra={"repository": repository, "reason": error.message})
            self._report.refused.append(repository)
            return
        self._report.repositories += 1

    def _tags(self, repository: str, tags: list[str], known: Known, at: datetime) -> None:
        for step in _steps(tags):
            self._check_time()
            found = self.source.digests(repository, step)
            gone = self._gone([*filter(None, found.values()), *_tried(known, found)])
            for tag, digest in found.items():
                if digest is not None:
                    self._tag(repository, tag, digest, known, gone, at)
                elif tag in known.tags:
                    # A list can be cut short, or a moment old: only what is not there by name is gone.
                    known.untagged |= known.hidden & {known.tags[tag].digest}
                    self._remove(Reference(registry=self.registry.host, repository=repository, tag=tag), at)
            self._place = Place(repository, tag=step[-1])

    def _tag(
        self, repository: str, tag: str, digest: str, known: Known, gone: Mapping[str, datetime], at: datetime
    ) -> None:
        self._report.tags += 1
        owner = known.tags.get(tag)
        moved = owner is None or owner.digest != digest
        if owner is not None and moved:
            known.untagged.add(owner.digest)
        known.untagged.discard(digest)
        children = partial(self.source.children, repository, digest)
        finding = judge(tag, digest, known, gone, at, children=children, pushed_at=self.source.pushed_at(digest))
        if finding is Finding.MISSED and self._is_hopeless(repository, tag, digest, known):
            finding = None
        if finding is not None:
            self._request(repository, tag, digest, at if owner is None or moved else owner.pushed_at, finding)
        elif owner is not None and moved and digest in gone:
            # It names what was put away: whatever it named before it names no more.
            self._remove(Reference(registry=self.registry.host, repository=repository, tag=tag), at)

    def _is_hopeless(self, repository: str, tag: str, digest: str, known: Known) -> bool:
        others = [attempt for attempt in known.attempts.get(tag, ()) if attempt.digest not in (None, digest)]
        return bool(others) and is_hopeless(tag, self.source.children(repository, digest), known)

    def _untagged(self, repository: str, after: str, known: Known, at: datetime) -> None:
        failed = {a.digest for a in known.attempts.get("", ()) if a.digest is not None and may_succeed(a, at)}
        listed = failed | (known.untagged if self.registry.reconcile.untagged else set())
        for step in _steps(sorted(digest for digest in listed if digest > after)):
            self._check_time()
            gone = self._gone(step)
            for digest, found in self.source.digests(repository, step).items():
                if found is None and digest in known.untagged:
                    self._remove(Reference(registry=self.registry.host, repository=repository, digest=digest), at)
                elif found is not None and digest in failed and digest not in gone:
                    self._request(repository, "", digest, at, Finding.RETRY)
            self._place = Place(repository, digest=step[-1])

    def _gone(self, digests: Iterable[str]) -> dict[str, datetime]:
        asked = set(digests)
        return self.database.run(lambda cursor: knowledge.gone(cursor, asked)) if asked else {}

    def _request(self, repository: str, tag: str, digest: str, at: datetime, finding: Finding) -> None:
        reference = Reference(registry=self.registry.host, repository=repository, tag=tag, digest=digest, pushed_at=at)
        if finding is Finding.MISSED:
            self._report.missed += 1
        else:
            self._report.retried += 1
        request = AnalyzeRequest(reference=reference, reason="reconcile", correlation_id=self._run.correlation_id)
        self._act(finding.value, reference, lambda: self.messenger.send("analyze", request))

    def _remove(self, reference: Reference, at: datetime) -> None:
        self._report.removed += 1
        message = ReferenceRemoved(reference=reference, removed_at=at, correlation_id=self._run.correlation_id)
        self._act("removed", reference, lambda: self.messenger.send("persist", message))

    def _act(self, what: str, reference: Reference, send: Callable[[], None]) -> None:
        if not self._run.dry_run:
            send()
        elif len(self._report.actions) < ACTIONS:
            named = {"repository": reference.repository, "tag": reference.tag, "digest": reference.digest}
            self._report.actions.append({"action": what} | named)

    def _check_time(self) -> None:
        if self.enough():
            raise _NoTime


def _tried(known: Known, tags: Iterable[str]) -> Iterator[str]:
    return (attempt.digest for tag in tags for attempt in known.attempts.get(tag, ()) if attempt.digest is not None)


def _steps(names: Iterable[str]) -> Iterator[list[str]]:
    listed = list(names)
    return (listed[start : start + STEP] for start in range(0, len(listed), STEP))
