"""Turns a result into rows: one transaction, the same rows however often and in which order it comes."""

from dataclasses import dataclass

from cargohold.contracts import AnalysisReady, AnalyzeRequest, ImageAnalyzed, ImageRestored, Reference
from cargohold.database.batch import Batch
from cargohold.database.connection import FOREIGN_KEY_VIOLATION, NOT_NULL_VIOLATION, Cursor, Database
from cargohold.digests import to_text
from cargohold.errors import ObjectNotFound
from cargohold.identifiers import event_id, made_at
from cargohold.messaging.bus import Messenger
from cargohold.objects.store import ObjectStore
from persist import attempts, content, images, references, secrets, sets
from persist.content import Content
from persist.guards import Decision, decide
from persist.lookup import Known, look_up

# A set or chain that the collector removes at this moment is there again on the next try.
_RETRY = frozenset({FOREIGN_KEY_VIOLATION, NOT_NULL_VIOLATION})


class _ContentNeeded(Exception):
    """The result becomes rows, so its documents must be read first. Never leaves this module."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a result. `current` tells that it is the image's analysis now, or was already."""

    decision: Decision
    current: bool = False
    packages: int = 0


def persist_analysis(database: Database, store: ObjectStore, messenger: Messenger, message: AnalysisReady) -> Outcome:
    """Write the rows of a result, then tell its users.

    A replay writes nothing and tells them again, under the same event id: the process may have died
    between the commit and the event. Raises what reading documents raises, and `DatabaseUnavailable`.
    """
    try:
        outcome = database.run(lambda cursor: apply(cursor, message, None), retry=_RETRY)
    except _ContentNeeded:
        outcome = _with_content(database, store, message)
    if outcome.decision is Decision.AGAIN:
        messenger.send("analyze", _request(message))
    if outcome.current:
        messenger.publish(_event(message, outcome))
    return outcome


def _with_content(database: Database, store: ObjectStore, message: AnalysisReady) -> Outcome:
    # Outside of any transaction: a slow store must not hold locks.
    try:
        found = content.read(store, message)
    except ObjectNotFound:
        # Archived or deleted since it was decided? Then the answer is another one by now.
        try:
            return database.run(lambda cursor: apply(cursor, message, None), retry=_RETRY)
        except _ContentNeeded:
            pass
        raise
    return database.run(lambda cursor: apply(cursor, message, found), retry=_RETRY)


def apply(cursor: Cursor, message: AnalysisReady, found: Content | None) -> Outcome:
    """Write the rows of a result in the transaction of `cursor`."""
    batch = Batch(cursor)
    known = look_up(batch, message, found)
    image = known.state.image
    decision = decide(known.state, message)
    if decision is Decision.WRITE and found is None:
        raise _ContentNeeded
    attempts.finished(batch, message)
    packages, current = 0, False
    if decision in (Decision.WRITE, Decision.KEEP):
        references.link_parents(batch, message)
    if decision is Decision.WRITE and found is not None:
        _write(batch, message, found, known)
        packages, current = found.packages.visible, True
        references.record(batch, references.pushes(message))
    elif decision is Decision.KEEP and image is not None:
        if references.record(batch, references.pushes(message)):
            images.touch(batch, image.id)
        packages, current = image.package_count, image.analysis_id == message.analysis_id
    batch.leave()
    return Outcome(decision, current, packages)


def _write(batch: Batch, message: AnalysisReady, found: Content, known: Known) -> None:
    images.write(batch, message, found, known.chain)
    sets.write(batch, message, found.packages, known)
    secrets.write(batch, message, found.secrets, before=known.image_id)


def _request(message: AnalysisReady) -> AnalyzeRequest:
    # By force, for a claim of the same analysis may still stand.
    reference = message.references[0] if message.references else Reference(repository="", digest=message.image)
    return AnalyzeRequest(
        reference=reference,
        image=message.image,
        parents=message.parents,
        reason=message.reason,
        force=True,
        correlation_id=message.correlation_id,
    )


def _event(message: AnalysisReady, outcome: Outcome) -> ImageAnalyzed | ImageRestored:
    pushed = _pushed(message)
    at = made_at(message.analysis_id)
    if message.origin == "restore":
        return ImageRestored(
            event_id=event_id("ImageRestored", message.image, str(message.request_id)),
            at=at,
            image=message.image,
            references=pushed,
            correlation_id=message.correlation_id,
        )
    # The references are part of the id: another tag of a known image is news.
    names = [f"{push.registry}/{push.repository}:{push.tag}@{push.digest}" for push in pushed]
    return ImageAnalyzed(
        event_id=event_id("ImageAnalyzed", message.image, str(message.analysis_id), *names),
        at=at,
        image=message.image,
        references=pushed,
        analysis_id=message.analysis_id,
        catalog_version=message.catalog_version,
        packages=outcome.packages,
        correlation_id=message.correlation_id,
    )


def _pushed(message: AnalysisReady) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            registry=push.registry,
            repository=push.repository,
            tag=push.tag,
            digest=to_text(push.digest),
            pushed_at=push.pushed_at,
        )
        for push in references.pushes(message)
    )
