"""Files that are kept, lines that are counted, and globs that name both."""

import re
import time
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.views import MemoryFile, extract

from analyze.catalogers.contents import ContentOptions, ContentScanner, ContentSearch, check
from analyze.catalogers.globs import compiled, expression

SEARCH = ContentSearch("hosts", "^[0-9.]+ ", ("/etc/hosts", "*.hosts"))


def scanner(*retrieve: str, searches: tuple[ContentSearch, ...] = (), size: int = 1000) -> ContentScanner:
    return ContentScanner(ContentOptions(retrieve, size, searches), "digest")


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("/etc/passwd", b"etc/passwd", True),
        ("etc/passwd", b"etc/passwd", True),
        ("/etc/passwd", b"usr/etc/passwd", False),
        ("passwd", b"usr/etc/passwd", True),
        ("*.pem", b"a/b.pem", True),
        ("*.pem", b"b.pem/a", False),
        ("/etc/*.conf", b"etc/a/b.conf", False),
        ("/etc/**/*.conf", b"etc/a/b.conf", True),
        ("/etc/**/*.conf", b"etc/b.conf", True),
        ("/etc/**", b"etc/a/b", True),
        ("/etc/**", b"etc2/a", False),
        ("/a?c", b"abc", True),
        ("/a?c", b"a/c", False),
        ("/a.c", b"abc", False),
        ("/[a]", b"a", False),
        ("/é", "é".encode(), True),
        ("/new*", b"new\nline", True),
    ],
)
def test_globs(glob, path, matches):
    assert bool(re.compile(expression(glob), re.DOTALL).fullmatch(path)) is matches
    assert bool(compiled(("/nothing", glob)).fullmatch(path)) is matches
    assert compiled(()).fullmatch(path) is None


@given(st.text(max_size=20), st.binary(max_size=20))
def test_any_text_is_a_glob(glob, path):
    compiled((glob,)).fullmatch(path)


def test_a_file_is_kept_as_it_is():
    content = bytes(range(256))
    facts = extract(scanner("/etc/x"), b"etc/x", content)
    assert b64decode(facts.detail["content"]) == content
    assert extract(scanner("/etc/x"), b"etc/y", content) is None
    assert extract(scanner("/etc/x"), b"etc/x", b"").detail == {"content": ""}


def test_a_file_that_is_too_large_is_unknown():
    facts = extract(scanner("/etc/x"), b"etc/x", bytes(1001))
    assert (facts.detail, facts.unknowns) == ({}, ["not retrieved: 1001 bytes are more than 1000"])


def test_lines_are_counted_and_their_text_kept_on_request_only():
    content = b"127.0.0.1 localhost\n# comment\n10.0.0.1 \xff\0gateway\n"
    facts = extract(scanner(searches=(SEARCH,)), b"etc/hosts", content)
    assert facts.detail == {"matches": [{"name": "hosts", "count": 2, "lines": [1, 3], "texts": []}]}
    with_text = ContentSearch("hosts", SEARCH.expression, SEARCH.paths, text=True)
    facts = extract(scanner(searches=(with_text,)), b"opt/my.hosts", content)
    assert facts.detail["matches"][0]["texts"] == ["127.0.0.1 localhost", "10.0.0.1 ÿ\N{REPLACEMENT CHARACTER}gateway"]
    assert extract(scanner(searches=(SEARCH,)), b"etc/hosts", b"none\n").detail == {}


def test_a_file_can_be_kept_and_searched_by_each_that_names_it():
    other = ContentSearch("all", ".", ("/etc/**",))
    elsewhere = ContentSearch("elsewhere", ".", ("/opt/**",))
    facts = extract(scanner("/etc/hosts", searches=(SEARCH, other, elsewhere)), b"etc/hosts", b"1.1.1.1 a\n\nb\n")
    assert [(one["name"], one["lines"]) for one in facts.detail["matches"]] == [("hosts", [1]), ("all", [1, 3])]
    assert "content" in facts.detail


@pytest.mark.parametrize("wanted", ["(a+)+$", "(a|aa)+$", "(.*a){20}$"])
def test_no_expression_makes_a_search_slow(wanted):
    search = ContentSearch("evil", wanted, ("*",))
    started = time.process_time()
    scanner(searches=(search,)).extract(MemoryFile(b"x", b"a" * 200_000 + b"!\n" + b"aaaa!\n" * 20_000))
    assert time.process_time() - started < 5


def test_lines_are_bounded():
    facts = extract(scanner(searches=(ContentSearch("all", ".", ("*",), text=True),)), b"x", b"a" * 999 + b"\nb" * 5000)
    (found,) = facts.detail["matches"]
    assert (found["count"], len(found["lines"]), len(found["texts"])) == (5001, 1000, 1000)
    assert len(found["texts"][0]) == 500


def test_a_wrong_expression_is_named():
    assert "unclosed" in check(ContentSearch("x", "(", ("*",)))
    assert check(SEARCH) == ""
