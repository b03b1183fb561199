"""Hostile content: never an exception, never quadratic, always JSON that encoders and databases take."""

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, wants

from analyze.catalogers import CATALOGERS
from analyze.catalogers.contract import Facts
from cargohold.model import Distro, Scope

FILES = [
    (cataloger, path, content)
    for cataloger in CATALOGERS
    for path, content in tree(cataloger.name).items()
    if isinstance(content, bytes) and wants(cataloger, path, content)
]
HOSTILE = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\n\n",
    b"\r\n",
    b": ",
    b'"',
    b"\\",
    b"[",
    b"{",
    b"/" * 99,
]


def check(facts: Facts | None) -> None:
    if facts is None:
        return
    dumped = orjson.dumps([facts.identity, facts.detail, facts.unknowns])
    assert b"\\u0000" not in dumped
    assert all(isinstance(key["name"], str) and isinstance(key["version"], str) for key in facts.identity)


@st.composite
def mutated(draw):
    cataloger, path, content = draw(st.sampled_from(FILES))
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        piece = draw(st.sampled_from(HOSTILE) | st.binary(max_size=8))
        kind = draw(st.sampled_from(["insert", "replace", "cut", "double"]))
        if kind == "insert":
            data[at:at] = piece
        elif kind == "replace":
            data[at : at + len(piece)] = piece
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 40))]
        else:
            data[at:at] = data[: draw(st.integers(0, 200))]
    return cataloger, path, bytes(data)


@given(mutated())
def test_mutated_files(case):
    cataloger, path, content = case
    facts = extract(cataloger, path, content)
    check(facts)
    if facts is not None:
        for scope in (Scope.VISIBLE, Scope.HIDDEN):
            view = View([{path: content}, {path: b""}], cataloger, Distro(id="debian"), scope)
            packages = [finding.package for finding in findings(view, cataloger)]
            orjson.dumps([[package.purl, package.metadata, package.files] for package in packages])
            assert all(package.purl.startswith("pkg:") for package in packages)
            list(cataloger.relate(view, packages))


@given(st.sampled_from(FILES), st.binary(max_size=300))
def test_arbitrary_bytes(file, content):
    cataloger, path, _ = file
    check(extract(cataloger, path, content))


LINES = 20_000
FLOODS = {
    "fields": b"a: b\n" * LINES,
    "letters": b"R:a\n" * LINES,
    "packages": b"Package: a\nVersion: 1\n\n" * (LINES // 3),
    "apk packages": b"P:a\nV:1\n\n" * (LINES // 3),
    "continuations": b"Name: a\nLicense: x\n" + b" y\n" * LINES,
    "conffiles": b"Package: a\nVersion: 1\nConffiles:\n" + b" /a 0\n" * LINES,
    "blanks": b"License:" + b" " * 200_000 + b"\nX",
    "one line": b"a" * 300_000,
    "no line ends": b"Package: a " * 300_000,
    "newlines": b"\n" * 300_000,
    "colons": b":" * 300_000,
    "quotes": b'"' * 300_000,
    "equals": b"A=" * 200_000,
    "assignments": b'A="' + b"\\" * 300_000,
    "release": b"a release" * 100_000,
    "open": b'{"name": "a", "version": "1", "x": ' + b"[" * 300_000,
    "strings": b'{"name": "a", "version": "1", "x": "' + b"\\u0041" * 100_000 + b'"}',
    "keys": b'{"name": "a", "version": "1", "dependencies": {' + b'"a": "1", ' * LINES + b'"b": "1"}}',
    "busybox": b"BusyBox v" * 100_000,
}


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_take_linear_time(flood):
    content = FLOODS[flood]
    kinds = {(cataloger.name, path.rpartition(b"/")[2]): (cataloger, path) for cataloger, path, _ in FILES}
    for cataloger, path in kinds.values():
        started = time.process_time()
        check(extract(cataloger, path, content))
        assert time.process_time() - started < 10, (cataloger.name, path)


def test_too_large_is_an_unknown():
    for cataloger, path, content in FILES:
        most = cataloger.patterns().max_size
        if most > 64 << 20:
            continue  # the walker looks at the size before it asks
        facts = extract(cataloger, path, content[:64] + b"\0" * (most + 1))
        assert facts is not None
        assert facts.identity == []
        assert facts.unknowns[0].startswith("larger than")
