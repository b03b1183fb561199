"""What the corpus says there is to find in rpm's databases, and what rpm says of the largest."""

import time

import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import View, extract, findings

from analyze.catalogers.rpm import RpmCataloger

RPM = RpmCataloger()
MARINER = (b"var/lib/rpm/rpmdb.sqlite", ("sqlite-cbl-mariner-2.0", "rpmdb.sqlite"))
SUSE = (b"usr/lib/sysimage/rpm/Packages.db", ("ndb-sle15-bci", "Packages.db"))


@pytest.mark.parametrize(
    ("path", "file", "expected", "files"),
    [
        (*MARINER, 129, 7269),
        (*SUSE, 35, 2837),
        (b"var/lib/rpm/Packages", ("bdb-libuuid", "Packages"), 1, 7),
        (b"usr/share/rpm/rpmdb.sqlite", ("sqlite-empty", "rpmdb.sqlite"), 0, 0),
        (b"var/lib/rpmmanifest/container-manifest-2", ("container-manifest-2",), 5, 0),
    ],
)
def test_rpm_corpus(path, file, expected, files):
    """Packages as Syft counts them; files as `rpm -qal` does, of SUSE's as its header lists say."""
    view = View([{path: corpus("rpm", *file).read_bytes()}], RPM)
    found = [finding.package for finding in findings(view, RPM)]
    assert len(found) == expected
    assert sum(len(one.files) for one in found) == files


@pytest.mark.parametrize(("path", "file", "expected"), [(*MARINER, 495), (*SUSE, 73)])
def test_relations_are_those_of_syft_and_those_through_files(path, file, expected):
    """Syft over the database alone finds no files in the image, and so none of the relations through them."""
    view = View([{path: corpus("rpm", *file).read_bytes()}], RPM)
    found = [finding.package for finding in findings(view, RPM)]
    with_files = set(RPM.relate(view, found))
    for one in found:
        one.files = ()
    without = set(RPM.relate(view, found))
    assert len(without) == expected
    assert without < with_files


def test_a_database_in_wal_mode_is_read_without_its_log_and_fast():
    data = corpus("rpm", *MARINER[1]).read_bytes()
    assert data[18:20] == b"\2\2"
    started = time.process_time()
    facts = extract(RPM, MARINER[0], data)
    assert time.process_time() - started < 5  # 0.02 s on a machine at rest
    assert facts.unknowns == []


def test_no_packages_table_is_an_unknown():
    facts = extract(RPM, b"var/lib/rpm/rpmdb.sqlite", corpus("rpm", "sqlite-empty", "rpmdb.sqlite").read_bytes())
    assert facts.unknowns == ["no table Packages"]


def test_fields_of_suse():
    view = View([{SUSE[0]: corpus("rpm", *SUSE[1]).read_bytes()}], RPM)
    bash = next(one.package for one in findings(view, RPM) if one.package.name == "bash")
    assert (bash.version, bash.source_name, bash.licenses[0].spdx_expression) == (
        "4.4-19.6.1",
        "bash",
        "GPL-3.0-or-later",
    )
    assert "/bin/bash" in bash.files
    assert bash.metadata["vendor"] == "SUSE LLC <https://www.suse.com/>"
    assert bash.metadata["signatures"][0]["issuer"] == "70af9e8139db7c82"
