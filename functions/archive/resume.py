"""Takes up transitions and clean-ups that stopped in the middle and whose message is lost.

A row says all that is needed: which request is under way. Asking for it once more is always safe,
even while the first one is at work; that is why it can be forced.
"""

import re
from datetime import timedelta
from uuid import UUID

from cargohold import digests
from cargohold.contracts import ScheduledRun, TransitionRequest
from cargohold.database.connection import Cursor, Database
from cargohold.lifecycle import Transition
from cargohold.messaging.bus import Messenger

STUCK_AFTER = timedelta(minutes=20)  # longer than any function may run
REQUESTS = 500

_BUNDLE = re.compile(r"(?:^|/)bundles/(sha256:[0-9a-f]{64})/")

# In any order: when more wait than are asked for at once, those that wait for hours must not stand before the others.
# A clean-up is asked for as the archiving that left it: that finds its work done, and cleans up.
_STUCK = """
SELECT digest, status, request_id FROM (
SELECT digest, status, request_id FROM image
WHERE status <> 'active' AND request_id IS NOT NULL AND {condition}
UNION ALL
SELECT digest, 'archive ' || status, transition_id FROM archived_image
WHERE status <> 'archived' AND transition_id IS NOT NULL AND {condition}
UNION ALL
SELECT digest, 'archive archived', request_id FROM archived_image
WHERE (primary_keys <> '{{}}' OR stale_bundles <> '{{}}') AND status = 'archived' AND {condition}
) stuck ORDER BY random() LIMIT %(limit)s
"""
_BY_AGE = _STUCK.format(condition="status_changed_at < now() - %(age)s")
_BY_DIGEST = _STUCK.format(condition="digest = %(digest)s")

_TRANSITION = {
    "archiving": Transition.ARCHIVE,
    "deleting": Transition.DELETE_IMAGE,
    "archive restoring": Transition.RESTORE,
    "archive deleting": Transition.DELETE_ARCHIVE,
    "archive archived": Transition.ARCHIVE,
}


def resume(database: Database, messenger: Messenger, run: ScheduledRun, *, stuck_after: timedelta = STUCK_AFTER) -> int:
    """Send a request for everything unchanged for `stuck_after`, at most `REQUESTS` of them; return how many.

    With the key of a bundle as its cursor, a run is about that image alone, however young: its bundle can be read.
    """
    bundle = _BUNDLE.search(run.cursor)
    if bundle is not None:
        stuck = under_way(database, bundle[1], run.correlation_id)
    else:
        stuck = _requests(database, _BY_AGE, {"age": stuck_after}, run.correlation_id)
    for request in stuck:
        messenger.send("archive", request)
    return len(stuck)


def under_way(database: Database, digest: str, correlation_id: str) -> list[TransitionRequest]:
    """Return the requests that would end what is under way, or left to clean up, of one image, however young."""
    return _requests(database, _BY_DIGEST, {"digest": digests.to_bytes(digest)}, correlation_id)


def _requests(
    database: Database, statement: str, parameters: dict[str, object], correlation_id: str
) -> list[TransitionRequest]:
    def work(cursor: Cursor) -> list[tuple[bytes, str, UUID]]:
        cursor.execute(statement, parameters | {"limit": REQUESTS})
        return cursor.fetchall()

    return [
        TransitionRequest(
            image=digests.to_text(digest),
            transition=_TRANSITION[status],
            request_id=request_id,
            requested_by="archive-continue",
            correlation_id=correlation_id,
        )
        for digest, status, request_id in database.run(work)
    ]
