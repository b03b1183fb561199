"""Rows of secrets that are made when they are asked for are those of all findings, gathered and sorted at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.raw_tars import END, file, hard_link
from tests.harness.secrets import SAMPLES

from analyze.catalogers.secrets import SecretScanner
from analyze.catalogers.secrets.allowed import Allowed, parse_allowed
from analyze.image.assemble import ImageAnalysis, assemble
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from analyze.searched import find_secrets
from cargohold.paths import to_text

SCANNER = SecretScanner()
PATHS = (b"etc/a", b"etc/a.conf", b"srv/\xff", b"srv/.wh.b", b"srv/b", b"z")
KINDS = ("github-pat", "private-key", "asana-client-id")
CONFIG = b'{"config": {"Env": ["Z=%s", "A=%s"]}}' % tuple(SAMPLES["github-pat"].value(seed).encode() for seed in (1, 2))

CONTENTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2)), max_size=3).map(
    lambda kinds: b"-\n".join(SAMPLES[kind].content(SAMPLES[kind].value(seed)) for kind, seed in kinds)
)
LAYERS = st.lists(st.dictionaries(st.sampled_from(PATHS), CONTENTS, max_size=4), min_size=1, max_size=3)


def merged(directory: Path, layers: list[dict[bytes, bytes]]) -> ImageAnalysis:
    """Merge layers of these files, each with a hard link to one of them."""
    records = []
    with Scratch(directory, "request", budget=1 << 20, memory=1 << 20) as scratch:
        for files in layers:
            links = [hard_link(b"link", path) for path in files if b".wh." not in path][:1]
            tar = b"".join(file(path, content) for path, content in files.items()) + b"".join(links) + END
            records.append(
                walk_layer([tar], blob_digest="", diff_id="", catalogers=[SCANNER], limits=DEFAULT, scratch=scratch)
            )
    return assemble(records, [SCANNER], CONFIG)


def at_once(result: ImageAnalysis, allowed: Allowed) -> list[tuple[object, ...]]:
    """Return path, layer, row and visibility of every finding in a file; of what is hidden, the same only once."""
    found, known = [], set()
    for view, visible in ((result.visible, True), (result.hidden, False)):
        for facts in view.facts(SCANNER.name):
            for row in facts.facts.detail["secrets"]:
                key = (facts.path, facts.digest, *row)
                if not allowed.covers(row[0], facts.path, row[4]) and (visible or key not in known):
                    known.add(key)
                    found.append(("/" + to_text(facts.path), facts.layer, tuple(row), visible))
    return sorted(found, key=lambda one: (one[0], one[1], one[2][1], one[2][2]))


@given(LAYERS, st.sampled_from(["", "rule:github-pat", "path:/etc/**"]))
@settings(max_examples=100, deadline=None)
def test_rows_are_those_of_all_findings_at_once(tmp_path_factory, layers, words):
    result, allowed = merged(tmp_path_factory.mktemp("scratch"), layers), parse_allowed(words)
    found = find_secrets(result, CONFIG, SCANNER, allowed)
    rows = list(found)
    files = [
        (one.path, one.layer, (one.rule, one.line, one.column, one.snippet, one.digest), one.visible)
        for one in rows
        if one.source == "file"
    ]
    assert files == at_once(result, allowed)
    places = [one.path for one in rows if one.source == "config"]
    assert places == ([] if words == "rule:github-pat" else ["config.Env[0]", "config.Env[1]"])
    assert [one.source for one in rows] == ["config"] * len(places) + ["file"] * len(files)
    assert list(found) == rows, "they can be asked for again"


@pytest.mark.parametrize("visible", [True, False])
def test_the_same_finding_in_two_layers_is_hidden_once(tmp_path, visible):
    content = SAMPLES["github-pat"].content(SAMPLES["github-pat"].value())
    layers = [{b"a": content}, {b"a": b"-"}, {b"a": content if visible else b"-"}]
    rows = list(find_secrets(merged(tmp_path, layers), CONFIG, SCANNER, Allowed(rules=frozenset())))
    assert [(row.layer, row.visible) for row in rows if row.path == "/a"] == [(2, True) if visible else (0, False)]
