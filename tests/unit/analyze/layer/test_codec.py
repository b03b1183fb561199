"""A record is the same after it was bytes, or it is an error."""

from array import array
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.raw_tars import digest

from analyze.catalogers.contract import Facts
from analyze.layer.codec import decode, encode, record_key
from analyze.layer.entries import Entries
from analyze.layer.record import LayerRecord, Section
from analyze.limits import DEFAULT
from cargohold.errors import ObjectCorrupt
from cargohold.model import Unknown

_name = st.binary(max_size=40).filter(lambda name: b"\0" not in name)
_text = st.text(max_size=20).filter(lambda text: text.isprintable())
_facts = st.builds(
    Facts,
    st.lists(st.fixed_dictionaries({"name": _text, "version": _text}), max_size=2),
    st.dictionaries(_text, st.integers(-9, 9) | _text, max_size=2),
    st.lists(_text, max_size=2),
)


@st.composite
def records(draw):
    count = draw(st.integers(0, 5))
    numbers = st.integers(0, max(count - 1, 0))

    def column(code, limit):
        return array(code, draw(st.lists(st.integers(0, limit), min_size=count, max_size=count)))

    raw = st.binary(min_size=count, max_size=count).map(bytearray)
    some = {} if not count else None
    entries = Entries(
        paths=draw(st.lists(_name, min_size=count, max_size=count)),
        types=draw(raw),
        modes=column("I", 0o7777),
        uids=column("I", 2**32 - 1),
        gids=column("I", 2**32 - 1),
        sizes=column("Q", 2**64 - 1),
        mtimes=column("q", 2**63 - 1),
        digests=bytearray(draw(st.binary(min_size=32 * count, max_size=32 * count))),
        classes=draw(raw),
        links=some if some is not None else draw(st.dictionaries(numbers, _name)),
        bound=some if some is not None else draw(st.dictionaries(numbers, st.integers(-1, count - 1))),
        capabilities=some if some is not None else draw(st.dictionaries(numbers, st.binary(max_size=20))),
        whiteouts=draw(st.lists(_name, max_size=3)),
        opaques=draw(st.lists(_name, max_size=3)),
    )
    section = st.builds(
        Section,
        st.integers(1, 9),
        st.dictionaries(numbers, _facts, max_size=3),
        wanted=st.sets(numbers, max_size=3),
        aliases=st.dictionaries(
            numbers, st.dictionaries(_name, st.none() | _facts, min_size=1, max_size=2), max_size=2
        ),
    )
    return LayerRecord(
        blob_digest=digest(b"blob"),
        diff_id=digest(b"tar"),
        size=draw(st.integers(0, 2**40)),
        uncompressed_size=draw(st.integers(0, 2**40)),
        entries=entries,
        sections=draw(st.dictionaries(_text, section, max_size=2)),
        evidence=draw(st.dictionaries(numbers, st.binary(max_size=50), max_size=3)),
        unknowns=draw(st.lists(st.builds(Unknown, _text, st.just(0), _text, _text), max_size=2)),
    )


@pytest.mark.trap("A12")
@settings(max_examples=80, deadline=None)
@given(records())
def test_round_trip(record):
    data = encode(record)
    assert decode(data) == record
    assert encode(decode(data)) == data
    assert decode(data, evidence=False) == replace(record, evidence={})


@settings(max_examples=80, deadline=None)
@given(records(), st.data())
def test_any_change_of_a_byte_is_noticed(record, data):
    stored = bytearray(encode(record))
    at = data.draw(st.integers(0, len(stored) - 1))
    stored[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(stored), bytes(stored[:at])):
        with pytest.raises(ObjectCorrupt):
            decode(damaged)


@pytest.mark.trap("A4")
def test_incomplete_sections_are_not_written():
    record = LayerRecord("b", "d", 0, 0, Entries(), {"ok": Section(1), "not": Section(1, complete=False)}, {}, [])
    assert list(decode(encode(record)).sections) == ["ok"]


@pytest.mark.trap("A12")
def test_a_nul_in_a_path_never_shifts_the_others():
    record = LayerRecord("b", "d", 0, 0, Entries(whiteouts=[b"a\0b"]), {}, {}, [])
    with pytest.raises(ValueError, match="NUL"):
        encode(record)


@pytest.mark.trap("A2")
def test_the_key_needs_both_digests_and_changes_with_everything():
    blob, diff = digest(b"blob"), digest(b"diff")
    keys = {record_key(blob, diff, DEFAULT), record_key(blob, blob, DEFAULT), record_key(diff, diff, DEFAULT)}
    keys |= {
        record_key(blob, diff, replace(DEFAULT, **{limit.name: getattr(DEFAULT, limit.name) + 1}))
        for limit in fields(DEFAULT)
    }
    assert len(keys) == 3 + len(fields(DEFAULT))
    for pair in ((blob, ""), ("", diff)):
        with pytest.raises(ValueError, match="both"):
            record_key(*pair, DEFAULT)
