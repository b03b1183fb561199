"""Real and hostile tars: the right entries, or an error of ours."""

import tarfile

import pytest

from cargohold.errors import CargoholdError


@pytest.fixture
def walk_file(walk, corpus):
    return lambda name: walk((corpus / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "whiteouts", "opaques"),
    [
        ("layers/whiteout.tar", [b"etc/profile"], []),
        ("layers/whiteout-advanced.tar", 3, []),
        ("layers/whiteout-opaque.tar", [], [b"a"]),
    ],
)
def test_whiteout_layers(walk_file, name, whiteouts, opaques):
    entries = walk_file(name).entries
    assert entries.opaques == opaques
    assert len(entries.whiteouts) == whiteouts if isinstance(whiteouts, int) else entries.whiteouts == whiteouts


def test_a_pax_size_overrides_the_header(walk_file):
    assert len(walk_file("hostile/pax-size.tar").entries) == 1


def test_names_outside_the_root_are_taken_from_it(walk_file):
    record = walk_file("hostile/relative-names-with-whiteouts.tar")
    assert len(record.unknowns) == 3
    assert record.entries.opaques == [b"", b"another_folder", b"folder/subfolder"]
    assert record.entries.whiteouts == [b"foo.txt"]


def test_a_link_that_takes_a_directory_away_takes_its_files(walk_file):
    entries = walk_file("hostile/path-traversal.tar").entries
    assert b"escape" in entries.paths
    assert b"escape/poc.txt" not in entries.paths


def test_only_the_first_of_two_tars_counts(walk_file, corpus):
    record = walk_file("hostile/concatenated.tar")
    with tarfile.open(corpus / "hostile/concatenated.tar") as archive:
        names = {name.removeprefix("./").encode() for name in archive.getnames()} - {b"."}
    assert {path.decode() for path in record.entries.paths} <= {name.decode() for name in names}


def test_every_tar_of_the_corpus_survives(walk, corpus):
    names = sorted([*corpus.glob("hostile/*.tar"), *corpus.glob("layers/*.tar"), *corpus.glob("overlay/*.tar")])
    assert names
    for name in names:
        try:
            record = walk(name.read_bytes())
        except CargoholdError as error:
            pytest.fail(f"{name.name}: {error}")
        assert all(b"\0" not in path for path in record.entries.paths)
