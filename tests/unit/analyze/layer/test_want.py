"""The second look, trap A1: hard links to what had passed, and aliases."""

from dataclasses import replace

import pytest
from tests.harness.fake_cataloger import FakeCataloger
from tests.harness.raw_tars import END, file, hard_link, pax

from analyze.catalogers.contract import Facts, Patterns
from analyze.layer.codec import decode, encode
from analyze.layer.record import Section
from analyze.layer.want import Want, extract_alias, merge_sections, wanted
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


def test_a_link_to_what_had_passed_is_wanted_and_read_again(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    link = record.entries.paths.index(b"var/lib/dpkg/status")
    assert cataloger.seen == []
    assert wanted(record, [cataloger]) == [Want(link, b"var/lib/dpkg/status", "fake")]
    stored = decode(encode(record))
    assert again(stored, wanted(stored, [cataloger]), cataloger, tar=TAR) == 1
    assert stored.sections["fake"].facts[link].identity == [{"name": "var/lib/dpkg/status", "version": "bytes"}]
    assert wanted(stored, [cataloger]) == []
    assert again(stored, wanted(stored, [cataloger]), cataloger, tar=TAR) == 0


def test_an_entry_of_no_interest_is_not_wanted_again(walk, again):
    cataloger = FakeCataloger(wants=STATUS, reads=lambda _: None)
    record = walk(TAR, [cataloger])
    again(record, wanted(record, [cataloger]), cataloger, tar=TAR)
    assert wanted(record, [cataloger]) == []
    assert record.sections["fake"].facts == {}


def test_an_alias_is_kept_apart_from_the_entry(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    want = Want(0, b"usr/alias/status", "fake")
    assert not extract_alias(record, want, cataloger)
    assert again(record, [want, want], cataloger, tar=TAR) == 1
    section = record.sections["fake"]
    assert section.facts == {}
    assert section.aliases[0][b"usr/alias/status"].identity == [{"name": "usr/alias/status", "version": "other"}]
    assert again(record, [want], cataloger, tar=TAR) == 0
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
    assert again(record, wants, cataloger, limits=replace(DEFAULT, second_walk_files=1), tar=TAR) == 1
    assert "more than 1 files" in record.sections["fake"].aliases[1][b"two"].unknowns[0]
    with pytest.raises(DeadlineExceeded):
        again(record, [Want(0, b"late", "fake")], cataloger, deadline=0.0, tar=TAR)


def test_what_has_no_content_here_says_so(walk, again):
    cataloger = FakeCataloger(wants=STATUS)
    record = walk(TAR, [cataloger])
    sparse = record.entries.paths.index(b"sparse")
    assert again(record, [Want(sparse, b"status", "fake")], cataloger, tar=TAR) == 0
    assert record.sections["fake"].aliases[sparse][b"status"].unknowns


def test_a_section_that_lacks_something_is_seen_by_its_holder_and_never_replaces_a_whole_one(walk):
    record, other = walk(TAR, []), walk(TAR, [])
    record.sections = {"whole": Section(1)}
    other.sections = {"whole": Section(1, complete=False), "new": Section(1, complete=False)}
    merge_sections(record, other, incomplete=True)
    assert {name: section.complete for name, section in record.sections.items()} == {"whole": True, "new": False}


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
    again(record, [*wanted(record, [cataloger]), Want(0, b"x", "fake")], cataloger, tar=TAR)
    assert decode(encode(record)) == record
