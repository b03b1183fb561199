"""Content that makes careless readers of lock files take time by the square of its length."""

import time

import orjson
import pytest
from tests.harness.fixtures import tree
from tests.harness.views import MemoryFile

from analyze.catalogers import CATALOGERS
from analyze.catalogers.lockfile import LockfileCataloger

FILES = {
    (cataloger.name, path.rpartition(b"/")[2]): (cataloger, path)
    for cataloger in CATALOGERS
    if isinstance(cataloger, LockfileCataloger)
    for path in tree(cataloger.name)
}
N = 60_000
FLOODS = {
    "escaped quotes": b'"' + b'\\"' * N * 2,
    "escaped quotes on lines": b'"""' + b'\n\\"""' * N,
    "single quotes": b"'''" + b"\n'''" * N,
    "depends": b"depends: [\n" * N,
    "providers": b'provider "a" {\n' * N,
    "braces": b'{ <<"a">> , { pkg , ' * N,
    "pins": b"any.a " * N + b" " * N,
    "blanks": b"a" + b" " * N * 4 + b"b",
    "colons": b"a: " * N,
    "requirements": b"a" + b" " * N + b"[" + b" " * N,
    "pods": b"PODS:\n" + b"  - a (" * N,
    "letters": b"a" * N * 5,
    "gems": b"GEM\n  specs:\n" + b"    a (1-x)\n      a\n" * N,
    "flow": b"a: {" + b'"\\",' * N,
    "modules": b"module a\nrequire (\n" + b'"\\"' * N,
    "lines": b"a:\n" * N,
    "locations": orjson.dumps({"pins": [{"identity": "a", "location": "a" * N * 5}], "version": 2}),
    "places": orjson.dumps(
        {
            "packages": {
                "/".join(["node_modules/a"] * 250): {
                    "version": "1",
                    "dependencies": dict.fromkeys(map(str, range(N)), ""),
                },
                **{"/".join(["node_modules/a"] * n): {"version": "1"} for n in range(1, 250)},
            }
        }
    ),
    "nothing": orjson.dumps({"packages": {f"node_modules/{n}": {} for n in range(N)}}),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_take_linear_time(flood):
    for cataloger, path in FILES.values():
        started = time.process_time()
        cataloger.extract(MemoryFile(path, FLOODS[flood]))
        assert time.process_time() - started < 10, (cataloger.name, path)


def test_too_many_lines_are_an_unknown(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.lockfile.entries.LINES", 3)
    monkeypatch.setattr("analyze.catalogers.lockfile.yaml.LINES", 3)
    cataloger, path = FILES["ruby_lock", b"Gemfile.lock"]
    facts = cataloger.extract(MemoryFile(path, b"GEM\n  specs:\n    a (1)\n    b (1)\n"))
    assert [key["name"] for key in facts.identity] == ["a"]
    assert facts.unknowns == ["more than 3 lines"]
    cataloger, path = FILES["dart_lock", b"pubspec.lock"]
    assert cataloger.extract(MemoryFile(path, b"a: 1\n" * 4)).unknowns == ["no pubspec.lock: more than 3 lines"]
