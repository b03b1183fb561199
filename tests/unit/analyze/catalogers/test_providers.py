"""What packages need and provide, and what hostile databases make of it."""

import time
from itertools import islice

import pytest
from tests.harness.views import View, findings

from analyze.catalogers.apk import ApkCataloger
from analyze.catalogers.dpkg import DpkgCataloger
from analyze.catalogers.providers import Providers


def test_names_are_looked_for_in_one_place():
    providers = Providers()
    providers.add("1", "here", ["a", "x", "x"])
    providers.add("2", "here", ["b", "x"])
    providers.add("3", "there", ["x"])
    related = [
        (one.parent, one.child, one.kind) for one in providers.relations("1", "here", ["x", "b", "x", "nowhere"])
    ]
    assert related == [("2", "1", "dependency-of")]


def test_work_is_bounded(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.providers._LOOKED_AT", 5)
    providers = Providers()
    for number in range(3):
        providers.add(str(number), "", ["x"])
    assert [len(list(providers.relations(str(number), "", ["x"]))) for number in range(3)] == [2, 0, 0]


STATUS = b"Package: p%d\nStatus: install ok installed\nVersion: 1\nProvides: %s\nDepends: %s\n\n"


@pytest.mark.parametrize(
    ("cataloger", "path", "record"),
    [
        (ApkCataloger(), b"lib/apk/db/installed", b"P:p%d\nV:1\np:%s\nD:%s\n\n"),
        (DpkgCataloger(), b"var/lib/dpkg/status", STATUS),
    ],
)
@pytest.mark.parametrize("names", [1, 500])
def test_packages_that_all_need_each_other(cataloger, path, record, names):
    """Relations come one by one: whoever takes them stops when there are too many."""
    separator = b", " if cataloger.name == "dpkg" else b" "
    listed = separator.join(b"x%d" % name for name in range(names))
    view = View(
        [{path: b"".join(record % (number, listed, listed) for number in range(10_000 // names + 1000))}], cataloger
    )
    packages = [one.package for one in findings(view, cataloger)]
    started = time.process_time()
    assert len(list(islice(cataloger.relate(view, packages), 20_000))) > 10_000
    assert time.process_time() - started < 5
