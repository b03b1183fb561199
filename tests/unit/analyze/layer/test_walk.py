"""What a layer holds after its tar is read: traps A7, A8, A9 and A12."""

import pytest
from tests.harness import raw_tars as tars
from tests.harness.raw_tars import END, directory, file, hard_link, symlink

from analyze.layer.entries import ContentClass, EntryType
from cargohold.errors import HostileContent, ImageTooLarge, InvalidImage, TruncatedContent


def paths(record):
    return record.entries.paths


def reasons(record):
    return [(unknown.path, unknown.reason) for unknown in record.unknowns]


def digest_at(record, path):
    return record.entries.digest(paths(record).index(path))


def test_every_column_of_every_kind_of_entry(walk):
    tar = (
        directory(b"./")
        + directory(b"etc/")
        + tars.header(b"etc/passwd", size=4, mode=0o640, uid=7, gid=8, mtime=99)
        + tars.padded(b"root")
        + symlink(b"etc/link", b"passwd")
        + tars.header(b"dev/c", kind=b"3")
        + tars.header(b"dev/b", kind=b"4")
        + tars.header(b"dev/p", kind=b"6")
        + END
    )
    record = walk(tar)
    entries = record.entries
    assert entries.paths == [b"etc", b"etc/passwd", b"etc/link", b"dev/c", b"dev/b", b"dev/p"]
    assert list(entries.types) == [
        EntryType.DIRECTORY,
        EntryType.FILE,
        EntryType.SYMLINK,
        EntryType.CHARACTER,
        EntryType.BLOCK,
        EntryType.FIFO,
    ]
    assert (entries.modes[1], entries.uids[1], entries.gids[1], entries.mtimes[1], entries.sizes[1]) == (
        0o640,
        7,
        8,
        99,
        4,
    )
    assert entries.digest(1) == tars.digest(b"root")
    assert entries.digest(0) == ""
    assert entries.links == {2: b"passwd"}
    assert (record.diff_id, record.blob_digest) == (tars.digest(tar), tars.digest(tar))
    assert (record.size, record.uncompressed_size) == (len(tar), len(tar))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ContentClass.NONE),
        (b"\x7fELF\2", ContentClass.ELF),
        (b"MZ".ljust(64, b"\0"), ContentClass.PE),
        (b"#!/bin/sh\n", ContentClass.SCRIPT),
        (b"PK\x03\x04", ContentClass.ZIP),
        ("grüße\n".encode(), ContentClass.TEXT),
        (b"a\0b", ContentClass.BINARY),
    ],
)
def test_content_classes(walk, content, expected):
    assert walk(file(b"f", content) + END).entries.classes[0] == expected


@pytest.mark.trap("A8")
def test_a_later_duplicate_wins_and_a_hard_link_keeps_what_it_linked_to(walk):
    record = walk(file(b"a", b"1") + hard_link(b"b", b"a") + hard_link(b"c", b"./a") + file(b"a", b"2") + END)
    assert paths(record) == [b"b", b"c", b"a"]
    assert digest_at(record, b"b") == digest_at(record, b"c") == tars.digest(b"1")
    assert digest_at(record, b"a") == tars.digest(b"2")
    assert record.entries.bound == {1: 0}


@pytest.mark.trap("A8")
def test_hard_links_through_links_directories_and_lower_layers(walk):
    tar = (
        file(b"usr/lib/x", b"content")
        + symlink(b"lib", b"usr/lib")
        + hard_link(b"one", b"lib/x")
        + hard_link(b"two", b"/one")
        + hard_link(b"three", b"below/y")
        + hard_link(b"four", b"three")
        + hard_link(b"five", b"lib")
        + END
    )
    record = walk(tar)
    number = paths(record).index
    assert record.entries.bound == {number(b"one"): 0, number(b"two"): 0, number(b"three"): -1, number(b"four"): -1}
    assert digest_at(record, b"two") == tars.digest(b"content")
    assert record.entries.links[number(b"four")] == b"below/y"
    assert record.entries.types[number(b"five")] == EntryType.SYMLINK
    assert record.entries.links[number(b"five")] == b"usr/lib"


def test_a_hard_link_to_a_directory_or_itself_is_an_unknown(walk):
    record = walk(directory(b"d") + hard_link(b"x", b"d") + hard_link(b"y", b"y") + END)
    assert paths(record) == [b"d"]
    assert [path for path, _ in reasons(record)] == ["/x", "/y"]


@pytest.mark.trap("A7")
def test_a_write_through_an_in_layer_link_lands_where_it_points(walk):
    tar = (
        symlink(b"lib", b"usr/lib")
        + file(b"lib/y", b"y")
        + symlink(b"usr/lib64", b"/lib/../lib")
        + file(b"usr/lib64/z", b"z")
        + END
    )
    assert paths(walk(tar)) == [b"lib", b"usr/lib/y", b"usr/lib64", b"usr/lib/z"]


@pytest.mark.trap("A7")
def test_a_file_over_a_directory_takes_the_children(walk):
    tar = directory(b"a") + file(b"a/x") + file(b"a/deep/y") + file(b"ab/z") + file(b"a", b"file") + END
    assert paths(walk(tar)) == [b"ab/z", b"a"]


@pytest.mark.trap("A7")
def test_a_directory_again_does_not_bring_the_children_back(walk):
    tar = file(b"a/x", b"old") + file(b"a/w") + file(b"a") + directory(b"a") + file(b"a/x", b"new") + END
    record = walk(tar)
    assert paths(record) == [b"a", b"a/x"]
    assert digest_at(record, b"a/x") == tars.digest(b"new")


@pytest.mark.trap("A7")
def test_a_child_of_a_file_makes_it_a_directory_and_is_an_unknown(walk):
    record = walk(file(b"a", b"file") + file(b"a/b", b"child") + END)
    assert paths(record) == [b"a/b"]
    assert [path for path, _ in reasons(record)] == ["/a"]


def test_a_directory_over_a_link_stops_the_redirection(walk):
    tar = symlink(b"l", b"d") + file(b"l/one") + directory(b"l") + file(b"l/two") + END
    assert paths(walk(tar)) == [b"d/one", b"l", b"l/two"]


def test_a_link_over_a_link_leads_elsewhere_from_then_on(walk):
    tar = symlink(b"l", b"d") + file(b"l/one") + symlink(b"l", b"e") + file(b"l/two") + END
    assert paths(walk(tar)) == [b"d/one", b"l", b"e/two"]


def test_a_link_over_a_used_directory_redirects_what_follows(walk):
    tar = file(b"l/one") + symlink(b"l", b"d") + file(b"l/two") + END
    assert paths(walk(tar)) == [b"l", b"d/two"]


def test_a_loop_of_links_is_an_unknown(walk):
    record = walk(symlink(b"a", b"b") + symlink(b"b", b"a") + file(b"a/x") + END)
    assert paths(record) == [b"a", b"b"]
    assert [path for path, _ in reasons(record)] == ["/a/x"]


def test_links_stay_inside_the_root(walk):
    tar = symlink(b"up", b"../../../etc") + file(b"up/passwd", b"x") + END
    assert paths(walk(tar)) == [b"up", b"etc/passwd"]


@pytest.mark.trap("A7")
def test_whiteouts(walk):
    tar = (
        file(b"d/.wh.gone")
        + file(b"d/.wh..wh..opq")
        + file(b".wh..wh.plnk/1.2")
        + file(b".wh..wh.aufs")
        + file(b"e/.wh..wh..opqX")
        + file(b"b/not.a.wh..wh..opq")
        + file(b"opt/.wh.-x")
        + file(b"opt/-x/y")
        + file(b".wh.")
        + file(b"f/.wh..")
        + file(b"f/.wh...")
        + file(b".wh.top")
        + END
    )
    record = walk(tar)
    assert record.entries.whiteouts == [b"d/gone", b"opt/-x", b"top"]
    assert record.entries.opaques == [b"d"]
    assert paths(record) == [b"b/not.a.wh..wh..opq", b"opt/-x/y"]
    assert [path for path, _ in reasons(record)] == ["/.wh.", "/f/.wh..", "/f/.wh..."]


def test_an_opaque_root(walk):
    assert walk(file(b".wh..wh..opq") + END).entries.opaques == [b""]


@pytest.mark.trap("A9")
def test_names_are_clamped_to_the_root(walk):
    record = walk(file(b"../../etc/shadow") + file(b"/abs") + file(b"./a//b/./c/../d") + END)
    assert paths(record) == [b"etc/shadow", b"abs", b"a/b/d"]
    assert reasons(record) == [("/etc/shadow", "a name that leaves the root; it is taken from the root")]


@pytest.mark.trap("A12")
def test_names_that_are_not_utf_8_survive(walk):
    assert paths(walk(file(b"caf\xe9/\xff") + END)) == [b"caf\xe9/\xff"]


@pytest.mark.trap("A7")
def test_three_thousand_components_do_not_recurse(walk):
    path = b"/".join([b"d"] * 3000)
    tar = tars.gnu_long(path) + file(b"short", b"x") + END
    assert paths(walk(tar)) == [path]
    with pytest.raises(HostileContent):
        walk(tar, path_depth=2999)
    with pytest.raises(HostileContent):
        walk(tar, path_length=5000)


def test_too_many_entries(walk):
    tar = b"".join(file(b"%d" % number) for number in range(5)) + END
    assert len(walk(tar, layer_entries=5).entries) == 5
    with pytest.raises(ImageTooLarge):
        walk(tar, layer_entries=4)


def test_unknowns_are_bounded(walk):
    tar = b"".join(file(b"../%d" % number) for number in range(9)) + END
    record = walk(tar, layer_unknowns=3)
    assert len(record.unknowns) == 4
    assert "6 more" in record.unknowns[-1].reason


@pytest.mark.trap("A9")
def test_two_zero_blocks_end_the_tar_and_what_follows_is_named(walk):
    record = walk(file(b"a", b"x") + END + file(b"hidden", b"y") + END)
    assert paths(record) == [b"a"]
    assert "after the end" in reasons(record)[0][1]
    assert reasons(walk(file(b"a") + END + bytes(20 * 512))) == []


@pytest.mark.parametrize("tar", [b"", file(b"a", b"x"), file(b"a", b"x")[: 512 + 1], file(b"a") + bytes(512)])
def test_ends_that_are_complete_enough(walk, tar):
    assert len(walk(tar).entries) == (1 if tar else 0)


@pytest.mark.parametrize("tar", [file(b"a", b"xyz")[:514], file(b"a")[:100], tars.header(b"a", size=1 << 40)])
def test_a_tar_cut_off_is_truncated(walk, tar):
    with pytest.raises(TruncatedContent):
        walk(tar)


@pytest.mark.parametrize("chunk", [1, 7, 511, 512, 513, 4096])
def test_the_size_of_parts_changes_nothing(walk, chunk):
    tar = (
        tars.pax([(b"path", b"long/" + b"n" * 200)])
        + file(b"x", bytes(range(256)) * 5)
        + file(b"b", b"#!" + b"y" * 600)
        + hard_link(b"c", b"b")
        + END
    )
    assert walk(tar, chunk=chunk) == walk(tar)


def test_an_unknown_type_is_named_and_its_content_skipped(walk):
    record = walk(file(b"odd", b"data", kind=b"7") + file(b"next") + END)
    assert paths(record) == [b"next"]
    assert reasons(record)[0][0] == "/odd"


def test_a_header_after_one_zero_block_is_refused(walk):
    with pytest.raises(InvalidImage):
        walk(file(b"a") + bytes(512) + file(b"b") + END)


def test_a_hard_link_through_a_loop_is_an_unknown(walk):
    record = walk(symlink(b"a", b"b") + symlink(b"b", b"a") + hard_link(b"h", b"a/x") + END)
    assert paths(record) == [b"a", b"b"]
    assert [path for path, _ in reasons(record)] == ["/h"]


@pytest.mark.trap("A10")
def test_names_are_bounded_in_all_with_every_prefix_of_a_deep_path(walk):
    deep = b"".join(tars.gnu_long(b"%d/" % number + b"d/" * 500 + b"f") + file(b"x") for number in range(20)) + END
    assert len(walk(deep).entries) == 20
    with pytest.raises(ImageTooLarge):
        walk(deep, layer_names=1 << 20)
    with pytest.raises(ImageTooLarge):
        walk(b"".join(symlink(b"%d" % number, b"t" * 90) for number in range(20)) + END, layer_names=1000)


@pytest.mark.trap("A10")
def test_a_capability_that_is_none_is_dropped(walk):
    tar = tars.pax([(b"SCHILY.xattr.security.capability", b"x" * 5000)]) + file(b"f") + END
    record = walk(tar)
    assert record.entries.capabilities == {}
    assert reasons(record) == [("/f", "a security.capability of 5000 bytes")]
