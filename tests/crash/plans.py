"""What each crash of the long run is to be: chosen by its number and the seed, so that one can be repeated alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.harness.crashes import SCENARIOS

MOMENTS = 70  # more than any scenario has: a crash that does not happen is no crash, and is not counted
LONGEST = 0.4  # seconds until a kill from outside


@dataclass(frozen=True)
class Plan:
    """One crash, chosen by its number and the seed."""

    pair: str
    name: str
    kind: str  # boundary, outside, two workers, store fails
    at: int
    after: float
    lose_message: bool
    looked_after: bool  # what a lost message leaves is found by the look alone, not by the schedule


def plan(number: int, seed: int, pairs: Sequence[str]) -> Plan:
    """Return what to do in crash `number`."""
    rng = random.Random(f"{seed} {number}")
    pair = pairs[number % len(pairs)]
    kinds = ["boundary"] * 5 + ["outside"] * 2 + ["two workers", "store fails"]
    kind = rng.choice(kinds)
    return Plan(
        pair=pair,
        name=rng.choice(list(SCENARIOS)),
        # What is in memory dies with its process: there the process only behaves as if it died.
        kind="boundary" if "memory" in pair and kind != "store fails" else kind,
        at=rng.randint(1, MOMENTS),
        after=rng.random() * LONGEST,
        lose_message=rng.random() < 0.3,
        looked_after=rng.random() < 0.5,
    )
