"""What NuGet locks."""

from tests.harness.fixtures import tree
from tests.harness.views import packages, related

from analyze.catalogers.dotnet_lock import DotnetLockCataloger

LOCK = DotnetLockCataloger()


def test_packages():
    found = packages([tree("dotnet_lock")], LOCK)
    assert {name: one.purl for name, one in found.items()} == {
        "Newtonsoft.Json": "pkg:nuget/Newtonsoft.Json@13.0.1",
        "System.X": "pkg:nuget/System.X@1.0.0",
    }
    json = found["Newtonsoft.Json"]
    assert (json.type, json.language, json.metadata_type) == ("dotnet", "dotnet", "dotnet-packages-lock-entry")
    assert json.metadata == {"name": "Newtonsoft.Json", "version": "13.0.1", "contentHash": "abc=", "type": "Direct"}
    assert related([tree("dotnet_lock")], LOCK) == {("System.X", "Newtonsoft.Json")}


def test_names_are_the_same_in_any_case():
    packages_ = b'{"A": {"resolved": "1", "dependencies": {"b": "1"}}, "B": {"resolved": "1"}}'
    text = b'{"version": 1, "dependencies": {"net8.0": ' + packages_ + b"}}"
    assert related([{b"packages.lock.json": text}], LOCK) == {("B", "A")}
