"""Files that once broke a parser, each a small tree of an image (see `tests.fuzz.trees`)."""

import time

import pytest
from tests.fuzz import trees
from tests.fuzz.inputs import Input, targets
from tests.fuzz.oracle import check
from tests.harness.fixtures import CATALOGERS

TREES = sorted(path for path in (CATALOGERS / "regressions").glob("*/*") if path.is_dir())
SECONDS = 10  # of CPU, on a slow machine; what was slow took far longer


@pytest.mark.parametrize("directory", TREES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_broke_a_parser_once(directory):
    cataloger = targets()[directory.parent.name]
    files = trees.read(directory)
    assert files
    for path, content in files.items():
        started = time.process_time()
        check(cataloger, Input(path, content, {other: files[other] for other in files if other != path}))
        assert time.process_time() - started < SECONDS
