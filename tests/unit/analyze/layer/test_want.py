"""The second look, trap A1: hard links to what had passed, aliases, and new catalogers (A3)."""

from dataclasses import replace

import pytest
from tests.harness.fake_cataloger import FakeCataloger
from tests.harness.raw_tars import END, file, hard_link, pax

from analyze.catalogers.contract import Facts, Patterns
from analyze.layer.codec import decode, encode
from analyze.layer.record import Section
from analyze.layer.want import Want, extend, extract_alias, merge_sections, rewalk, wanted
from analyze.limits import DEFAULT
from cargohold.errors import DeadlineExceeded, DigestMismatch

pytestmark = pytest.mark.trap("A1")
STATUS = Patterns(basenames=frozenset({b"status"}))
TAR = (
    file(b"objects/aa", b"other")
    + file(b"objects/bb", b"bytes")
    + hard_link(b"var/lib/dpkg/status", b"objects/bb")
    + pax([(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0")])
    + file(b"sparse", b"bytes")
    + END
)


@pytest.fixture
def again(scratch):
    def run(record, wants, *catalogers, tar=TAR, limits=DEFAULT, deadline=None):
        return rewalk(
            [tar],
            record,
            wants,
            {cataloger.name: cataloger for cataloger in catalogers},
            limits=limits,
            scratch=scratch,
            deadline=deadline,
        )

    return run


def test_a_link_to_what_had_passed_is_wanted_and_read_again(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    link = record.entries.paths.index(b"var/lib/dpkg/status")
    assert cataloger.seen == []
    assert wanted(record, [cataloger]) == [Want(link, b"var/lib/dpkg/status", "fake")]
    stored = decode(encode(record))
    assert again(stored, wanted(stored, [cataloger]), cataloger) == 1
    assert stored.sections["fake"].facts[link].identity == [{"name": "var/lib/dpkg/status", "version": "bytes"}]
    assert wanted(stored, [cataloger]) == []
    assert again(stored, wanted(stored, [cataloger]), cataloger) == 0


def test_an_entry_of_no_interest_is_not_wanted_again(walk, again):
    cataloger = FakeCataloger(wants=STATUS, reads=lambda _: None)
    record = walk(TAR, [cataloger])
    again(record, wanted(record, [cataloger]), cataloger)
    assert wanted(record, [cataloger]) == []
    assert record.sections["fake"].facts == {}


def test_an_alias_is_kept_apart_from_the_entry(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    want = Want(0, b"usr/alias/status", "fake")
    assert not extract_alias(record, want, cataloger)
    assert again(record, [want, want], cataloger) == 1
    section = record.sections["fake"]
    assert section.facts == {}
    assert section.aliases[0][b"usr/alias/status"].identity == [{"name": "usr/alias/status", "version": "other"}]
    assert again(record, [want], cataloger) == 0
    assert extract_alias(record, want, cataloger)


def test_kept_evidence_needs_no_second_walk(walk):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(file(b"status", b"kept") + END, [cataloger])
    want = Want(0, b"link/status", "fake")
    assert extract_alias(record, want, cataloger)
    assert record.sections["fake"].aliases[0][b"link/status"].identity[0]["version"] == "kept"


def test_the_second_walk_stops_at_the_last_wanted_file(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    assert again(record, [Want(0, b"x", "fake")], cataloger, tar=TAR[:1024] + b"broken" * 200) == 1


def test_other_bytes_never_pass_for_the_wanted_ones(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    with pytest.raises(DigestMismatch):
        again(record, wanted(record, [cataloger]), cataloger, tar=TAR.replace(b"bytes", b"bytez"))
    assert cataloger.seen == []


def test_the_second_walk_is_bounded_and_says_so(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    wants = [Want(0, b"one", "fake"), Want(1, b"two", "fake")]
    assert again(record, wants, cataloger, limits=replace(DEFAULT, second_walk_files=1)) == 1
    assert "more than 1 files" in record.sections["fake"].aliases[1][b"two"].unknowns[0]
    with pytest.raises(DeadlineExceeded):
        again(record, [Want(0, b"late", "fake")], cataloger, deadline=0.0)


def test_what_has_no_content_here_says_so(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    sparse = record.entries.paths.index(b"sparse")
    assert again(record, [Want(sparse, b"status", "fake")], cataloger) == 0
    assert record.sections["fake"].aliases[sparse][b"status"].unknowns


@pytest.mark.trap("A3")
def test_a_newer_cataloger_reads_what_was_kept(walk, again):
    old, other = FakeCataloger(wants=STATUS), FakeCataloger("other", wants=Patterns(basenames=frozenset({b"x"})))
    tar = file(b"a/status", b"kept") + file(b"b/list", b"passed") + END
    record = walk(tar, [old, other])
    newer = FakeCataloger(
        version=2, wants=Patterns(basenames=frozenset({b"status"}), extensions=frozenset({b"x"}), paths=(rb"b/.*",))
    )
    extension = extend(record, [newer, other])
    assert (newer.seen, other.seen, extension.walk) == ([b"a/status"], [], [])
    assert extension.wants == [Want(1, b"b/list", "fake")]
    again(record, extension.wants, newer, tar=tar)
    section = record.sections["fake"]
    assert section.version == 2
    assert {entry: facts.identity[0]["version"] for entry, facts in section.facts.items()} == {0: "kept", 1: "passed"}
    assert extend(record, [newer, other]).wants == []


@pytest.mark.trap("A3")
def test_extending_gives_what_a_fresh_walk_gives(walk, again):
    tar = (
        file(b"a/status", b"1")
        + hard_link(b"b/status", b"a/status")
        + hard_link(b"c", b"a/status")
        + file(b"o", b"2")
        + hard_link(b"d/status", b"o")
        + END
    )
    cataloger = FakeCataloger(wants=STATUS)
    fresh, bare = walk(tar, [cataloger]), walk(tar, [FakeCataloger("keeps", wants=STATUS)])
    extension = extend(bare, [cataloger])
    for record in (fresh, bare):
        again(record, wanted(record, [cataloger]), cataloger, tar=tar)
    assert extension.walk == []
    assert bare.sections["fake"] == fresh.sections["fake"]


@pytest.mark.trap("A3")
def test_a_cataloger_of_first_bytes_needs_a_walk_of_its_own(walk):
    record = walk(TAR, [])
    cataloger = FakeCataloger("magic", wants=Patterns(magic=(b"byte",)))
    assert extend(record, [cataloger]).walk == [cataloger]
    by_class = FakeCataloger("text", wants=Patterns(contents=frozenset({"text"})))
    assert extend(walk(TAR, []), [by_class]).walk == [by_class]
    merge_sections(record, walk(TAR, [cataloger]))
    assert {record.entries.paths[entry] for entry in record.sections["magic"].facts} == {
        b"objects/bb",
        b"var/lib/dpkg/status",
    }


def test_merging_never_replaces_newer_by_older_nor_takes_incomplete_sections(walk):
    record, other = walk(TAR, []), walk(TAR, [])
    record.sections = {"new": Section(2), "same": Section(1, wanted={2})}
    other.sections = {"new": Section(1), "same": Section(1), "partial": Section(1, complete=False), "more": Section(1)}
    merge_sections(record, other)
    assert {name: section.version for name, section in record.sections.items()} == {"new": 2, "same": 1, "more": 1}
    assert record.sections["same"].wanted == set()


@pytest.mark.trap("A12")
def test_an_alias_that_says_what_json_cannot_hold_is_a_bug_of_one_file(walk, again):
    cataloger = FakeCataloger(wants=STATUS, reads=lambda _: Facts(detail={"name": "\udcff"}))
    record = walk(TAR, [cataloger])
    again(record, [*wanted(record, [cataloger]), Want(0, b"x", "fake")], cataloger)
    assert decode(encode(record)) == record
