"""What the corpus says there is to find in databases of dpkg."""

import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import View, extract, findings

from analyze.catalogers.dpkg import DpkgCataloger


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("ubuntu-18.04.status", 90),  # of 91 stanzas one is of a removed package
        ("only-apt.status", 1),
        ("vcpkg-masquerading.status", 0),
        ("valid.status", 7),
    ],
)
def test_dpkg_corpus(file, expected):
    content = corpus("dpkg", file).read_bytes()
    view = View([{b"var/lib/dpkg/status": content}], DpkgCataloger())
    assert len(findings(view, DpkgCataloger())) == expected


def test_a_damaged_status_file_tells_what_was_left_out():
    facts = extract(DpkgCataloger(), b"var/lib/dpkg/status", corpus("dpkg", "only-apt.status").read_bytes())
    assert facts.identity[0]["name"] == "apt"
    assert facts.unknowns == ["line 37 is no field", "line 38 is no field"]
