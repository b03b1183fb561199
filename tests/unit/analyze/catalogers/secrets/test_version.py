"""What the search for secrets finds is bound to its version: a change in one without the other is red.

Bump `SecretScanner.version` when what is found changes, then write what this prints into PINNED.
"""

import hashlib

import orjson
from tests.harness.secrets import SAMPLES, everything
from tests.harness.views import extract

from analyze.catalogers.secrets import SecretScanner, skipped, values
from analyze.catalogers.secrets.rules import RULES

PINNED = (1, "da420b72ad4519f714bd5fb0cf6cd1ece83f8cd577b9bb07cd2b90b6e2ebec69")


def test_the_version_covers_what_is_found():
    scanner = SecretScanner()
    content, _ = everything()
    facts = [
        extract(scanner, b"srv/" + sample.name.encode(), sample.content(sample.value())) for sample in SAMPLES.values()
    ]
    said = [
        [[*(getattr(rule, name) for name in rule.__slots__ if name != "confirm")] for rule in RULES],
        [found and found.detail for found in (*facts, extract(scanner, b"srv/all", content))],
        [skipped._SKIPPED.pattern, skipped._STRINGS.pattern, values._PLACEHOLDER.pattern],
    ]
    digest = hashlib.sha256(orjson.dumps(said, default=lambda value: value.decode())).hexdigest()
    assert (scanner.version, digest) == PINNED
