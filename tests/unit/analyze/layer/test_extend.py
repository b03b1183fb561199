"""New catalogers over layers that were read before, trap A3: what the record tells, and what has to be read again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.fake_cataloger import FakeCataloger
from tests.harness.raw_tars import END, file, hard_link

from analyze.catalogers.contract import Patterns
from analyze.layer.content import classes_of, classify
from analyze.layer.entries import ContentClass
from analyze.layer.extend import complete, extend
from analyze.layer.want import Want, wanted

pytestmark = pytest.mark.trap("A3")
STATUS = Patterns(basenames=frozenset({b"status"}))
ELF, ZIP, TEXT, MACHO = b"\x7fELF" + bytes(60), b"PK\x03\x04" + bytes(30), b"words\n", b"\xcf\xfa\xed\xfe" + bytes(9)
MIXED = file(b"bin/a", ELF) + file(b"bin/m", MACHO) + file(b"z", ZIP) + file(b"t", TEXT) + file(b"u", TEXT + b"2")


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


def magic(*magics: bytes, **more: object) -> FakeCataloger:
    return FakeCataloger("magic", wants=Patterns(magic=magics, **more))


def contents(*kinds: str, **more: object) -> FakeCataloger:
    return FakeCataloger("contents", wants=Patterns(contents=frozenset(kinds), **more))


@pytest.mark.parametrize(
    "cataloger", [magic(b"\x7fELF"), magic(b"PK\x03\x04"), contents("elf", "pe"), magic(b"MZ"), contents("script")]
)
def test_a_layer_without_files_of_the_class_is_not_read_again(walk, cataloger):
    record = walk(file(b"t", TEXT) + END if cataloger.wants.magic != (b"MZ",) else file(b"a", ELF) + END)
    extension = extend(record, [cataloger])
    assert (extension.wants, extension.walk, cataloger.seen) == ([], [], [])
    assert record.sections[cataloger.name].version == 1
    assert extend(record, [cataloger]).wants == []


def test_only_the_files_of_the_class_are_read_again(walk, again):
    record, cataloger = walk(MIXED + END), magic(b"\xcf\xfa\xed\xfe")
    extension = extend(record, [cataloger])
    assert extension.wants == [Want(1, b"bin/m", "magic", True)]
    again(record, extension.wants, cataloger, tar=MIXED + END)
    assert list(record.sections["magic"].facts) == [1]
    assert record.sections["magic"].wanted == set()


def test_texts_need_not_be_read_again_for_programs(walk):
    record = walk(file(b"t", TEXT * 100) + file(b"u", b"MZ is a text\n" * 50) + END)
    programs = magic(b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
    assert [want.path for want in extend(record, [programs]).wants] == [b"u"]


def test_a_file_of_the_class_without_the_magic_is_not_shown(walk, again):
    tar = file(b"x", b"\x00other") + END
    record, cataloger = walk(tar), magic(b"\xcf\xfa\xed\xfe")
    again(record, extend(record, [cataloger]).wants, cataloger, tar=tar)
    assert cataloger.seen == []
    assert record.sections["magic"].facts == {}
    assert record.sections["magic"].wanted == set()


def test_what_was_kept_is_not_read_again(walk):
    record = walk(MIXED + END, [FakeCataloger("keeps", wants=Patterns(paths=(rb".*",)))])
    cataloger = contents("text")
    extension = extend(record, [cataloger])
    assert (extension.wants, extension.walk, cataloger.seen) == ([], [], [b"t", b"u"])


def test_what_is_too_large_is_said_without_reading(walk):
    record, cataloger = walk(MIXED + END), contents("text", max_size=6)
    extension = extend(record, [cataloger])
    assert [want.path for want in extension.wants] == [b"t"]
    assert "not read" in record.sections["contents"].facts[4].unknowns[0]


def test_too_many_files_or_too_large_ones_are_walked_with_all_that_need_reading(walk, monkeypatch):
    monkeypatch.setattr("analyze.layer.extend._FEW", 1)
    record = walk(MIXED + END)
    many, few, none = contents("text"), magic(b"\x7fELF"), FakeCataloger("names", wants=STATUS)
    extension = extend(record, [many, few, none])
    assert [cataloger.name for cataloger in extension.walk] == ["contents", "magic"]
    assert extension.wants == []
    assert list(record.sections) == ["names"]
    large = walk(file(b"a", ELF) + END)
    large.entries.sizes[0] = 17 << 20
    assert extend(large, [magic(b"\x7fELF", max_size=1 << 40)]).walk


@given(st.binary(max_size=12) | st.sampled_from([b"MZ", b"M", b"MZP"]), st.binary(max_size=600))
def test_a_magic_is_in_no_other_class_than_those_it_can_have(start, rest):
    found = classify((start + rest)[:512])
    if start + rest and (start.isascii() or found is not ContentClass.TEXT):
        assert found in classes_of(start)
        assert found in classes_of(start, len(start + rest))


@pytest.mark.parametrize(
    "mark", [b"\x7fELF", b"\x7fE", b"#!", b"#", b"MZ", b"M", b"PK\x03\x04", b"P", b"PK\x05", b"a", b"\0"]
)
@pytest.mark.parametrize("rest", [b"", b"a" * 80, b"\0" * 80, b"ZKLF!\x03\x04"])
def test_marks_and_their_beginnings(mark, rest):
    for length in range(1, len(mark + rest) + 1):
        assert classify(mark + rest) in classes_of((mark + rest)[:length], len(mark + rest))


HEADS = st.sampled_from([ELF, ZIP, TEXT, MACHO, b"#!/bin/sh\n", b"MZ" + bytes(70), b"MZ", b"", b"\0"])
MEMBERS = st.lists(st.tuples(st.sampled_from("abcdef"), HEADS | st.sampled_from("abcdef"), st.booleans()), max_size=8)
MAGICS = st.lists(st.sampled_from([b"\x7fELF", b"PK\x03\x04", b"MZ", b"\xcf\xfa\xed\xfe", b"w", b"#"]), max_size=3)
KINDS = st.frozensets(st.sampled_from(["text", "script", "binary", "elf", "pe", "zip"]), max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(MEMBERS, MAGICS, KINDS, st.booleans(), st.sampled_from([4, 1 << 20]))
def test_extending_a_layer_gives_what_a_fresh_walk_gives(walk, again, members, magics, kinds, keep, max_size):
    tar = b""
    for number, (name, head, unique) in enumerate(members):
        path = name.encode()
        if isinstance(head, str):
            tar += hard_link(path, head.encode())
        else:
            tar += file(path, head + (b"%d" % number if unique and head else b""))
    tar += END
    wants = Patterns(
        frozenset() if magics or kinds else frozenset({b"a"}), magic=tuple(magics), contents=kinds, max_size=max_size
    )
    fresh = walk(tar, [FakeCataloger(wants=wants)])
    cataloger = FakeCataloger(wants=wants)
    record = walk(tar, [FakeCataloger("keeps", wants=Patterns(paths=(rb".*",)))] if keep else [])
    again(fresh, wanted(fresh, [cataloger]), FakeCataloger(wants=wants), tar=tar)
    extension = extend(record, [cataloger])
    assert extension.walk == []
    again(record, extension.wants, cataloger, tar=tar)
    complete(record, [cataloger])
    assert by_content(record) == by_content(fresh)
    assert record.sections["fake"].wanted == fresh.sections["fake"].wanted == set()


def by_content(record) -> dict[int, str]:
    """Facts by entry, as far as content decides them: an heir is seen under its own name when read later."""
    return {
        entry: facts.identity[0]["version"] if facts.identity else "-".join(facts.unknowns)
        for entry, facts in record.sections["fake"].facts.items()
    }
