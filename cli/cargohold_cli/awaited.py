"""An analysis that an API was asked for, waited for to its end.

A request has ended well when its reference counts as pushed at the time of the request or later: whoever analyzes
the image, or has analyzed it, persist records that with the result. It has failed when an attempt of the
reference that began since has failed for good.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from analyze.transports.platforms import suits
from api.queries.paging import MAX_LIMIT
from api.queries.views import AttemptView, ImageDetail, ImageView, ReferenceView
from cargohold.contracts import Reference
from cargohold.errors import ImageUnknown, NoMatchingPlatform
from cargohold.model import Platform
from cargohold.registry.reference import to_text
from cargohold_cli.client import Client

Found = TypeVar("Found")

LONGEST = 1_800  # seconds that an end is waited for
PAUSE = 2.0  # seconds between looks


class Awaited:
    """The request for `reference` that the API `asked` took at `since`; with `force` it is analyzed in any case."""

    def __init__(self, asked: Client, reference: Reference, since: datetime, *, force: bool) -> None:
        self._client = asked
        self._reference = reference
        self._since = since
        self._force = force
        self._named = {"registry": reference.registry, "repository": reference.repository}

    def images(self, platforms: tuple[Platform, ...]) -> list[str] | None:
        """Return the digests of the images, of `platforms` only when given.

        None when the reference is an index and there are no `platforms`: when the last of its images is done
        only its registry knows. Raises the error of the attempt that failed, `NoMatchingPlatform`, and `TimeoutError`.
        """
        deadline = time.monotonic() + LONGEST
        pushed = self._look(self._pushed, deadline)
        try:
            single = self._client.one(f"/v1/images/{pushed.digest}", ImageDetail).image
        except ImageUnknown:
            return self._look(lambda: self._of_index(platforms), deadline) if platforms and pushed.tag else None
        mine = Platform(single.os, single.architecture, single.variant)
        if platforms and not suits(mine, platforms):
            wanted = ", ".join(map(str, platforms))
            raise NoMatchingPlatform(reference=to_text(self._reference), wanted=wanted, available=str(mine))
        return [single.digest]

    def _look(self, find: Callable[[], Found | None], deadline: float) -> Found:
        while (found := find()) is None:
            self._check_failures()
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(PAUSE)
        return found

    def _pushed(self) -> ReferenceView | None:
        asked = {"tag": self._reference.tag or None, "digest": self._reference.digest}
        found = self._client.page(
            "/v1/references", ReferenceView, **self._named, **asked, removed=True, limit=MAX_LIMIT
        )
        return next(
            (one for one in found.items if one.tag == self._reference.tag and one.pushed_at >= self._since), None
        )

    def _of_index(self, platforms: tuple[Platform, ...]) -> list[str] | None:
        tag = self._reference.tag
        page = self._client.page("/v1/images", ImageView, **self._named, tag=tag, limit=MAX_LIMIT)
        done = list(filter(self._is_done(page.items), page.items))
        chosen = []
        for platform in platforms:
            found = [one.digest for one in done if suits(Platform(one.os, one.architecture, one.variant), [platform])]
            if not found:
                return None
            chosen += found
        return list(dict.fromkeys(chosen))

    def _is_done(self, images: tuple[ImageView, ...]) -> Callable[[ImageView], bool]:
        """Tell of which images of an index the request has ended, when it has of one at least."""
        if self._force:
            ended = {
                attempt.digest
                for attempt in self._attempts()
                if attempt.status == "analyzed" and attempt.finished_at and attempt.finished_at >= self._since
            }
            return lambda image: image.digest in ended
        # The one that is done is of the catalog of now, and what is known already is if it has the same.
        newest = max((image.catalog_version for image in images), default=0)
        return lambda image: image.catalog_version == newest

    def _check_failures(self) -> None:
        for attempt in self._attempts():
            mine = attempt.tag == self._reference.tag and (attempt.tag or attempt.digest == self._reference.digest)
            failed = attempt.status == "analysis_failed" and attempt.final
            if mine and failed and attempt.started_at >= self._since:
                # One that was killed has told nothing.
                message = attempt.error_message or "the analysis did not end in its time"
                raise self._client.error_of(attempt.error_code, message)

    def _attempts(self) -> tuple[AttemptView, ...]:
        return self._client.page("/v1/failures", AttemptView, **self._named, all=True, limit=MAX_LIMIT).items
