"""Bills of materials in native images."""

import gzip
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import BASE, START, elf, macho
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages, related

from analyze.catalogers.graalvm import GraalvmCataloger

GRAALVM = GraalvmCataloger()


def native(content: bytes, size: int | None = None, order: str = "little", bits: int = 64) -> bytes:
    length = struct.pack(("<" if order == "little" else ">") + "Q", len(content) if size is None else size)
    symbols = {"sbom": BASE + START + 16, "sbom_length": BASE + START}
    sections = {".data": length + bytes(8) + content, ".svm_heap": b"heap"}
    return elf(sections, symbols=symbols, order=order, bits=bits)


def compressed(value: object) -> bytes:
    return gzip.compress(json.dumps(value).encode(), mtime=0)


def test_components():
    image = packages([tree("graalvm")], GRAALVM)
    assert {name: (one.version, one.purl) for name, one in image.items()} == {
        "app": ("1.0", "pkg:maven/org.example/app@1.0"),
        "netty-codec-http2": ("4.1.104.Final", "pkg:maven/io.netty/netty-codec-http2@4.1.104.Final"),
        "netty-common": ("4.1.104.Final", "pkg:maven/io.netty/netty-common@4.1.104.Final"),
        "svm": ("24.1.0", "pkg:maven/org.graalvm.nativeimage/svm@24.1.0"),
    }
    assert {(one.type, one.language) for one in image.values()} == {("java-archive", "java")}
    assert [one.spdx_expression for one in image["netty-common"].licenses] == ["Apache-2.0"]
    assert image["svm"].metadata == {
        "virtualPath": "/usr/bin/native",
        "pomProperties": {"groupId": "org.graalvm.nativeimage", "artifactId": "svm", "version": "24.1.0"},
    }


def test_components_depend_on_components():
    assert related([tree("graalvm")], GRAALVM) == {
        ("netty-codec-http2", "app"),
        ("svm", "app"),
        ("netty-common", "netty-codec-http2"),
    }


BILL = {"components": [{"name": "a", "version": "1", "group": "g"}]}


@pytest.mark.parametrize(("bits", "order"), [(32, "little"), (64, "little"), (64, "big")])
def test_elf(bits, order):
    facts = extract(GRAALVM, b"x", native(compressed(BILL), bits=bits, order=order))
    assert facts.identity == [{"name": "a", "version": "1"}]


def test_macho():
    content = compressed(BILL)
    data = struct.pack("<Q", len(content)) + bytes(8) + content
    symbols = {"_sbom": BASE + START + 16, "_sbom_length": BASE + START}
    facts = extract(GRAALVM, b"x", macho({"__data": data, "__svm_heap": b"heap"}, symbols=symbols))
    assert facts.identity == [{"name": "a", "version": "1"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (native(b"no gzip"), "damaged"),
        (native(compressed(BILL)[:-12], 20), "cut off"),
        (native(compressed(BILL), 1 << 40), "bytes"),
        (native(gzip.compress(b" " * (65 << 20), 1)), "larger than"),
        (native(gzip.compress(b"[]")), "without components"),
        (native(compressed({"components": [1, {"version": "1"}]})), "no object"),
    ],
)
def test_damaged_bills_are_an_unknown(content, reason):
    facts = extract(GRAALVM, b"x", content)
    assert facts.identity == []
    assert reason in facts.unknowns[0]


def test_native_images_without_a_bill():
    assert extract(GRAALVM, b"x", elf({".svm_heap": b"heap"})) is None
    assert extract(GRAALVM, b"x", elf({".svm_heap": b"heap"}, symbols={"sbom": 1})) is None
    assert extract(GRAALVM, b"x", elf({".data": b"x"}, symbols={"sbom": BASE, "sbom_length": BASE})) is None


JSON = st.recursive(st.none() | st.integers(-9, 9) | st.text(max_size=9), lambda one: st.lists(one, max_size=4))
COMPONENT = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("name", "version", "group", "purl", "licenses", "bom-ref"), JSON)
)
DEPENDENCY = st.fixed_dictionaries({}, optional={"ref": JSON, "dependsOn": JSON})


@given(st.lists(COMPONENT | JSON, max_size=4), st.lists(DEPENDENCY | JSON, max_size=4) | JSON, JSON)
def test_any_json_is_read(components, dependencies, metadata):
    bill = {"components": components, "dependencies": dependencies, "metadata": metadata}
    layer = {b"x": native(compressed(bill))}
    for package in packages([layer], GRAALVM).values():
        assert package.purl.startswith("pkg:")
    related([layer], GRAALVM)
