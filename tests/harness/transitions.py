"""A small Cargohold for tests of the archive: real database, real stores, real persist."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from archive import bundle
from archive.steps.run import Services
from archive.transitions import Outcome, carry_out
from cargohold import digests
from cargohold.contracts import AnalysisReady, Reference, ScheduledRun, TransitionRequest
from cargohold.database.connection import Database
from cargohold.errors import CargoholdError, ObjectNotFound
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.objects.store import ObjectStore
from cargohold.settings import DatabaseSettings
from persist.messages import Dependencies, handle_message
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis
from tests.harness.faults import Faults, FaultyDatabase, FaultyMessenger, FaultyStore
from tests.harness.rows import one

IMAGE = digest("image")


@dataclass
class World:
    """The two stores, the database, and every message that was sent."""

    database: Database
    url: str
    primary: ObjectStore
    archive: ObjectStore
    messenger: RecordingMessenger = field(default_factory=RecordingMessenger)
    own: Database | None = None
    watch_seconds: int = 0

    def services(self, faults: Faults | None = None) -> Services:
        """Return what archive works with, under archive's role; with `faults` it may die."""
        settings = DatabaseSettings(database_url=self.url, database_role="cargohold_archive")
        if faults is None:
            if self.own is None:
                self.own = Database(settings, application_name="archive")
            return Services(self.own, self.primary, self.archive, self.messenger, self.watch_seconds)
        return Services(
            FaultyDatabase(settings, faults, application_name="victim"),
            FaultyStore(self.primary, faults),
            FaultyStore(self.archive, faults),
            FaultyMessenger(self.messenger, faults),
            self.watch_seconds,
        )

    def close(self) -> None:
        """Close what `services` opened."""
        if self.own is not None:
            self.own.close()

    def push(
        self,
        days: float = 0,
        *,
        image: str = IMAGE,
        references: Sequence[Reference] | None = None,
        tag: str = "latest",
        size: int = 20,
        **message: Any,
    ) -> AnalysisReady:
        """Analyze `image`, pushed `days` after the epoch, and persist the result."""
        at = EPOCH + timedelta(days=days)
        identifier = message.pop("identifier", analysis_id(at))
        found = [package(f"package-{number}", str(days)) for number in range(size)]
        self.primary.put(f"claims/{image}/1/{identifier.int % 1_000_000:06}", [b"{}"])
        if references is None:
            references = (pushed(at, tag, digest=image),)
        ready = store_analysis(self.primary, image, identifier, found, references=tuple(references), **message)
        self.persist(ready)
        return ready

    def persist(self, message: Any) -> None:
        handle_message(message, Dependencies(self.database, self.primary, self.messenger))

    def request(self, transition: Transition, *, image: str = IMAGE, **fields: Any) -> TransitionRequest:
        return TransitionRequest(**({"image": image, "transition": transition, "request_id": uuid7()} | fields))

    def do(self, transition: Transition, **fields: Any) -> TransitionRequest:
        """Carry out a transition to its end, with persist's part of it."""
        request = self.request(transition, **fields)
        self.deliver(request)
        self.settle()
        return request

    def deliver(self, request: TransitionRequest, faults: Faults | None = None) -> Outcome:
        services = self.services(faults)
        try:
            return carry_out(services, request)
        finally:
            if faults is not None:
                services.database.close()

    def redeliver(self, request: TransitionRequest) -> None:
        """Deliver a message as the queue does: what fails for good is consumed."""
        try:
            self.deliver(request)
        except CargoholdError as error:
            if not error.permanent:
                raise

    def settle(self) -> None:
        """Deliver what was sent, until nothing is left; what looks after a transition comes minutes later, so last."""
        while self.messenger.sent:
            self.messenger.sent.sort(key=lambda one: is_look(one[1]))
            queue, message = self.messenger.sent.pop(0)
            if queue == "persist":
                self.persist(message)
            elif isinstance(message, TransitionRequest):
                self.redeliver(message)

    def look(self) -> None:
        """Deliver the looks after transitions that were sent and what comes of them; every other message is lost."""
        self.messenger.sent = [one for one in self.messenger.sent if is_look(one[1])]
        self.settle()

    def status(self, image: str = IMAGE) -> tuple[str | None, str | None]:
        """Return the statuses of the image and of its archived analysis."""
        key = (digests.to_bytes(image),)
        return (
            one(self.database, "SELECT status FROM image WHERE digest = %s", key),
            one(self.database, "SELECT status FROM archived_image WHERE digest = %s", key),
        )

    def began(self, request: TransitionRequest) -> bool:
        """Tell whether a row names the request."""
        identifier = {"request": request.request_id}
        statement = """
            SELECT count(*) FROM (
                SELECT request_id FROM image UNION ALL SELECT request_id FROM archived_image
                UNION ALL SELECT transition_id FROM archived_image) named
            WHERE request_id = %(request)s"""
        return bool(one(self.database, statement, identifier))

    def keys(self, store: ObjectStore) -> set[str]:
        return {info.key for info in store.list("")}

    def in_primary(self, ready: AnalysisReady) -> bool:
        """Tell whether every document of an analysis is in the primary store, byte for byte."""
        return all(has(self.primary, key.key, key.sha256) for key in ready.documents)

    def in_archive(self, ready: AnalysisReady, image: str = IMAGE) -> bool:
        """Tell whether the archive's row names a bundle that is whole and holds exactly this analysis."""
        row = one(
            self.database,
            "SELECT bundle_key, bundle_sha256 FROM archived_image WHERE digest = %s",
            (digests.to_bytes(image),),
        )
        if row is None:
            return False
        try:
            with self.archive.get(row[0]) as reader:
                assert reader.info.sha256 == row[1].hex()
                verified = bundle.verify(reader, row[0])
        except ObjectNotFound:
            return False
        held = {(name, member.sha256) for name, member in verified.manifest.documents().items()}
        return verified.manifest.analysis_id == ready.analysis_id and held == {
            (key.document, key.sha256) for key in ready.documents
        }

    def events(self, kind: str) -> list[Any]:
        return [event for event in self.messenger.published if getattr(event, "kind", "") == kind]


def has(store: ObjectStore, key: str, sha256: str) -> bool:
    """Tell whether an object is there, with this content, read to its end."""
    actual = hashlib.sha256()
    try:
        with store.get(key) as reader:
            for part in reader:
                actual.update(part)
    except ObjectNotFound:
        return False
    return actual.hexdigest() == sha256


def is_look(message: BaseModel) -> bool:
    """Tell whether a message looks after a transition."""
    return isinstance(message, TransitionRequest) and message.hops > 0


RUN = ScheduledRun(job="archive-continue")
