"""No text makes the search slow, and no finding says what was found."""

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.secrets import SAMPLES, everything
from tests.harness.views import MemoryFile, extract

from analyze.catalogers.secrets import SecretScanner
from analyze.catalogers.secrets.rules import BY_ID, RULES
from analyze.catalogers.secrets.search import Searcher
from analyze.catalogers.secrets.skipped import is_skipped

SCANNER = SecretScanner()
SEARCHER = Searcher(RULES)
PAT = SAMPLES["github-pat"].value().encode()
SIZE = 300_000


def rows(path: bytes, content: bytes) -> list[list[object]]:
    facts = extract(SCANNER, path, content)
    return [] if facts is None else [list(row) for row in facts.detail["secrets"]]


@pytest.mark.trap("A19")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_floods_of_a_keyword_take_linear_time(rule):
    value = SAMPLES[rule.id].value()
    content = SAMPLES[rule.id].content(value)
    pieces = [keyword.encode() for keyword in rule.keywords[:2]]
    pieces += [content, content[:-2], value[: len(value) // 2].encode(), pieces[0] + b" = ", pieces[0] + b"A" * 40]
    for piece in pieces:
        flood = piece * (SIZE // len(piece))
        started = time.process_time()
        SEARCHER.search(flood, SAMPLES[rule.id].name.encode())
        assert time.process_time() - started < 10, piece[:40]


@pytest.mark.trap("A19")
@pytest.mark.parametrize(
    "flood",
    [bytes([byte]) * SIZE for byte in b"\n aAe0-_.=/+\"'{<"]
    + [word * (SIZE // len(word)) for word in (b"eyJ.", b"a.eyJ", b"-us", b"sk-", b"8Q~", b"-----BEGIN ", b'"type":')],
)
def test_floods_of_anything_else_do_too(flood):
    started = time.process_time()
    assert SEARCHER.search(flood).matches == ()
    assert time.process_time() - started < 10


def test_a_text_of_nothing_but_keywords_ends_and_says_so():
    words = b" ".join(keyword.encode() for rule in RULES for keyword in rule.keywords)
    flood = (words + b" " + PAT + b" ") * (8_000_000 // len(words))
    started = time.process_time()
    facts = extract(SCANNER, b"etc/flood", flood)
    assert time.process_time() - started < 5
    assert facts is not None
    assert facts.unknowns == ["searched for secrets in part: too many places look like one"]
    assert 0 < len(facts.detail["secrets"]) <= 200
    assert len(orjson.dumps(facts.detail)) < 100_000


def test_a_finding_is_known_by_its_rule_place_and_digest():
    content = b"# settings\ntoken: " + PAT + b"\n"
    (row,) = rows(b"etc/app.yaml", content)
    assert row[:4] == ["github-pat", 2, 8, "ghp_" + "*" * 16]
    assert row[4] == rows(b"elsewhere", PAT)[0][4]
    assert len(row[4]) == 16


def test_what_can_be_guessed_has_no_digest_and_no_length():
    content = b"<password>hunter2</password>"
    assert rows(b"root/.m2/settings.xml", content) == [["maven-settings-password", 1, 11, "*" * 16, ""]]


@pytest.mark.trap("A19")
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 10_000))
def test_nothing_of_a_value_but_its_public_beginning_is_kept(kind, seed):
    sample = SAMPLES[kind]
    value = sample.value(seed)
    facts = SCANNER.extract(MemoryFile(b"srv/" + sample.name.encode(), sample.content(value)))
    assert facts is not None
    if kind in ("private-key", "gcp-service-account", "symfony-default-secret"):
        return  # what stands there is the same in every file
    said = orjson.dumps([facts.identity, facts.detail, facts.unknowns]).decode()
    public = len(sample.parts[0]) if isinstance(sample.parts[0], str) and len(sample.parts) > 1 else 0
    secret = value[public:] if public else value
    for start in range(0, max(1, len(secret) - 6), 3):
        assert secret[start : start + 7] not in said
    if not BY_ID[kind].files:
        assert value not in SCANNER.redact(sample.content(value).decode())


def test_all_kinds_in_one_file_are_found_and_redacted():
    content, values = everything()
    text = content.decode()
    assert {row[0] for row in rows(b"etc/all", content)} >= set(values)
    redacted = SCANNER.redact(text)
    assert [kind for kind, value in values.items() if value in redacted] == []
    assert redacted.count("\n") == text.count("\n")


def test_a_text_without_secrets_stays_as_it_is():
    assert SCANNER.redact("RUN apt-get install -y curl # \udcff") == "RUN apt-get install -y curl # \udcff"


def test_values_in_other_files_than_text_are_found():
    assert rows(b"app/settings.pyc", b"\xe3\0\0\0\x02\0(" + PAT + b"\x02N")[0][:3] == ["github-pat", 0, 0]
    assert rows(b"run/environ", b"A=1\0TOKEN=" + PAT + b"\0")[0][0] == "github-pat"
    assert rows(b"app/a.config", ("\ufefftoken=" + PAT.decode()).encode("utf-16-le"))[0][0] == "github-pat"
    assert rows(b"usr/bin/tool", b"\0" + PAT) == []
    assert rows(b"srv/data.gz", b"\x1f\x8b " + PAT) == []
    assert rows(b"app/a.db", b"\0 " + PAT + bytes(300_000)) == []


def test_files_that_are_large_are_searched_at_their_beginning():
    head, rest = PAT + b"\n", b"a line of a log, as there are many\n" * 500_000
    assert len(rows(b"var/log/x", head + rest)) == 1
    assert rows(b"var/log/x", rest + head) == []
    assert len(rows(b"var/log/x", rest[: 15 << 20] + b"\n" + head)) == 1
    facts = extract(SCANNER, b"var/log/x", rest + head)
    assert facts is None, "a large log is nothing unknown"


@pytest.mark.parametrize(
    ("path", "skipped"),
    [
        (b"app/tests/settings.py", True),
        (b"usr/share/doc/x/config", True),
        (b"usr/lib/python3/dist-packages/x-1.dist-info/METADATA", True),
        (b"app/node_modules/x/index.js", True),
        (b"app/node_modules/.npmrc", False),
        (b"app/node_modules/x/.env", False),
        (b"app/package-lock.json", True),
        (b"app/README.md", True),
        (b"usr/include/x.h", True),
        (b"usr/share/app/settings.json", False),
        (b"root/.aws/credentials", False),
        (b"etc/testing.conf", False),
        (b"app/latest/x", False),
        (b"app/contests/x", False),
        (b"home/me/.git/config", False),
        (b"new\nline/docs/x", True),
    ],
)
def test_what_is_skipped_is_skipped_by_its_path(path, skipped):
    assert is_skipped(path) is skipped
    assert bool(rows(path, b"x " + PAT)) is not skipped


@given(st.binary(max_size=400))
def test_arbitrary_bytes(content):
    facts = extract(SCANNER, b"etc/x", content)
    if facts is not None:
        orjson.dumps([facts.identity, facts.detail, facts.unknowns])


@given(st.text(max_size=200))
def test_arbitrary_strings(text):
    assert SCANNER.redact(text) == text or "*" in SCANNER.redact(text)
    SCANNER.search_text(text)
