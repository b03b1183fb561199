"""The fields of files, from columns, against what each path alone says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.entries import record

from analyze.image import files
from analyze.image.files import file_blocks, file_record, file_records
from analyze.image.overlay import merge
from cargohold.model import FileRecord
from cargohold.paths import to_rooted_texts, to_text

IMAGES = {
    "one layer": [["a/", "a/f=text", "a/l->f", 'quote"d=1', "back\\x5cslash=1", b"\xff\x00=1", "ümlaut=1"]],
    "a hard link and its content": [["f=text", "h=>f"], ["g=>f", "d=>missing"]],
    "a hidden file": [["f=1", "g=1"], [".wh.f", "g=2"]],
    "a write through a link": [["usr/lib/", "lib->usr/lib"], ["lib/y=1", "lib/z->y"]],
    "nothing": [[]],
}


@pytest.mark.parametrize("block", [1, 3, 1000])
@pytest.mark.parametrize("layers", IMAGES.values(), ids=IMAGES)
def test_blocks_have_what_each_path_says(layers, block, monkeypatch):
    monkeypatch.setattr(files, "_BLOCK", block)
    records = [record(*layer) for layer in layers]
    records[0].entries.capabilities.update(dict.fromkeys(range(len(layers[0]))[:1], b"\1\2"))
    merged = merge(records)
    expected = [file_record(merged, path, place) for path, place in merged.entries()]
    assert list(file_records(merged)) == expected
    blocks = list(file_blocks(merged))
    assert [fields for part in blocks for fields in part] == [one.fields for one in expected]
    assert all(len(part) <= block for part in blocks)


def test_a_record_and_its_fields_are_the_same():
    file = FileRecord("/f", "file", 0o644, 1, 2, 3, 4, "sha256:0", "link", "elf", "ff")
    assert FileRecord.of(file.fields) == file


@given(
    st.lists(st.binary(max_size=8) | st.sampled_from([b"plain", b"back\\x5cslash", b"\0", "ü".encode()]), max_size=5)
)
def test_texts_of_many_paths_are_those_of_each(paths):
    assert to_rooted_texts(paths) == ["/" + to_text(path) for path in paths]
