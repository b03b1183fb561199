"""The part of YAML that lock files are written in, against a full parser."""

import time
from contextlib import suppress

import pytest
import yaml as full
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree

from analyze.catalogers.lockfile import yaml

FILES = [
    content.decode()
    for name in ("javascript_lock", "swift_lock", "dart_lock", "haskell_lock")
    for path, content in tree(name).items()
    if path.endswith((b".yaml", b"yarn4/yarn.lock", b"Podfile.lock", b"pubspec.lock", b"stack.yaml.lock"))
]


def fully(text):
    return as_text(full.load(text, Loader=full.BaseLoader))  # noqa: S506 (it makes texts of everything)


def as_text(value):
    if isinstance(value, dict):
        return {key: as_text(one) for key, one in value.items()}
    return [as_text(one) for one in value] if isinstance(value, list) else value or ""


@pytest.mark.parametrize("text", FILES)
def test_the_same_as_a_full_parser(text):
    assert yaml.loads(text) == fully(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# c\n---\na: 1\n...\n", {"a": "1"}),
        ("a: 'it''s'\nb: \"x\\ty\"\n", {"a": "it's", "b": "x\ty"}),
        ("a: x # c\nb: x#y\n", {"a": "x", "b": "x#y"}),
        ("a:\n- 1\n- b: 2\n  c: 3\nd: 4\n", {"a": ["1", {"b": "2", "c": "3"}], "d": "4"}),
        ("- - a\n  - b\n- c\n", [["a", "b"], "c"]),
        ("a: |\n  text: 1\n  more\nb: 2\n", {"a": "", "b": "2"}),
        ("a: one\n  two: three\nb: 2\n", {"a": "one", "b": "2"}),
        ('? "a long key"\n:\n  b: 1\n', {"a long key": {"b": "1"}}),
        ("? a\n: b\n", {"a": "b"}),
        ("a: {b: c, 'd': [e, 'f, g'], h: {}}\n", {"a": {"b": "c", "d": ["e", "f, g"], "h": {}}}),
        (
            "a: {url: https://example.org/x.tgz, n: 1 || 2}\n",
            {"a": {"url": "https://example.org/x.tgz", "n": "1 || 2"}},
        ),
        ("a: {b: [c\n", {"a": ""}),
        ("a: *x\nb: &x y\n", {"a": "*x", "b": "&x y"}),
        ("a:b\nc: d\n", {"c": "d"}),
        ('"a:b": c\n"a"b: c\n', {"a:b": "c"}),
    ],
)
def test_forms(text, expected):
    assert yaml.loads(text) == expected


@pytest.mark.parametrize(
    "text", ["a:\n\tb: 1\n", "- " * 100 + "a", "\n".join(" " * n + "a:" for n in range(100)), "a: " + "[" * 100]
)
def test_what_is_refused(text):
    with pytest.raises(ValueError):
        yaml.loads(text)


_LEAVES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=8)


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_LEAVES, inner, max_size=3)))
def test_what_a_full_writer_writes(value):
    if isinstance(value, (dict, list)) and value:
        text = full.dump(value, width=10**6, default_flow_style=False, default_style='"')
        assert yaml.loads(text) == fully(text)


@pytest.mark.parametrize(
    "text",
    ["a: " * 100_000, "a:\n" * 100_000, "- " * 100_000, '"' * 300_000, "a: {" + "b: c, " * 60_000, "? a\n" * 60_000],
)
def test_floods_take_linear_time(text):
    started = time.process_time()
    with suppress(ValueError):
        yaml.loads(text)
    assert time.process_time() - started < 10
