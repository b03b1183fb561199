"""Every kind of secret is found where it is, and what only looks like one is not."""

import csv

import pytest
from tests.harness.fixtures import corpus
from tests.harness.secrets import SAMPLES

from analyze.catalogers.secrets.rules import BY_ID, RULES
from analyze.catalogers.secrets.search import Searcher

SEARCHER = Searcher(RULES)
EACH = pytest.mark.parametrize("kind", SAMPLES)
KINDS = 105
# Their value is the format around it, or a password: nothing about the value itself can be wrong.
FORMATS = {
    "private-key",
    "gcp-service-account",
    "symfony-default-secret",
    "maven-settings-password",
    "maven-settings-passphrase",
    "maven-settings-security-master",
    "dockerconfig-secret",
}


def search(content: bytes, name: str = "") -> list[tuple[str, str]]:
    return [
        (match.rule.id, content[match.start : match.end].decode())
        for match in SEARCHER.search(content, name.encode()).matches
    ]


def test_there_is_a_rule_and_a_sample_for_every_kind():
    assert len(RULES) == len(BY_ID) == KINDS
    assert set(SAMPLES) == set(BY_ID)
    assert {rule.severity for rule in RULES} == {"LOW", "MEDIUM", "HIGH", "CRITICAL"}
    assert all(rule.category and rule.title and rule.keywords for rule in RULES)


def test_the_kinds_are_those_that_were_asked_for():
    with corpus("..", "research", "secret_rule_categories.tsv").open() as table:
        wanted = {row["id"]: row for row in csv.DictReader(table, delimiter="\t")}
    assert set(wanted) == set(BY_ID)
    for kind, row in wanted.items():
        rule = BY_ID[kind]
        assert ("Category" + rule.category, rule.severity) == (row["category"], row["severity"] or "MEDIUM")


@EACH
def test_a_secret_is_found_with_its_value(kind):
    sample = SAMPLES[kind]
    for seed in range(5):
        value = sample.value(seed)
        found = search(b"first line\n" + sample.content(value) + b"\nlast line", sample.name)
        assert (kind, value) in found
        assert len(found) == (2 if kind == "gcp-service-account" else 1), "another rule takes it for its own"


@EACH
def test_a_secret_is_found_at_the_end_and_in_the_middle_of_a_large_file(kind):
    sample = SAMPLES[kind]
    content = sample.content(sample.value())
    filling = b"nothing to see here, only words and more of them\n" * 700
    for text in (content, filling + content.rstrip(), filling + content + filling):
        assert kind in dict(search(text, sample.name))


@EACH
def test_a_secret_is_found_wherever_a_block_ends(kind):
    sample = SAMPLES[kind]
    content = sample.content(sample.value())
    for before in range((16 << 10) - len(content) - 4, (16 << 10) + 4, 23):
        assert kind in dict(search(b"." * (before - 1) + b"\n" + content + b"\n" + b"." * 9000, sample.name)), before


@EACH
def test_a_longer_or_a_shorter_word_is_none(kind):
    if kind in FORMATS:
        return
    sample = SAMPLES[kind]
    value = sample.value()
    middle = len(value) // 3
    for wrong in (value[:middle], value[:middle] + "!" + value[middle + 1 :], value[:middle] + "#" * 9):
        assert kind not in dict(search(sample.content(wrong), sample.name)), wrong


@EACH
def test_a_placeholder_is_none(kind):
    if kind in FORMATS:
        return
    sample = SAMPLES[kind]
    constant = "".join(part if isinstance(part, str) else part[0][3] * part[1] for part in sample.parts)
    assert kind not in dict(search(sample.content(constant), sample.name))
    value = sample.value()
    for word in ("EXAMPLE", "xxxxxx"):
        wrong = value[: -len(word) - 1] + word + value[-1]
        assert kind not in dict(search(sample.content(wrong), sample.name)), wrong


@EACH
def test_the_name_alone_is_none(kind):
    sample = SAMPLES[kind]
    if kind not in ("private-key", "gcp-service-account"):
        assert kind not in dict(search(sample.content(""), sample.name))
    assert kind not in dict(search(sample.content("${VALUE}"), sample.name))


def test_formats_need_what_makes_them_dangerous():
    begin = "-----BEGIN " + "PRIVATE KEY-----"
    assert search(f'if line == "{begin}": parse(lines)\n'.encode()) == []
    assert search(b'{"type": "service_account", "private_key": "..."}') == []
    assert search(b'{"auths": {"r.io": {"auth": "bm90IGEgbG9naW4gYXQgYWxs"}}}', "config.json") == []
    assert search(b"<password>secret</password>", "beans.xml") == []
    assert search(b"<password>${env.PASSWORD}</password>", "settings.xml") == []
    signature = SAMPLES["azure-sas-token"].value()
    assert search(b"https://other.example/?sig=" + signature.encode()) == []


def test_hashes_are_no_secrets():
    for size in (32, 40, 64):
        digest = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"[:size]
        for text in (f"sha: {digest}", f"secret_access_key = {digest}", f"{digest}  usr/bin/x"):
            assert "aws-secret-access-key" not in dict(search(text.encode()))


def test_lines_and_columns_count_from_one():
    value = SAMPLES["github-pat"].value().encode()
    (match,) = SEARCHER.search(b"one\ntwo\nab " + value + b"\n").matches
    assert (match.line, match.column) == (3, 4)
    (match,) = SEARCHER.search(value).matches
    assert (match.line, match.column) == (1, 1)
