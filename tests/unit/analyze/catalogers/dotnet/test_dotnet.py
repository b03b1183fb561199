"""Packages of .NET programs, and PE files that no package claims."""

import json
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.portable import library
from tests.harness.views import View, extract, findings

from analyze.catalogers.dotnet import DotnetCataloger
from analyze.catalogers.dotnet.names import managed_version, name
from cargohold.model import Scope

DOTNET = DotnetCataloger()
TREE = tree("dotnet")
CLR_LOADER = TREE[b"srv/tool/ClrLoader.dll"]
DEPS = b"srv/app/Python.Runtime.deps.json"
SINGLE = b"opt/single"


def found(*layers, scope=Scope.VISIBLE):
    return [one.package for one in findings(View(layers, DOTNET, scope=scope), DOTNET)]


def named(*layers, scope=Scope.VISIBLE):
    return sorted((one.name, one.version) for one in found(*layers, scope=scope))


def related(layer):
    view = View([layer], DOTNET)
    packages = [one.package for one in findings(view, DOTNET)]
    names = {one.id: one.name for one in packages}
    return {(names[one.parent], names[one.child]) for one in DOTNET.relate(view, packages)}


def deps(targets, types=None):
    libraries = {key: {"type": (types or {}).get(key, "package"), "sha512": "sha512-x"} for key in targets}
    return json.dumps({"targets": {".NETCoreApp,Version=v8.0": targets}, "libraries": libraries}).encode()


def test_what_the_sdk_writes():
    """The packages and relations that Syft 1.18.1 finds in the same file."""
    layer = {DEPS: TREE[DEPS]}
    assert named(layer) == [
        ("Microsoft.CSharp", "4.7.0"),
        ("Microsoft.SourceLink.GitHub", "10.0.401"),
        ("Python.Runtime", "3.2.1"),
        ("System.Buffers", "4.6.1"),
        ("System.IO.Hashing", "10.0.12"),
        ("System.Memory", "4.6.3"),
        ("System.Numerics.Vectors", "4.6.1"),
        ("System.Reflection.Emit", "4.7.0"),
        ("System.Reflection.Emit.ILGeneration", "4.7.0"),
        ("System.Runtime.CompilerServices.Unsafe", "6.1.2"),
    ]
    assert related(layer) == {
        ("Microsoft.CSharp", "Python.Runtime"),
        ("Microsoft.SourceLink.GitHub", "Python.Runtime"),
        ("System.Reflection.Emit", "Python.Runtime"),
        ("System.IO.Hashing", "Microsoft.SourceLink.GitHub"),
        ("System.Buffers", "System.IO.Hashing"),
        ("System.Memory", "System.IO.Hashing"),
        ("System.Buffers", "System.Memory"),
        ("System.Numerics.Vectors", "System.Memory"),
        ("System.Runtime.CompilerServices.Unsafe", "System.Memory"),
        ("System.Reflection.Emit.ILGeneration", "System.Reflection.Emit"),
    }


def test_purl_and_metadata():
    package = next(one for one in found({DEPS: TREE[DEPS]}) if one.name == "System.Buffers")
    assert (package.type, package.language, package.purl) == ("dotnet", "dotnet", "pkg:nuget/System.Buffers@4.6.1")
    assert package.metadata == {
        "name": "System.Buffers",
        "version": "4.6.1",
        "path": "system.buffers/4.6.1",
        "sha512": "sha512-N8GXpmiLMtljq7gwvyS+1QvKT/W2J8sNAvx+HVg4NGmsG/H+2k/y9QI23auLJRterrzCiDH+IWAw4V/GPwsMlw==",
        "hashPath": "system.buffers.4.6.1.nupkg.sha512",
        "type": "package",
    }


def test_files_that_a_package_claims_are_evidence_of_it():
    layer = {DEPS: TREE[DEPS], b"srv/app/System.Buffers.dll": CLR_LOADER}
    package = next(one for one in found(layer) if one.name == "System.Buffers")
    assert [(one.path, one.evidence) for one in package.locations] == [
        ("/" + DEPS.decode(), "primary"),
        ("/srv/app/System.Buffers.dll", "supporting"),
    ]
    assert package.metadata["executables"] == {
        "lib/netstandard2.0/System.Buffers.dll": {
            "assemblyVersion": "1.0.0.0",
            "internalName": "ClrLoader.dll",
            "companyName": "ClrLoader",
            "productName": "ClrLoader",
            "productVersion": "1.0.0",
        }
    }
    assert "ClrLoader" not in {one.name for one in found(layer)}
    assert "ClrLoader" in {one.name for one in found({**layer, b"srv/other/System.Buffers.dll": CLR_LOADER})}


TARGETS = {
    "App/1.0.0": {"dependencies": {"Lib": "1.0.0", "Meta": "2.0.0"}, "runtime": {"App.dll": {}}},
    "Lib/1.0.0": {"dependencies": {"Deep": "1.0.0"}, "runtime": {"Lib.dll": {}}},
    "Meta/2.0.0": {"dependencies": {"Below": "3.0.0"}},
    "Below/3.0.0": {"native": {"runtimes/linux-x64/native/libx.so": {}}},
    "Deep/1.0.0": {"resources": {"lib/net6.0/de/Deep.resources.dll": {"locale": "de"}}},
    "Analyzer/1.0.0": {"dependencies": {"Build": "1.0.0"}},
    "Build/1.0.0": {"runtime": {"lib/net6.0/_._": {}}},
}
PROJECTS = {"App/1.0.0": "project", "Lib/1.0.0": "project"}


def test_packages_bring_a_file_or_need_one_that_does_and_projects_are_none():
    layer = {b"app/App.deps.json": deps(TARGETS, PROJECTS)}
    assert [one[0] for one in named(layer)] == ["App", "Below", "Deep", "Meta"]
    assert related(layer) == {("Deep", "App"), ("Meta", "App"), ("Below", "Meta")}


def test_a_tool_that_merges_assemblies_lets_all_be_packages():
    layer = {b"app/App.deps.json": deps({**TARGETS, "ILRepack/2": {}, "ILRepack.FullAuto/1.6.0": {}}, PROJECTS)}
    assert {"Analyzer", "Build", "ILRepack.FullAuto"} < {one[0] for one in named(layer)}


def test_files_of_projects_are_claimed_too():
    layer = {b"app/App.deps.json": deps(TARGETS, PROJECTS), b"app/Lib.dll": CLR_LOADER, b"Lib.dll": CLR_LOADER}
    assert [one.locations[0].path for one in found(layer) if one.name == "ClrLoader"] == ["/Lib.dll"]


def test_reference_assemblies_without_a_hash_are_none():
    content = json.loads(deps(TARGETS, {"Deep/1.0.0": "referenceassembly", "Below/3.0.0": "referenceassembly"}))
    content["libraries"]["Deep/1.0.0"]["sha512"] = ""
    names = {one[0] for one in named({b"app/App.deps.json": json.dumps(content).encode()})}
    assert "Deep" not in names
    assert "Below" in names


def test_dependencies_in_a_circle_end():
    targets = {"A/1": {"dependencies": {"B": "1"}}, "B/1": {"dependencies": {"A": "1"}, "runtime": {"b.dll": {}}}}
    assert related({b"x.deps.json": deps(targets)}) == {("A", "B"), ("B", "A")}


def test_long_chains_take_little_time():
    targets = {f"P{number}/1": {"dependencies": {f"P{number + 1}": "1"}} for number in range(20_000)}
    targets["P20000/1"] = {"runtime": {"p.dll": {}}}
    started = time.process_time()
    facts = extract(DOTNET, b"x.deps.json", deps(targets))
    assert len(facts.identity) == 20_001
    assert time.process_time() - started < 10


def test_libraries_of_libman():
    packages = {one.name: one for one in found(TREE) if one.type == "npm"}
    assert {key: one.purl for key, one in packages.items()} == {
        "jquery": "pkg:npm/jquery@3.3.1",
        "@popperjs/core": "pkg:npm/%40popperjs/core@2.11.8",
    }
    assert ("jquery", "Python.Runtime") in related(TREE)
    assert found({b"srv/app/libman.json": TREE[b"srv/app/libman.json"]}) == []


def test_single_file_programs():
    layer = {SINGLE: TREE[SINGLE]}
    assert [one.purl for one in found(layer)] == [
        "pkg:nuget/single@1.2.3",
        "pkg:nuget/Serilog@3.1.1",
        "pkg:nuget/runtimepack.Microsoft.NETCore.App.Runtime.linux-x64@8.0.4",
    ]
    assert related(layer) == {
        ("Serilog", "single"),
        ("runtimepack.Microsoft.NETCore.App.Runtime.linux-x64", "single"),
    }


def test_single_file_programs_of_the_first_version():
    data = TREE[SINGLE]
    start, size = data.index(b'{\n  "runtimeTarget"'), 0
    size = data.index(b'{"runtimeOptions"') - start
    header = struct.pack("<IIi", 1, 0, 2) + b"\x01x"
    header += struct.pack("<qqB", 1, 1, 1) + b"\x05a.dll" + struct.pack("<qqB", start, size, 3) + b"\x01y"
    marker = data.index(bytes.fromhex("8b1202b96a612038"))
    old = data[: marker - 8] + struct.pack("<q", len(data)) + data[marker:] + header
    assert len(extract(DOTNET, SINGLE, old).identity) == 3


def test_programs_without_anything_behind_are_declined():
    data = TREE[SINGLE]
    end = data.index(b"MZ" + bytes(62))
    assert extract(DOTNET, SINGLE, data[:end]) is None
    assert extract(DOTNET, SINGLE, data[:end] + bytes(1000)).unknowns  # the marker leads nowhere
    marker = data.index(bytes.fromhex("8b1202b96a612038"))
    assert extract(DOTNET, SINGLE, data[: marker - 8] + bytes(8) + data[marker:]) is None


@given(st.integers(0, len(TREE[SINGLE]) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_single_file_programs(at, piece):
    data = bytearray(TREE[SINGLE])
    data[at : at + len(piece)] = piece
    facts = extract(DOTNET, SINGLE, bytes(data))
    assert facts is None or facts.unknowns or facts.identity


def test_runtimes_are_one_package_for_all_their_files():
    shared = b"usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.4/"
    layer = {
        shared + b"System.Private.CoreLib.dll": CLR_LOADER,
        shared + b"mscorlib.dll": CLR_LOADER,
        b"app/App.deps.json": deps(TARGETS, PROJECTS),
    }
    runtime = next(one for one in found(layer) if one.name == "Microsoft.NETCore.App")
    assert runtime.purl == "pkg:nuget/Microsoft.NETCore.App@8.0.4"
    assert len(runtime.locations) == 2
    assert ("Microsoft.NETCore.App", "App") in related(layer)
    pack = {"Microsoft.NETCore.App.Runtime.linux-x64/8.0.4": {"runtime": {"mscorlib.dll": {}}}}
    layer[shared + b"Microsoft.NETCore.App.deps.json"] = deps(pack)
    assert "Microsoft.NETCore.App" not in {one.name for one in found(layer)}
    assert ("Microsoft.NETCore.App.Runtime.linux-x64", "App") in related(layer)


def test_managed_files_that_nothing_claims():
    (package,) = found({b"srv/tool/ClrLoader.dll": CLR_LOADER})
    assert (package.type, package.purl) == ("dotnet", "pkg:nuget/ClrLoader@1.0.0.0")
    assert package.metadata_type == "dotnet-portable-executable-entry"


def test_an_assembly_is_known_without_a_version_resource():
    content = CLR_LOADER.replace("VS_VERSION_INFO".encode("utf-16-le"), bytes(30))
    facts = extract(DOTNET, b"srv/other.dll", content)
    assert facts.identity == [{"name": "ClrLoader", "version": "1.0.0.0"}]
    assert facts.detail["assembly"] == ["ClrLoader", "1.0.0.0"]


@given(st.integers(0, len(CLR_LOADER) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_assemblies(at, piece):
    data = bytearray(CLR_LOADER)
    data[at : at + len(piece)] = piece
    facts = extract(DOTNET, b"a.dll", bytes(data))
    assert facts is None or facts.unknowns or facts.identity[0]["name"]


def test_native_files_that_nothing_claims():
    strings = {"ProductName": "GPL Ghostscript", "ProductVersion": "10.02.1", "FileVersion": "10.02.1.0"}
    (package,) = found({b"srv/gsdll64.DLL": library(strings)})
    assert (package.type, package.name, package.version) == ("binary", "GPL Ghostscript", "10.02.1")
    assert package.purl == "pkg:generic/ghostscript@10.02.1"
    assert package.metadata_type == "pe-binary"
    assert package.metadata["VersionResources"] == [{"key": key, "value": strings[key]} for key in sorted(strings)]
    assert extract(DOTNET, b"srv/a.dll", library({})) is None
    assert extract(DOTNET, b"srv/a.exe", b"MZ") is None or extract(DOTNET, b"srv/a.exe", b"MZ").unknowns
    assert extract(DOTNET, b"srv/a.dll", b"text") is None


@pytest.mark.parametrize(
    ("product", "file", "expected"),
    [
        ("1.0.0", "1.0.0.0", "1.0.0.0"),
        ("3.2.1", "3.2.1.0", "3.2.1.0"),
        ("8.0.4+2d7eea252964e69be94cb9c847b371b23e4dd470", "8.0.424.16909", "8.0.424.16909"),
        ("6.0.0-rc.1", "6.0.0", "6.0.0"),
        ("13.0.3", "13.0.3.27908", "13.0.3.27908"),
        ("2.0.0", "1.9.9.9", "2.0.0"),
        ("10.0.19041.1 (WinBuild.160101.0800)", "6.2", "10.0.19041.1 (WinBuild.160101.0800)"),
        ("", "1.2.3", "1.2.3"),
        ("version one", "1.2", "1.2"),
        ("", "", ""),
    ],
)
def test_versions_of_managed_files(product, file, expected):
    assert managed_version({"ProductVersion": product, "FileVersion": file}) == expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"ProductName": "A  product\xa0", "FileDescription": "a file"}, "A product"),
        ({"ProductName": "Microsoft® .NET", "FileDescription": "System.Buffers"}, "System.Buffers"),
        ({"CompanyName": "Microsoft Corporation", "InternalName": "x.dll", "ProductName": "y"}, "x.dll"),
        ({"ProductName": "Serilog (net8.0)"}, "Serilog"),
        ({"OriginalFilename": "z.dll"}, "z.dll"),
        ({}, ""),
    ],
)
def test_names_of_files(resources, expected):
    assert name(resources) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"targets": 1}', b'{"targets": {"a": {}}}', b"[" * 99_999])
def test_no_deps_json(content):
    facts = extract(DOTNET, b"a.deps.json", content)
    assert facts is None or (facts.identity == [] and facts.unknowns)


def test_wrong_types_are_left_out():
    content = {
        "targets": {
            "t": {"A/1": 7, "B/2": {"runtime": [], "dependencies": {"C": 1}}, "": {}, "C/1": {"native": {"../x": {}}}},
            "u": [],
        },
        "libraries": {"A/1": {"type": 7, "path": None}, "B/2": 3},
    }
    assert extract(DOTNET, b"a.deps.json", json.dumps(content).encode()).identity == []


def test_a_hidden_program_is_hidden_with_its_packages():
    below = {b"app/App.deps.json": deps(TARGETS, PROJECTS), b"app/App.dll": CLR_LOADER}
    above = {b"app/App.deps.json": deps({"App/2.0.0": TARGETS["App/1.0.0"]}, {"App/2.0.0": "project"})}
    assert named(below, {**above, b"app/App.dll": b""}, scope=Scope.HIDDEN) == [
        ("App", "1.0.0"),
        ("Below", "3.0.0"),
        ("Deep", "1.0.0"),
        ("Meta", "2.0.0"),
    ]
    assert named(below, {b"app/App.dll": CLR_LOADER + b"x"}, scope=Scope.HIDDEN) == []
