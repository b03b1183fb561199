"""Names and versions out of resources, whatever stands in them."""

import time

import orjson
import pytest
from tests.harness.views import View, findings

from analyze.catalogers.dotnet import DotnetCataloger
from analyze.catalogers.dotnet.names import managed_version, name, native_version


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("Newtonsoft.Json (net8.0)", "Newtonsoft.Json"),
        ("Library (netstandard 2.1)", "Library"),
        ("Library(net48)", "Library"),
        ("Library (networks)", "Library (networks)"),
        ("(net8.0)", "(net8.0)"),
    ],
)
def test_target_frameworks_are_no_part_of_a_name(product, expected):
    assert name({"ProductName": product}) == expected


def test_versions_end_at_the_first_word_after_a_number_that_has_none():
    assert native_version({"ProductVersion": "Version 1.2 build 3 of 4"}) == "Version 1.2"
    assert native_version({"ProductVersion": "built by us"}) == "built by us"


@pytest.mark.parametrize("pump", ["a ", "1 ", "(net", "(net1", "(net1.1) ", "1.", "v", " "])
def test_floods_take_linear_time(pump):
    flood = pump * (60_000 // len(pump)) + "x"
    started = time.process_time()
    for field in ("ProductName", "ProductVersion"):
        resources = {field: flood}
        name(resources)
        native_version(resources)
        managed_version(resources)
    assert time.process_time() - started < 5


def test_relations_through_long_chains_that_all_packages_share():
    count = 4000
    target = {f"p{number}/1": {"runtime": {"a.dll": {}}, "dependencies": {"o0": "1"}} for number in range(count)}
    target |= {f"o{number}/1": {"dependencies": {f"o{number + 1}": "1"}} for number in range(count)}
    document = orjson.dumps({"targets": {"net8.0": target}, "libraries": {}})
    view = View([{b"app.deps.json": document}], DotnetCataloger())
    started = time.process_time()
    packages = [one.package for one in findings(view, DotnetCataloger())]
    assert len(packages) == count
    assert list(DotnetCataloger().relate(view, packages)) == []
    assert time.process_time() - started < 10
