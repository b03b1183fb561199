"""Packages that stay with the facts that they were made of: images on a known base make none of its anew."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from analyze.catalogers.contract import FileFacts, Finding
from cargohold.model import Package

_MOST = 10_000  # packages of one file that are kept, some 1,000 bytes each
_values = attrgetter(*(field.name for field in fields(Package)))


def finding(
    evidence: FileFacts,
    position: int,
    key: dict[str, Any],
    make: Callable[[], Package],
    sources: tuple[Any, ...] = (),
) -> Finding:
    """Return what `make` makes of `evidence` and `sources`, and of nothing else: a copy where it is known.

    `position` is that of `key` in the identities of the evidence.
    """
    made = evidence.made
    if made is None or len(made) > _MOST:
        return Finding(make(), evidence, key)
    known = made[position]
    if known is None or known[0] != sources:
        known = made[position] = (sources, make())
    return Finding(Package(*_values(known[1])), evidence, key, known[1])
