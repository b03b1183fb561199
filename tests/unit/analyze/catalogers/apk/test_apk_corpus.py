"""What the corpus says there is to find in databases of apk."""

import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import View, findings

from analyze.catalogers.apk import ApkCataloger


@pytest.mark.parametrize(("file", "expected"), [("alpine-15.installed", 15), ("alpine-16.installed", 16)])
def test_apk_corpus(file, expected):
    view = View([{b"lib/apk/db/installed": corpus("apk", file).read_bytes()}], ApkCataloger())
    packages = [finding.package for finding in findings(view, ApkCataloger())]
    assert len(packages) == expected
    assert list(ApkCataloger().relate(view, packages))
