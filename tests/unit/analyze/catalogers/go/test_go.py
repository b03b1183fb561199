"""Build info in all its forms, and the modules it names."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import BASE, START, elf, fat, macho, pe
from tests.harness.fixtures import CATALOGERS, tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.go import GoCataloger
from analyze.catalogers.go.modules import parse
from analyze.catalogers.go.version import main_version

GO = GoCataloger()
TEXT = "path\texample.org/a\nmod\texample.org/a\tv1.0.0\t\ndep\texample.org/b\tv2.0.0\th1:x=\n"
FOUND = [("example.org/a", "v1.0.0"), ("example.org/b", "v2.0.0"), ("stdlib", "go1.21.0")]


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def framed(text: str) -> bytes:
    return (
        b"0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6"
        + text.encode()
        + b"\xf92C1\x86\x18 r\0\x82B\x10A\x16\xd8\xf2"
    )


def inline(version: str = "go1.21.0", text: str = TEXT) -> bytes:
    """A blob as Go 1.18 and later write it."""
    head = b"\xff Go buildinf:".ljust(15, b"\x08") + b"\x02" + bytes(16)
    body = framed(text)
    return head + varint(len(version)) + version.encode() + varint(len(body)) + body


def pointers(start: int, width: int, order: str, version: str = "go1.13.4", text: str = TEXT) -> bytes:
    """A blob as Go 1.13 to 1.17 write it, at the address `start`, followed by what it points to."""
    word = {4: "I", 8: "Q"}[width]
    sign = "<" if order == "little" else ">"
    body = framed(text)
    at = start + 32
    head = b"\xff Go buildinf:" + bytes([width, int(order == "big")]) + struct.pack(sign + 2 * word, at, at + 2 * width)
    data = at + 4 * width
    strings = struct.pack(sign + 4 * word, data, len(version), data + len(version), len(body))
    return head.ljust(32, b"\0") + strings + version.encode() + body


def found(content: bytes) -> list[tuple[str, str]]:
    facts = extract(GO, b"usr/bin/x", content)
    assert facts is not None
    assert facts.unknowns == []
    return [(key["name"], key["version"]) for key in facts.identity]


@pytest.fixture(scope="module")
def image():
    view = View([tree("go")], GO)
    return {finding.package.name: finding.package for finding in findings(view, GO)}


def test_what_go_linked(image):
    assert {name: (one.version, one.purl) for name, one in image.items()} == {
        "example.org/hello": ("v1.4.6-rc.1", "pkg:golang/example.org/hello@v1.4.6-rc.1"),
        "example.org/dep": ("v1.2.3", "pkg:golang/example.org/dep@v1.2.3"),
        "example.org/local": ("v0.0.0", "pkg:golang/example.org/local@v0.0.0"),
        "example.org/new/v2": ("v2.0.1", "pkg:golang/example.org/new/v2@v2.0.1"),
        "stdlib": ("go1.27.3", "pkg:golang/stdlib@1.27.3"),
    }
    assert {one.type for one in image.values()} == {"go-module"}
    assert [one.spdx_expression for one in image["stdlib"].licenses] == ["BSD-3-Clause"]


def test_metadata_has_the_names_of_syft(image):
    assert image["example.org/new/v2"].metadata == {
        "goCompiledVersion": "go1.27.3",
        "architecture": "amd64",
        "h1Digest": "h1:ViH5s40p5ooIXsnz7nuBSNIDOy0f1mkVR76AN7uJ3lk=",
        "mainModule": "example.org/hello",
    }
    settings = {one["key"]: one["value"] for one in image["example.org/hello"].metadata["goBuildSettings"]}
    assert settings["-ldflags"] == "-s -w -X 'main.goVersion=1.27.3' -X 'main.version=1.4.6-rc.1'"
    assert settings["GOOS"] == "linux"


def test_the_main_module_depends_on_everything():
    main = "example.org/hello"
    assert related([tree("go")], GO) == {
        (name, main) for name in ("example.org/dep", "example.org/local", "example.org/new/v2", "stdlib")
    }


def test_subpaths_of_purls():
    text = TEXT.replace("example.org/b", "github.com/Azure/go-autorest/autorest/adal")
    view = View([{b"x": elf({".go.buildinfo": inline(text=text)})}], GO)
    purls = [finding.package.purl for finding in findings(view, GO)]
    assert purls[1] == "pkg:golang/github.com/Azure/go-autorest@v2.0.0#autorest/adal"


@pytest.mark.parametrize(("bits", "order"), [(32, "little"), (32, "big"), (64, "little"), (64, "big")])
def test_pointers_of_old_releases(bits, order):
    blob = pointers(BASE + START, bits // 8, order)
    image = elf({".go.buildinfo": blob}, bits=bits, order=order)
    assert found(image) == [*FOUND[:2], ("stdlib", "go1.13.4")]


def test_all_formats():
    blob = b"x" * 48 + inline()
    assert found(elf({".go.buildinfo": inline()})) == FOUND
    assert found(elf({".text": b"", ".data": blob}, table=False)) == FOUND
    assert found(pe({".text": b"code", ".data": blob})) == FOUND
    assert found(macho({"__text": b"code", "__go_buildinfo": inline()})) == FOUND
    both = fat(macho({"__go_buildinfo": inline()}), macho({"__go_buildinfo": inline("go1.22.0")}, cpu=0x0100000C))
    assert found(both) == [*FOUND, *FOUND[:2], ("stdlib", "go1.22.0")]


def test_architectures_of_a_universal_file_have_their_own_relations():
    both = fat(macho({"__go_buildinfo": inline()}), macho({"__go_buildinfo": inline()}, cpu=0x0100000C))
    view = View([{b"x": both}], GO)
    packages = [finding.package for finding in findings(view, GO)]
    relations = [(one.parent, one.child) for one in GO.relate(view, packages)]
    architectures = {one.id: one.metadata.get("architecture") for one in packages}
    assert {(architectures[parent], architectures[child]) for parent, child in relations} == {
        ("amd64", "amd64"),
        ("arm64", "arm64"),
        (None, "amd64"),
        (None, "arm64"),
    }


def test_a_blob_that_is_not_aligned_is_none():
    assert extract(GO, b"x", pe({".data": b"x" * 8 + inline()})) is None
    assert found(pe({".data": b"x" * 8 + b"\xff Go buildinf:".ljust(24, b"x") + inline()})) == FOUND


def test_experiments_and_development_versions():
    facts = extract(GO, b"x", elf({".go.buildinfo": inline("go1.22.1 X:loopvar,arenas")}))
    assert facts.identity[-1] == {"name": "stdlib", "version": "go1.22.1"}
    assert facts.detail["builds"][0]["experiments"] == ["loopvar", "arenas"]
    assert found(elf({".go.buildinfo": inline("devel go1.23-0123abc Mon Jan 1")}))[-1] == ("stdlib", "go1.23-0123abc")
    assert found(elf({".go.buildinfo": inline("devel +0123abc", text="")})) == []


def test_programs_from_before_modules_have_the_standard_library():
    assert found(elf({".go.buildinfo": inline("go1.16", text="")})) == [("stdlib", "go1.16")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path\tcmd/go\n", ("cmd/go", "UNKNOWN")),
        ("path\tcommand-line-arguments\nmod\tcommand-line-arguments\t\t\n", ("command-line-arguments", "UNKNOWN")),
        ("path\tcommand-line-arguments\ndep\texample.org/a\t(devel)\t\n", ("example.org/a", "UNKNOWN")),
        ("path\ta\nmod\ta\t(devel)\t\nbuild\t-ldflags=\"-X main.version=1.2.3\"\n", ("a", "v1.2.3")),
        ("path\ta\nmod\ta\tv0.1.0\t\nbuild\t-ldflags=\"-X main.version=1.2.3\"\n", ("a", "v0.1.0")),
    ],
)  # fmt: skip
def test_main_modules(text, expected):
    assert found(elf({".go.buildinfo": inline(text=text)}))[0] == expected


@pytest.mark.parametrize("row", (CATALOGERS / "go" / "linker_flags.tsv").read_text().splitlines()[1:])
def test_versions_in_linker_flags(row):
    module, expected, flags = row.split("\t")
    assert main_version(module, [("-ldflags", flags)]) == expected


def test_versions_from_commits():
    settings = [("vcs.revision", "638f845a18e8c1e0d72befed7113d9546deb5d75"), ("vcs.time", "2024-04-26T18:33:32+02:00")]
    assert main_version("a", settings) == "v0.0.0-20240426163332-638f845a18e8"
    assert main_version("a", [settings[0], ("vcs.time", "?")]) == "v0.0.0-00010101000000-638f845a18e8"
    assert main_version("a", settings[:1]) == ""


def test_settings_as_go_quotes_them():
    text = 'build\t"a=b"="x\\ty \\"\\u00e9\\xff"\nbuild\t-tags=`raw "text"`\nbuild\tCGO_CFLAGS=\n'
    assert parse(text).settings == [("a=b", 'x\ty "é\xff'), ("-tags", 'raw "text"'), ("CGO_CFLAGS", "")]


def test_fips():
    text = TEXT + "build\tGOFIPS140=v1.0.0\nbuild\tDefaultGODEBUG=fips140=on,x=1\n"
    facts = extract(GO, b"x", elf({".go.buildinfo": inline(text=text)}))
    assert facts.detail["builds"][0]["crypto"] == ["GOFIPS140=v1.0.0", "GODEBUG=fips140=on"]


@pytest.mark.parametrize(
    "content",
    [
        elf({".text": b"x"}),
        elf({".data": inline()}),
        elf({".go.buildinfo": inline()}, kind=1),
        elf({".go.buildinfo": inline()}, kind=4),
        pe({".data": b"x"}),
        macho({"__data": b"x"}),
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100),
        b"\x7fELF",
    ],
)
def test_what_go_did_not_link(content):
    assert extract(GO, b"x", content) is None


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (inline()[:20], "cut off"),
        (inline()[:60], "a text of"),
        (b"\xff Go buildinf:".ljust(15, b"\x08") + b"\x02" + bytes(16) + b"\xff" * 12, "a length"),
        (b"\xff Go buildinf:".ljust(15, b"\x08") + b"\x02" + bytes(16) + varint(1 << 62), "a text of"),
        (b"\xff Go buildinf:\x05\0" + bytes(16), "pointers of 5 bytes"),
        (b"\xff Go buildinf:\x08\0" + bytes(16), "without a version"),
    ],
)
def test_damaged_build_info_is_an_unknown(blob, reason):
    # At the end of the file, so that nothing is there to be read beyond it.
    content = elf({".go.buildinfo": blob}, table=False)
    content = content[: START + len(blob)]
    facts = extract(GO, b"x", content)
    assert facts.identity == []
    assert reason in facts.unknowns[0]


def test_packed_programs_are_an_unknown():
    content = bytearray(elf({".text": b"x"}, table=False))
    content[0xEC:0xF0] = b"UPX!"
    assert extract(GO, b"x", bytes(content)).unknowns == [
        "packed by UPX: modules that Go may have linked cannot be read"
    ]


@given(st.text(alphabet=st.sampled_from('\t\n"\\`=abu0x> pathmoddepbuild'), max_size=300))
def test_any_text_is_parsed(text):
    parsed = parse(text)
    assert len(parsed.dependencies) <= text.count("dep\t")


@given(st.binary(max_size=64), st.integers(0, 300))
def test_mutated_blobs(damage, at):
    blob = bytearray(inline())
    blob[at : at + len(damage)] = damage
    facts = extract(GO, b"x", elf({".go.buildinfo": bytes(blob)}))
    assert facts is None or facts.identity or facts.unknowns or facts.detail
