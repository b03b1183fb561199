"""What changes among the attempts to analyze, found by asking again and again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from api.queries.paging import MAX_LIMIT
from api.queries.views import AttemptView
from cargohold_cli.source import Source

_LATE = timedelta(minutes=10)  # that an attempt may be told after a younger one: messages come in no order


class Follower:
    """Remembers what was told. Attempts come newest first, so each look reads only as far back as there can be news."""

    def __init__(self, source: Source, repository: str | None = None) -> None:
        self._source = source
        self._repository = repository
        self._told: dict[UUID, AttemptView] = {}
        self._horizon: datetime | None = None
        self._first = True  # what is over at the first look is history, none of what comes later is

    def changes(self) -> Iterator[AttemptView]:
        """Yield attempts that began or ended since the last look, the oldest first; at first those under way."""
        found = list(self._read())
        first, known, self._first = self._first, self._told, False
        newest = max((attempt.started_at for attempt in found), default=self._horizon)
        self._told = {attempt.analysis_id: attempt for attempt in found}
        under_way = [attempt.started_at for attempt in found if attempt.status == "analyzing"]
        if newest is not None:
            self._horizon = min([newest - _LATE, *under_way])
        for attempt in reversed(found):
            before = known.get(attempt.analysis_id)
            if first and attempt.status != "analyzing":
                continue
            if before is None or before.status != attempt.status:
                yield attempt

    def _read(self) -> Iterator[AttemptView]:
        after: str | None = None
        while True:
            page = self._source.attempts(repository=self._repository, limit=MAX_LIMIT, after=after)
            for attempt in page.items:
                if self._horizon is not None and attempt.started_at < self._horizon:
                    return
                yield attempt
            after = page.next
            # The first look is no history: a page of the newest has what is under way.
            if after is None or self._first:
                return
