"""Keys of documents, made and read again."""

from uuid import UUID

import pytest
from tests.harness.raw_tars import digest

from cargohold.objects.store import analysis_key, parse_analysis_key

IMAGE, ANALYSIS = digest(b"image"), UUID("01a20db0-804e-7db5-a66c-7d898b4e62f5")
RANDOM = UUID("0b1c2d3e-4f50-4a6b-8c7d-8e9f0a1b2c3d")


@pytest.mark.parametrize(
    ("key", "parsed"),
    [
        (analysis_key(IMAGE, ANALYSIS, "packages"), (IMAGE, ANALYSIS, "packages")),
        (analysis_key(IMAGE, ANALYSIS, "a/b"), (IMAGE, ANALYSIS, "a/b")),
        (analysis_key(IMAGE, ANALYSIS, ""), (IMAGE, ANALYSIS, "")),
        (f"bundles/{IMAGE}/{ANALYSIS}/packages", None),
        (f"analyses/sha256:ab/{ANALYSIS}/packages", None),
        (f"analyses/{IMAGE}/{RANDOM}/packages", None),
        (f"analyses/{IMAGE}/packages", None),
        ("analyses", None),
    ],
)
def test_keys_of_analyses_are_told_from_others(key, parsed):
    assert parse_analysis_key(key) == parsed
