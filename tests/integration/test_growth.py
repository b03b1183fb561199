"""Layers of real hostile size, generated while they are read: how much memory they take, and how they end."""

import sys

import pytest
from benchmarks.growth import TARGET
from benchmarks.speed.measure import run

pytestmark = pytest.mark.slow


def walked(kind: str, size: int) -> tuple[str, float]:
    command = [sys.executable, "-m", "benchmarks.growth", "--walk", kind, "--size", str(size)]
    one = run(command, keep=True)
    assert one.cpu < 600, "25 s on a machine at rest"
    return one.output.decode(), one.memory


def test_ten_million_entries_are_refused_in_bounded_memory() -> None:
    said, memory = walked("flood", 10_000_000)
    assert said.startswith("image_too_large: the number of entries of layer exceeds the limit 2000000")
    assert memory < 2 * TARGET


def test_a_million_entries_stay_below_the_target() -> None:
    said, memory = walked("flood", 1_000_000)
    assert said.startswith("1,000,000 files")
    assert memory < TARGET


def test_a_large_file_takes_no_memory() -> None:
    said, memory = walked("stream", 1_000_000_000)
    assert said.startswith("1 files")
    assert memory < TARGET / 4


def test_secrets_without_end_take_no_more_than_what_they_are_read_from() -> None:
    said, memory = walked("secrets", 600_000)
    assert "600,000 secrets" in said
    assert memory < TARGET
