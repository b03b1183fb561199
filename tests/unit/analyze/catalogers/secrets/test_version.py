"""What the search for secrets finds is bound to its version: a change in one without the other is red.

Bump `SecretScanner.version` when what is found changes, then write what this prints into PINNED.
"""

import hashlib

import orjson
from tests.harness.secrets import SAMPLES, everything
from tests.harness.views import extract

from analyze.catalogers.secrets import SecretScanner, skipped, values
from analyze.catalogers.secrets.rules import RULES

PINNED = (1, "e266d784063acc1f19b2bfed9dc0704b7528b2b959e7e4622c71a94ce90b090a")


def test_the_version_covers_what_is_found():
    scanner = SecretScanner()
    content, _ = everything()
    facts = [
        extract(scanner, b"srv/" + sample.name.encode(), sample.content(sample.value())) for sample in SAMPLES.values()
    ]
    said = [
        [[*(getattr(rule, name) for name in rule.__slots__ if name != "confirm")] for rule in RULES],
        [found and found.detail for found in (*facts, extract(scanner, b"srv/all", content))],
        [
            skipped._SKIPPED_DIRECTORIES.pattern,
            skipped._SKIPPED_NAMES.pattern,
            skipped._STRINGS.pattern,
            values._PLACEHOLDER.pattern,
        ],
    ]
    digest = hashlib.sha256(orjson.dumps(said, default=lambda value: value.decode())).hexdigest()
    assert (scanner.version, digest) == PINNED
