"""What a database and the log beside it say together."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.contract import FileFacts
from analyze.catalogers.lookup import Lookup
from analyze.catalogers.sqlite import Installed
from analyze.catalogers.sqlite.joined import reached

KINDS = ("database", "log")


class Registered:
    """The databases of one view, and their logs."""

    def __init__(self, lookup: Lookup) -> None:
        self.found = [one for one in lookup.found if one.facts.detail.get("kind") in KINDS]
        self.installed = Installed(lookup)

    def paths(self) -> set[str]:
        """Return the store paths that are registered."""
        return {path for one in self.found for path in self._by_row(one).values()}

    def references(self) -> Iterator[tuple[str, str]]:
        """Yield store paths and what they refer to."""
        for one in self.found:
            if one.facts.detail["kind"] == "database":
                log = self.installed.log(one)
                paths = self._by_row(one) if log is None else {**self._by_row(one), **self._by_row(log)}
                for referrer, reference in _pairs(one.facts.detail, log.facts.detail if log else {}):
                    if referrer != reference and referrer in paths and reference in paths:
                        yield paths[referrer], paths[reference]

    def _by_row(self, one: FileFacts) -> dict[int, str]:
        detail = one.facts.detail
        positions: Iterable[int] = self.installed.positions(one)
        return {detail["rows"][position]: detail["packages"][position]["path"] for position in positions}


def _pairs(database: dict[str, Any], log: dict[str, Any]) -> Iterator[Sequence[int]]:
    """Yield the ids of Refs. Pairs that the log took away are of ids that are gone too."""
    rows = database["rows"]
    for position, record in enumerate(database["packages"]):
        for needed in record.get("references", ()):
            yield rows[position], rows[needed]
    newer = log.get("references", {})
    for page in sorted(reached(database["references"], newer) & newer.get("leaves", {}).keys()):
        yield from newer["leaves"][page]
