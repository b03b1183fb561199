"""A walk over bytes made by the test."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyze.layer.record import LayerRecord
from analyze.layer.walk import walk_layer
from analyze.layer.want import rewalk
from analyze.limits import DEFAULT
from analyze.scratch import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    with Scratch(tmp_path / "scratch", "request", budget=64 << 20, memory=8 << 20) as space:
        yield space
        assert space._reserved == 0
        assert space._bytes == 0


@pytest.fixture
def walk(scratch: Scratch) -> Callable[..., LayerRecord]:
    def run(
        tar: bytes, catalogers: Sequence[Any] = (), *, chunk: int = 0, deadline: float | None = None, **limits: int
    ) -> LayerRecord:
        parts = [tar[at : at + chunk] for at in range(0, len(tar), chunk)] if chunk else [tar]
        return walk_layer(
            parts,
            blob_digest="",
            diff_id="",
            catalogers=catalogers,
            limits=replace(DEFAULT, **limits),
            scratch=scratch,
            deadline=deadline,
        )

    return run


@pytest.fixture
def again(scratch: Scratch) -> Callable[..., int]:
    def run(
        record: LayerRecord, wants: Any, *catalogers: Any, tar: bytes, limits: Any = DEFAULT, deadline: Any = None
    ) -> int:
        return rewalk(
            [tar],
            record,
            wants,
            {cataloger.name: cataloger for cataloger in catalogers},
            limits=limits,
            scratch=scratch,
            deadline=deadline,
        )

    return run


@pytest.fixture(scope="session")
def corpus() -> Path:
    root = os.environ.get("TEST_CORPUS", "")
    if not root:
        pytest.skip("TEST_CORPUS is not set")
    return Path(root)
