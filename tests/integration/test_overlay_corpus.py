"""Images made to break merges, and real ones, from archives of `docker save`."""

import csv
import json
import os
import tarfile
from pathlib import Path

import pytest

from analyze.catalogers import CATALOGERS
from analyze.image.assemble import assemble
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.model import Scope

CORPUS = Path(os.environ.get("TEST_CORPUS") or "/nonexistent")

pytestmark = pytest.mark.skipif(not (CORPUS / "INDEX.tsv").is_file(), reason="TEST_CORPUS names no corpus")

# What "expected" in the index says, as (name, version) of visible packages; "" is any version.
EXPECTED = {
    "b only": [("b", "")],
    "a once or twice": [("a", ""), ("a", "")],
    "n only": [("n", "")],
    "a@2": [("a", "2.0.0")],
    "a once": [("a", "")],
    "p once": [("p", "")],
}


def expectations():
    if not (CORPUS / "INDEX.tsv").is_file():
        return []
    with (CORPUS / "INDEX.tsv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["path"].startswith("overlay/")]
    return [(row["path"], row["expected"].rpartition(": ")[2]) for row in rows]


def analyzed(path, tmp_path):
    with tarfile.open(path) as archive, Scratch(tmp_path, "test", budget=1 << 28, memory=1 << 24) as scratch:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        config = archive.extractfile(manifest["Config"]).read()
        records = []
        for name in manifest["Layers"]:
            blob = archive.extractfile(name).read()
            parts = [blob[start : start + (1 << 16)] for start in range(0, len(blob), 1 << 16)]
            records.append(
                walk_layer(parts, blob_digest="", diff_id="", catalogers=CATALOGERS, limits=DEFAULT, scratch=scratch)
            )
    return assemble(records, CATALOGERS, config)


@pytest.mark.trap("A7")
@pytest.mark.parametrize(("path", "expected"), expectations())
def test_index(path, expected, tmp_path):
    result = analyzed(CORPUS / path, tmp_path)
    assert not result.wants
    visible = [(one.name, one.version) for one in result.packages if one.scope is Scope.VISIBLE]
    assert [
        (name, version if wanted else "")
        for (name, version), (_, wanted) in zip(visible, EXPECTED[expected], strict=True)
    ] == EXPECTED[expected]


def test_an_upgrade_keeps_the_old_version_as_hidden(tmp_path):
    result = analyzed(CORPUS / "overlay/overwrite_upgrade.tar", tmp_path)
    found = [(one.name, one.version, one.scope.value, one.origin_layer) for one in result.packages]
    assert found == [("a", "2.0.0", "visible", 1), ("a", "1.0.0", "hidden", 0)]


def test_the_layers_of_a_real_image(tmp_path):
    result = analyzed(CORPUS / "images/alpine-3.10.1-4layers.tar", tmp_path)
    assert (result.distro.id, result.distro.version_id) == ("alpine", "3.10.1")
    assert {one.origin_layer for one in result.packages if one.type == "apk"} == {0}
    assert result.created_by[0].startswith("/bin/sh -c #(nop) ADD file:")
    assert result.file_count == sum(1 for _ in result.files())
