"""Executables of several Go releases: the numbers are those that Trivy and OSV-SCALIBR test for."""

import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import View, findings

from analyze.catalogers.go import GoCataloger

GO = GoCataloger()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "go1.15-linux-amd64.elf",
            [
                ("github.com/aquasecurity/test", "UNKNOWN"),
                ("github.com/aquasecurity/go-pep440-version", "v0.0.0-20210121094942-22b2f8951d46"),
                ("github.com/aquasecurity/go-version", "v0.0.0-20210121072130-637058cfe492"),
                ("golang.org/x/xerrors", "v0.0.0-20200804184101-5ec99f83aff1"),
                ("stdlib", "go1.15.2"),
            ],
        ),
        ("go1.22-goexperiment", [("command-line-arguments", "UNKNOWN"), ("stdlib", "go1.22.1")]),
        (
            "go1.24-main-pseudo-version.elf",
            [
                ("github.com/aquasecurity/test", "v0.0.0-20240426163332-638f845a18e8+dirty"),
                ("stdlib", "go1.24.0"),
            ],
        ),
        (
            "go1.22-module-replacement-linux-amd64",
            [
                ("binary_with_module_replacement", "UNKNOWN"),
                ("github.com/golang/xerrors", "v0.0.0-20220907171357-04be3eba64a2"),
                ("stdlib", "go1.22.0"),
            ],
        ),
    ],
)
def test_modules(file, expected):
    view = View([{b"app": corpus("go", file).read_bytes()}], GO)
    packages = [finding.package for finding in findings(view, GO)]
    assert [(package.name, package.version) for package in packages] == expected
    relations = {(one.parent, one.child) for one in GO.relate(view, packages)}
    assert relations == {(package.id, packages[0].id) for package in packages[1:]}
