"""Rockspecs, compared with what Lua itself makes of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.lua import LuaCataloger
from analyze.catalogers.lua.rockspec import package
from analyze.catalogers.lua.tokens import tokens
from analyze.catalogers.lua.values import UNKNOWN, assigned
from cargohold.model import Scope

LUA = LuaCataloger()
TRUTH = json.loads(Path(__file__).with_name("rockspecs.json").read_text())


@pytest.fixture(scope="module")
def image():
    return {one.package.locations[0].path[1:]: one.package for one in findings(View([tree("lua")], LUA), LUA)}


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["package"])
def test_a_rockspec_says_what_lua_reads(truth, image):
    found = image[truth["file"]]
    said = found.metadata
    assert (found.name, found.version) == (truth["package"], truth["version"])
    assert [one.value for one in found.licenses] == [truth["license"]]
    assert [said.get(key) for key in ("homepage", "description", "url")] == [
        truth[key] for key in ("homepage", "summary", "url")
    ]
    listed = [f"{name} {wanted}".strip() for name, wanted in said.get("dependencies", {}).items()]
    assert listed == truth["dependencies"]


def test_purls_and_licences(image):
    found = {one.name: (one.purl, one.licenses[0].spdx_expression) for one in image.values()}
    assert found["LPeg"] == ("pkg:luarocks/lpeg@1.0.2-1", "MIT")
    assert found["two"] == ("pkg:luarocks/two@0.1-1", "Apache-2.0")


def test_rocks_outside_a_tree_of_rocks_are_declared(image):
    assert {one.name for one in image.values() if one.scope is Scope.DECLARED} == {"foo"}


def test_dependencies_are_found_in_the_same_tree():
    assert related([tree("lua")], LUA) == {("two", "One"), ("LPeg", "kong-pgmoon")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 'x' .. 'y' .. 1", "xy1"),
        ("local v, r = '1', '2' a = v .. '-' .. r", "1-2"),
        ("a = (1 == 1) and 'y' or 'n'", "y"),
        ("local v = 'dev' a = v == 'dev' and nil or 'n'", "n"),
        ("a = not nil and 'y'", "y"),
        ("t = { b = { c = 'd' } } a = t.b.c", "d"),
        ("a = [==[\nx]]]==]", "x]]"),
        ('a = "\\65\\x42\\u{43}\\z  \n D\\n"', "ABCD\n"),
        ("a = ('%s'):format(1)", UNKNOWN),
        ("a = os.getenv('A')", UNKNOWN),
        ("a = f{1}[2]'x'", UNKNOWN),
        ("a = 1 + 2", UNKNOWN),
        ("a = b", UNKNOWN),
        ("a, b = f()", UNKNOWN),
        ("a = {} a.b = 1 a = a.b", "1"),
        ("function f(x) return x end a = 'after'", "after"),
        ("#!/usr/bin/lua\na = 'x' -- comment\n--[[ a = 'y' ]]", "x"),
    ],
)
def test_values(text, expected):
    assert assigned(text)["a"] == expected


def test_the_name_of_the_file_counts_where_the_version_is_computed():
    text = "package = 'a'\nversion = compute()\n"
    assert package(text, "x/a/scm-1/a-scm-1.rockspec") == {"name": "a", "version": "scm-1"}
    facts = extract(LUA, b"a.rockspec", text.encode())
    assert (facts.identity, facts.unknowns) == ([], ["no name and version"])


@pytest.mark.parametrize(
    "piece",
    ["{", "(", "a.b=", "a,", "[[", "[=[", "--[[", '"', "..", "not ", "f(", "{[", "x=x..x ", "a=a==a ", "a={a} "],
)
def test_floods_are_read_in_linear_time(piece):
    text = "package = 'a' version = '1-1' x = 'x' a = 'a' " + piece * 100_000
    assert package(text, "a.rockspec") == {"name": "a", "version": "1-1"}


@given(st.lists(st.sampled_from(["a", "=", "{", "}", "(", ")", "[", "]", "'x'", "..", ",", "==", "and", ".", "local"])))
def test_any_words_are_read(words):
    assert isinstance(assigned(" ".join(words)), dict)


@given(st.text(max_size=100))
def test_any_text_is_read(text):
    assert isinstance(list(tokens(text)), list)
    assert isinstance(assigned("a = " + text), dict)
