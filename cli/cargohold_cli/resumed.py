"""What is under way with an image of an API, taken up and waited for, so that another move can begin.

The rows of a move name its request, and archive asks for that same request again: beside a worker that is still at it
this is safe. A move that does not end stays under way, and the API then refuses any other as it always does.
"""

import time
from contextlib import suppress

from api.queries.views import ArchiveView, ImageDetail
from cargohold.errors import ArchiveUnknown, ImageUnknown
from cargohold.lifecycle import ArchiveStatus, ImageStatus, Transition
from cargohold_cli.client import Client
from cargohold_cli.output import say

LONGEST = 900  # seconds that an end is waited for: as long as a function may run
PAUSE = 2.0  # seconds between looks

_OF_IMAGES = {ImageStatus.ARCHIVING: Transition.ARCHIVE, ImageStatus.DELETING: Transition.DELETE_IMAGE}
_OF_ARCHIVES = {ArchiveStatus.RESTORING: Transition.RESTORE, ArchiveStatus.DELETING: Transition.DELETE_ARCHIVE}


def to_its_end(asked: Client, digest: str, wanted: Transition) -> bool:
    """Take up what is under way, or left to clean up, and tell whether that was `wanted` and has come to its end."""
    before, _ = _under_way(asked, digest)
    asked.send("POST", f"/v1/archives/{digest}/resume", dict[str, str])
    if not before:
        return False
    say(f"{digest}: {', '.join(sorted(before))} is under way, and its end is waited for")
    deadline = time.monotonic() + LONGEST
    while True:
        still, here = _under_way(asked, digest)
        if not still:
            return wanted in before and here is (wanted is Transition.RESTORE)
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)


def _under_way(asked: Client, digest: str) -> tuple[set[Transition], bool]:
    """Return the moves that are under way, and whether the image is in the primary store."""
    found: list[Transition | None] = []
    here = False
    with suppress(ImageUnknown):
        image = asked.one(f"/v1/images/{digest}", ImageDetail).image
        here = True
        found.append(_OF_IMAGES.get(ImageStatus(image.image_status)))
    with suppress(ArchiveUnknown):
        archived = asked.one(f"/v1/archives/{digest}", ArchiveView)
        found.append(_OF_ARCHIVES.get(ArchiveStatus(archived.image_status)))
    return {move for move in found if move is not None}, here
