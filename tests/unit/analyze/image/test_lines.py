"""Lines written from columns are those of the rows, the first time and when they are kept."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.entries import record

from analyze.image import lines
from analyze.image.files import file_records
from analyze.image.lines import file_lines
from analyze.image.overlay import merge
from analyze.layer.entries import ContentClass
from cargohold.documents import FILES

IMAGES = {
    "one layer": [["a/", "a/f=text", "a/l->f", 'quote"d=1', "back\\x5cslash=1", b"\xff\x00=1", "ümlaut=1"]],
    "a hard link and its content": [["f=text", "h=>f"], ["g=>f", "d=>missing"]],
    "a hidden file": [["f=1", "g=1"], [".wh.f", "g=2"]],
    "a write through a link": [["usr/lib/", "lib->usr/lib"], ["lib/y=1", "lib/z->y"]],
    "the same layer twice": [["f=1"], ["f=1"]],
    "nothing": [[]],
}


def document(parts):
    return b"".join(parts)


@pytest.mark.parametrize("layers", IMAGES.values(), ids=IMAGES)
def test_lines_are_those_of_the_rows(layers):
    records = [record(*layer) for layer in layers]
    for _ in range(2):  # the second image on the same records takes what the first one left
        merged = merge(records)
        assert document(FILES.write_lines(file_lines(merged))) == document(FILES.write(file_records(merged)))


@pytest.mark.parametrize("layers", IMAGES.values(), ids=IMAGES)
def test_lines_in_blocks_are_the_same_and_are_not_kept(layers, monkeypatch):
    monkeypatch.setattr(lines, "_KEPT", -1)
    monkeypatch.setattr(lines, "_BLOCK", 2)
    records = [record(*layer) for layer in layers]
    merged = merge(records)
    assert document(FILES.write_lines(file_lines(merged))) == document(FILES.write(file_records(merged)))
    assert not any("lines" in layer.entries.derived for layer in records)


def test_a_layer_elsewhere_in_another_image():
    base, top = record("f=1"), record("g=1", "l->f")
    for image in ([base, top], [top, base], [base, top]):
        merged = merge(image)
        assert document(FILES.write_lines(file_lines(merged))) == document(FILES.write(file_records(merged)))


NAMES = st.sampled_from(["a", "b", "b-", "b.c", 'q"', "t\\", "ü", b"\xff"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: b"/".join(os.fsencode(name) for name in names))
ENTRIES = st.one_of(
    PATHS.map(lambda path: path + b"=text"),
    PATHS.map(lambda path: path + b"/"),
    st.tuples(PATHS, st.sampled_from([b"->", b"=>"]), PATHS).map(b"".join),
    PATHS.map(lambda path: b"/".join([*path.split(b"/")[:-1], b".wh." + path.split(b"/")[-1]])),
)


def path_of(member):
    return re.split(rb"[-=]>|=|/$", member)[0]


@pytest.mark.parametrize("few", [32, -1])
@pytest.mark.parametrize("kept", [300_000, -1])
@given(layers=st.lists(st.lists(ENTRIES, max_size=12, unique_by=path_of), min_size=1, max_size=4))
def test_layers_that_alternate_hide_and_link(few, kept, layers):
    records = [record(*layer) for layer in layers]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_FEW", few)
        patch.setattr(lines, "_KEPT", kept)
        patch.setattr(lines, "_BLOCK", 3)
        for _ in range(2):
            merged = merge(records)
            assert document(FILES.write_lines(file_lines(merged))) == document(FILES.write(file_records(merged)))


@pytest.mark.parametrize("members", [["a/"], ["a=1", "./"], ["./", 'q"=1', "a/"], ["a=1", 'q"=1', "./"]])
def test_the_root_among_others(members):
    layer = record(*(member.removeprefix(".") for member in members))
    merged = merge([layer])
    assert document(FILES.write_lines(file_lines(merged))) == document(FILES.write(file_records(merged)))


def test_what_shows_long_stretches_is_asked_for_at_once():
    base = record(*(f"a/{number:03}=1" for number in range(200)), *(f"c/{number:03}=1" for number in range(200)))
    merged = merge([base, record("a/100=2", "b=1", ".wh.c/007")])
    assert len(list(file_lines(merged))) == 6


def test_lines_that_are_not_kept_come_in_blocks(monkeypatch):
    monkeypatch.setattr(lines, "_KEPT", -1)
    monkeypatch.setattr(lines, "_BLOCK", 100)
    merged = merge([record(*(f"{number:03}=1" for number in range(250)))])
    assert [part.count(b"\n") for part in file_lines(merged)] == [100, 100, 50]


@given(
    st.integers(0, 0o7777),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 63) - 1),
    st.sampled_from(ContentClass),
    st.binary(max_size=20),
    st.booleans(),
)
def test_any_attributes(mode, owner, size, content, capability, link):
    layer = record("f=1", "l->target" if link else "d/")
    entries = layer.entries
    for number in range(2):
        entries.modes[number], entries.uids[number], entries.gids[number] = mode, owner, owner
        entries.sizes[number], entries.classes[number] = size, content
        entries.capabilities[number] = capability
    merged = merge([layer])
    assert document(FILES.write_lines(file_lines(merged))) == document(FILES.write(file_records(merged)))
