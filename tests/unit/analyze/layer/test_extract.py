"""What catalogers see while a layer passes: traps A1, A4, A8, A16."""

import time
from dataclasses import replace

import pytest
from tests.harness.fake_cataloger import FakeCataloger, content_facts
from tests.harness.raw_tars import END, file, hard_link, symlink

from analyze.catalogers.contract import Facts, Patterns
from analyze.layer.codec import decode, encode
from analyze.layer.content import classify
from analyze.layer.entries import ContentClass
from analyze.layer.file import StreamedFile
from analyze.layer.matcher import Matcher
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.errors import DeadlineExceeded, ScratchExhausted, TruncatedContent

STATUS = Patterns(basenames=frozenset({b"status"}))


def facts_by_path(record, name="fake"):
    return {record.entries.paths[entry]: facts for entry, facts in record.sections[name].facts.items()}


def versions(record, name="fake"):
    return {path: facts.identity[0]["version"] for path, facts in facts_by_path(record, name).items()}


@pytest.mark.parametrize(
    ("patterns", "path", "content", "expected"),
    [
        (Patterns(basenames=frozenset({b"status"})), b"a/status", b"", True),
        (Patterns(basenames=frozenset({b"status"})), b"status/a", b"", False),
        (Patterns(extensions=frozenset({b"jar"})), b"a/b.JAR", b"", True),
        (Patterns(extensions=frozenset({b"jar"})), b"a.jar/b", b"", False),
        (Patterns(extensions=frozenset({b"gz"})), b"a.tar.gz", b"", True),
        (Patterns(paths=(rb"(?:.*/)?lib/[^/]+\.d/x",)), b"usr/lib/a.d/x", b"", True),
        (Patterns(paths=(rb"lib/x",)), b"usr/lib/x", b"", False),
        (Patterns(paths=(rb".*x",)), b"new\nline/x", b"", True),
        (Patterns(magic=(b"\x7fELF", b"MZ")), b"any", b"MZ..", True),
        (Patterns(magic=(b"\x7fELF", b"MZ")), b"any", b"M", False),
        (Patterns(), b"any", b"MZ", False),
        (Patterns(contents=frozenset({"text", "script"})), b"any", b"words", True),
        (Patterns(contents=frozenset({"text", "script"})), b"any", b"#!/bin/sh", True),
        (Patterns(contents=frozenset({"text", "script"})), b"any", b"\0", False),
        (Patterns(contents=frozenset({"text", "script"})), b"empty", b"", False),
        (Patterns(contents=frozenset({"binary"})), b"any", b"\0", True),
    ],
)
def test_patterns(patterns, path, content, expected):
    assert bool(Matcher([FakeCataloger(wants=patterns)]).match(path, content, classify(content))) is expected


def test_every_cataloger_that_wants_a_file_gets_it_whichever_way():
    catalogers = [
        FakeCataloger("by-path", wants=Patterns(paths=(rb".*/status",))),
        FakeCataloger("by-name", wants=STATUS),
        FakeCataloger("other", wants=Patterns(basenames=frozenset({b"other"}))),
        FakeCataloger("by-magic", wants=Patterns(magic=(b"Pack",))),
        FakeCataloger("by-content", wants=Patterns(contents=frozenset({"text"}))),
    ]
    assert Matcher(catalogers).match(b"dpkg/status", b"Package: x", ContentClass.TEXT) == (0, 1, 3, 4)


def test_what_a_cataloger_passes_by_or_sees_to_be_nothing_is_not_given_to_it(walk):
    patterns = Patterns(
        basenames=frozenset({b"status"}),
        contents=frozenset({"text", "binary"}),
        passes_by={"text": lambda path: path.startswith(b"docs/"), "binary": lambda path: path != b"docs/x"},
        glance=lambda content: bytes(content) != b"nothing",
    )
    tar = (
        file(b"a", b"text")
        + file(b"b", b"nothing")
        + file(b"c", b"\0")
        + file(b"docs/d", b"text")
        + file(b"docs/status", b"by name")
        + file(b"docs/b/status", b"nothing")
        + END
    )
    assert set(facts_by_path(walk(tar, [FakeCataloger(wants=patterns)]))) == {b"a", b"docs/status"}
    # A file that comes in parts is not at hand as a whole: the cataloger itself has to look.
    assert b"b" in facts_by_path(walk(tar, [FakeCataloger(wants=patterns)], chunk=1540))


def test_facts_are_keyed_by_entry_and_small_evidence_is_kept(walk):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(file(b"x") + file(b"a/status", b"one") + file(b"b/status", b"two") + END, [cataloger])
    assert {entry: facts.identity[0]["version"] for entry, facts in record.sections["fake"].facts.items()} == {
        1: "one",
        2: "two",
    }
    assert record.evidence == {1: b"one", 2: b"two"}


def test_nothing_large_executable_or_declined_is_kept(walk):
    tar = file(b"a/status", b"\x7fELF") + file(b"b/status", b"12345") + file(b"c/status", b"1234") + END
    assert walk(tar, [FakeCataloger(wants=STATUS)], evidence_kept=4).evidence == {2: b"1234"}
    assert walk(tar, [FakeCataloger(wants=STATUS)], evidence_kept_layer=4).evidence == {2: b"1234"}
    assert walk(tar, [FakeCataloger(wants=Patterns(basenames=STATUS.basenames, keep=False))]).evidence == {}


@pytest.mark.trap("A16")
@pytest.mark.parametrize("chunk", [100, 512, 0])
def test_a_file_may_be_read_in_any_way_by_many(walk, chunk, scratch):
    content = bytes(range(256)) * 100

    def head_only(file):
        assert file.head(4) == content[:4]
        assert file.head(1 << 40) == content
        return

    def small_head(file):
        assert file.head(3) == content[:3]

    def stream(file):
        with file.open() as opened:
            opened.seek(-5, 2)
            assert opened.read() == content[-5:]
        with pytest.raises(ValueError):
            file.read(10)
        assert file.read(len(content)) == content
        assert file.head(7) == content[:7]

    catalogers = [
        FakeCataloger(str(n), wants=STATUS, reads=reads) for n, reads in enumerate((small_head, stream, head_only))
    ]
    tar = file(b"status", content) + file(b"next", b"n") + END
    for limits in ({}, {"evidence_file": 100}, {"evidence_file": 100, "evidence_kept": 10}):
        record = walk(tar, catalogers, chunk=chunk, **limits)
        assert [section.facts for section in record.sections.values()] == [{}, {}, {}]
        assert all(section.complete for section in record.sections.values())
        assert record.entries.paths == [b"status", b"next"]
    assert scratch.files == 2


def test_a_file_over_the_size_cap_is_an_unknown(walk):
    cataloger = FakeCataloger(wants=Patterns(basenames=STATUS.basenames, max_size=3))
    record = walk(file(b"status", b"four") + hard_link(b"b/status", b"status") + END, [cataloger])
    assert cataloger.seen == []
    assert [bool(facts.unknowns) for facts in record.sections["fake"].facts.values()] == [True, True]


def test_a_bug_costs_one_file_and_nothing_else(walk):
    def broken(file):
        if file.size == 3:
            raise KeyError("oops")
        return content_facts(file)

    record = walk(
        file(b"a/status", b"bad") + file(b"b/status", b"good") + END, [FakeCataloger(wants=STATUS, reads=broken)]
    )
    facts = facts_by_path(record)
    assert facts[b"a/status"].unknowns[0].startswith("bug: KeyError")
    assert facts[b"b/status"].identity
    assert record.sections["fake"].complete


@pytest.mark.trap("A4")
def test_scratch_that_is_used_up_leaves_the_section_incomplete_and_the_rest_whole(tmp_path):
    def opens(file):
        with file.open() as stream:
            return Facts(detail={"size": len(stream.read())})

    catalogers = [
        FakeCataloger("opens", wants=STATUS, reads=opens),
        FakeCataloger("head", wants=STATUS, reads=lambda f: Facts(detail={"h": len(f.head(2))})),
    ]
    tar = file(b"status", b"x" * 5000) + file(b"next", b"n") + END
    with Scratch(tmp_path, "r", budget=100, memory=100) as scratch:
        record = walk_layer(
            [tar[at : at + 700] for at in range(0, len(tar), 700)],
            blob_digest="",
            diff_id="",
            catalogers=catalogers,
            limits=DEFAULT,
            scratch=scratch,
        )
    assert not record.sections["opens"].complete
    assert record.sections["head"].complete
    assert record.sections["head"].facts[0].detail == {"h": 2}
    assert record.entries.paths == [b"status", b"next"]


@pytest.mark.trap("A4")
def test_a_deadline_in_a_cataloger_ends_the_walk(walk):
    def late(file):
        raise DeadlineExceeded(what="reading")

    with pytest.raises(DeadlineExceeded):
        walk(file(b"status", b"x") + END, [FakeCataloger(wants=STATUS, reads=late)])
    with pytest.raises(DeadlineExceeded):
        walk(file(b"status", b"x") + END, deadline=0.0)


def test_a_cataloger_that_takes_long_for_each_file_ends_with_the_deadline(walk):
    deadline = time.monotonic() + 0.2

    def slow(file):
        time.sleep(max(deadline - time.monotonic(), 0) + 0.01)

    cataloger = FakeCataloger(wants=STATUS, reads=slow)
    with pytest.raises(DeadlineExceeded):
        walk(b"".join(file(b"%d/status" % number, b"x") for number in range(9)) + END, [cataloger], deadline=deadline)
    assert len(cataloger.seen) <= 1


@pytest.mark.trap("A8")
def test_a_link_has_the_facts_of_what_it_linked_to(walk):
    tar = file(b"status", b"v1") + hard_link(b"b/status", b"status") + file(b"status", b"v2") + END
    assert versions(walk(tar, [FakeCataloger(wants=STATUS)])) == {b"b/status": "v1", b"status": "v2"}


@pytest.mark.trap("A8")
def test_an_heir_is_not_wanted_for_the_name_it_never_had(walk):
    tar = file(b"status", b"v1") + hard_link(b"backup", b"status") + file(b"status", b"v2") + END
    assert versions(walk(tar, [FakeCataloger(wants=STATUS)])) == {b"status": "v2"}


@pytest.mark.trap("A8")
@pytest.mark.parametrize("patterns", [Patterns(magic=(b"\x7fELF",)), Patterns(contents=frozenset({"elf"}))])
def test_what_is_wanted_for_its_bytes_is_wanted_under_every_name(walk, patterns):
    cataloger = FakeCataloger(wants=patterns)
    tar = file(b"a", b"\x7fELF1") + hard_link(b"b", b"a") + file(b"a", b"\x7fELF2") + hard_link(b"c", b"a") + END
    assert {path: text[-1] for path, text in versions(walk(tar, [cataloger])).items()} == {
        b"a": "2",
        b"b": "1",
        b"c": "2",
    }


def test_facts_of_what_was_replaced_are_gone(walk):
    tar = file(b"d/status", b"old") + symlink(b"d", b"elsewhere") + file(b"x/status", b"new") + END
    record = walk(tar, [FakeCataloger(wants=STATUS)])
    assert versions(record) == {b"x/status": "new"}
    assert list(record.evidence.values()) == [b"new"]


@pytest.mark.trap("A4")
def test_what_a_failed_spill_lost_is_never_read_as_content(tmp_path, scratch):
    def parts():
        yield b"head"
        raise OSError(28, "No space left on device")

    file = StreamedFile(b"f", 5000, parts(), replace(DEFAULT, evidence_file=100), scratch)
    for read in (lambda: file.open(), lambda: file.head(2), lambda: file.read(9000), lambda: file.head(4000)):
        with pytest.raises(ScratchExhausted):
            read()
    file.close()


def test_facts_of_a_layer_are_bounded_and_say_so(walk):
    def talkative(file):
        return Facts(detail={"text": "x" * 1000})

    cataloger = FakeCataloger(wants=Patterns(basenames=STATUS.basenames, magic=(b"s",)), reads=talkative)
    tar = b"".join(file(b"%d/status" % number, b"same") for number in range(9))
    tar += b"".join(hard_link(b"%d/link" % number, b"0/status") for number in range(9)) + END
    facts = walk(tar, [cataloger], section_facts=5000).sections["fake"].facts
    assert len(facts) == 4
    assert facts[3].unknowns
    assert len(cataloger.seen) == 4
    assert len(walk(tar, [cataloger], section_facts=16_000).sections["fake"].facts) == 13


@pytest.mark.trap("A12")
def test_facts_that_are_not_json_are_a_bug_of_one_file(walk):
    cataloger = FakeCataloger(wants=STATUS, reads=lambda _: Facts(detail={"name": "\udcff"}))
    record = walk(file(b"status", b"x") + END, [cataloger])
    assert record.sections["fake"].facts[0].unknowns[0].startswith("bug: facts that are not JSON")
    assert decode(encode(record)) == record


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("cut", [9000, 20_000, 20_511])
def test_a_stream_that_fails_while_a_cataloger_reads_is_no_bug_of_the_cataloger(walk, keep, cut):
    fake = FakeCataloger(wants=Patterns(basenames=frozenset({b"status"}), keep=keep))
    tar = file(b"status", b"x" * 20_000) + file(b"b") + END
    with pytest.raises(TruncatedContent):
        walk(tar[:cut], [fake, FakeCataloger("other", wants=replace(STATUS, keep=keep))])


def test_what_reading_a_layer_raises_is_raised_whoever_read(scratch):
    def parts():
        yield file(b"status", b"x" * 20_000)[:9000]
        raise ConnectionResetError

    for memory in (DEFAULT.evidence_file, 0):
        with pytest.raises(ConnectionResetError):
            walk_layer(
                parts(),
                blob_digest="",
                diff_id="",
                catalogers=[FakeCataloger(wants=replace(STATUS, keep=False))],
                limits=replace(DEFAULT, evidence_file=memory),
                scratch=scratch,
            )
