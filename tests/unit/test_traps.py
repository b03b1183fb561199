"""Every known trap has a test marked with its number, or a reason why it has none yet."""

import re
from pathlib import Path

TRAPS = {f"A{number}" for number in range(1, 21)} | {f"B{number}" for number in range(1, 24)}

NOT_COVERED = {
    "B10": "sizes at a million images are not measured yet",
}


def test_every_trap_is_covered_or_explained() -> None:
    tests = Path(__file__).parents[1]
    marked = set()
    for file in tests.rglob("test_*.py"):
        marked |= {
            number
            for line in re.findall(r"mark\.trap\(([^)]*)\)", file.read_text())
            for number in re.findall(r'"([AB]\d+)"', line)
        }
    assert marked <= TRAPS, "a test is marked with a trap that does not exist"
    assert marked & set(NOT_COVERED) == set(), "a trap that has a test needs no reason"
    assert TRAPS - marked == set(NOT_COVERED), "a trap needs a test, or a reason in NOT_COVERED"
