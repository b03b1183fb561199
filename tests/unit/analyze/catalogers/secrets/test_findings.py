"""What an ordinary system says when nothing was left in it: at most a budget of findings, each one looked at."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.views import MemoryFile

from analyze.catalogers.secrets import SecretScanner
from analyze.layer.content import HEAD, classify
from analyze.layer.entries import ContentClass

TREES = ("/etc", "/usr/share", "/usr/lib/python3", "/usr/include")
BUDGET = 3  # of a Debian with whatever is installed; the page on secrets tells what was measured
SEARCHED = {ContentClass.TEXT, ContentClass.SCRIPT, ContentClass.BINARY}


def files() -> Iterator[tuple[bytes, bytes]]:
    for tree in TREES:
        for directory, _, names in os.walk(tree):
            for name in names:
                path = Path(directory, name)
                if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
                    yield os.fsencode(path)[1:], path.read_bytes()


@pytest.mark.slow
def test_an_ordinary_system_has_next_to_no_findings():
    scanner = SecretScanner()
    found = [
        (path, row)
        for path, content in files()
        if classify(content[:HEAD]) in SEARCHED and (facts := scanner.extract(MemoryFile(path, content)))
        for row in facts.detail["secrets"]
        # What a machine made for itself is no false finding.
        if row[0] != "private-key" or not path.startswith(b"etc/")
    ]
    assert len(found) <= BUDGET, found
