"""What the steps of one request share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from archive.bundle import Manifest, Verified
from archive.rows import Bundled, ImageRow, Situation, read
from cargohold.contracts import TransitionRequest
from cargohold.database.connection import Cursor, Database
from cargohold.errors import TransitionConflict
from cargohold.identifiers import made_at
from cargohold.messaging.bus import Messenger
from cargohold.objects.store import ObjectStore

_SKEW = timedelta(seconds=5)  # by which the clocks of sender and database may differ


class NotYet(Exception):
    """A cold bundle is being warmed up: the transition goes on when it is asked to continue."""


@dataclass(frozen=True, slots=True)
class Services:
    """The stores, the database and the queues."""

    database: Database
    primary: ObjectStore
    archive: ObjectStore
    messenger: Messenger
    watch_seconds: int = 0  # until what a request begins is looked after for the first time; 0 for never


@dataclass(slots=True)
class Run:
    """One request being carried out. What a step leaves here, a repetition of the step would leave again."""

    services: Services
    request: TransitionRequest
    eligible: Callable[[], int | None]  # the revision at which a rule still takes the image, None when it does not
    begun: ImageRow | None = None  # the image's row as the transition began, for the fence
    manifest: Manifest | None = None
    bundle: Bundled | None = None
    verified: Verified | None = None
    primary_keys: list[str] = field(default_factory=list)  # of the analysis being moved
    watched: bool = False  # a copy of the request has been sent that looks after it

    @property
    def digest(self) -> str:
        return self.request.image

    def conflict(self, reason: str) -> TransitionConflict:
        """Return the error that says why the transition cannot go on."""
        return TransitionConflict(digest=self.digest, transition=self.request.transition.value, reason=reason)

    def situation(self, cursor: Cursor) -> Situation:
        """Lock and return the rows of the image."""
        return read(cursor, self.digest)

    def check_image_unchanged(self, image: ImageRow) -> None:
        """Raise `TransitionConflict` when the image is not what the requester saw."""
        self._check_revision(image.revision)
        # A row that is younger than the request: the image was deleted and analyzed again in between,
        # and this is the late copy of a message.
        if self.request.request_id.version == 7 and image.status_changed_at > made_at(self.request.request_id) + _SKEW:
            raise self.conflict("it has changed since it was asked for")

    def _check_revision(self, revision: int) -> None:
        if self.request.revision is not None and self.request.revision != revision:
            raise self.conflict(f"it is at revision {revision}, not {self.request.revision}")

    def check_archive_unchanged(self, revision: int) -> None:
        """Raise `TransitionConflict` when the archive's row is not what the requester saw."""
        self._check_revision(revision)

    def check_rule(self) -> int | None:
        """Return the revision at which the rule was found to hold still; None for a request of a person."""
        if self.request.rule_id is None:
            return None
        revision = self.eligible()
        if revision is None:
            raise self.conflict("its rule no longer takes it")
        return revision
