"""Gemspecs as RubyGems writes them and people do, compared with what RubyGems itself reads of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages, related

from analyze.catalogers.ruby import RubyCataloger
from analyze.catalogers.ruby.gemspec import specification
from analyze.catalogers.ruby.literals import string
from analyze.catalogers.ruby.versions import compare, satisfies, segments
from cargohold.model import Scope

RUBY = RubyCataloger()
TRUTH = json.loads(Path(__file__).with_name("gems.json").read_text())
VERSIONS = json.loads(Path(__file__).with_name("versions.json").read_text())


@pytest.fixture(scope="module")
def image():
    found = findings(View([tree("ruby")], RUBY), RUBY)
    return {finding.package.locations[0].path[1:]: finding.package for finding in found}


def test_every_gem_that_rubygems_lists(image):
    assert sorted(image) == sorted(one["path"] for one in TRUTH)


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["path"].rpartition("/")[2])
def test_a_gem_says_what_rubygems_reads(truth, image):
    package = image[truth["path"]]
    said = package.metadata
    assert (package.name, package.version) == (truth["name"], truth["version"])
    assert said.get("platform", "ruby") == truth["platform"]
    assert said.get("authors", []) == truth["authors"]
    assert [one.value for one in package.licenses] == truth["licenses"]
    assert said.get("homepage") == truth["homepage"]
    assert said.get("requiredRubyVersion", ">= 0") == truth["required_ruby_version"]
    assert {name: set((wanted or ">= 0").split(", ")) for name, wanted in said.get("dependencies", {}).items()} == {
        name: set(wanted.split(", ")) for name, wanted in truth["runtime"].items()
    }
    directory = f"/gems/{package.name}-{package.version}/"
    assert (said.get("files") or [path.partition(directory)[2] for path in package.files]) == truth["files"]


def test_purls_and_licences(image):
    hinge = image["usr/local/bundle/specifications/hinge-1.0.beta2-x86_64-linux.gemspec"]
    assert hinge.purl == "pkg:gem/hinge@1.0.beta2?platform=x86_64-linux"
    gate = image["usr/local/bundle/specifications/gate-1.10.0.gemspec"]
    assert gate.purl == "pkg:gem/gate@1.10.0"
    assert [(one.value, one.spdx_expression) for one in gate.licenses] == [("MIT", "MIT"), ("Ruby", "Ruby")]


def test_gems_own_their_files_where_these_are_known_to_lie(image):
    rake = "usr/share/rubygems-integration/all/specifications/rake-13.0.6.gemspec"
    program = b"usr/share/rubygems-integration/all/gems/rake-13.0.6/exe/rake"
    installed = packages([{**tree("ruby"), program: b"#!ruby\n"}], RUBY)["rake"]
    assert installed.files == ("/" + program.decode(),)
    assert "files" not in installed.metadata
    assert (image[rake].files, image[rake].metadata["files"]) == ((), ["exe/rake"])
    default = image["usr/lib/ruby/gems/3.1.0/specifications/default/racc-1.6.0.gemspec"]
    assert default.files == ()
    assert default.metadata["default"] is True
    assert "lib/racc.rb" in default.metadata["files"]


def test_dependencies_are_the_highest_versions_that_fit():
    assert related([tree("ruby")], RUBY) == {
        ("keeper", "gate"),
        ("hinge", "gate"),
        ("io-console", "reline"),
        ("stringio", "psych"),
        ("power_assert", "test-unit"),
        ("rake", "written"),
        ("net-telnet", "written"),
    }
    view = View([tree("ruby")], RUBY)
    found = [finding.package for finding in findings(view, RUBY)]
    versions = {one.id: (one.name, one.version) for one in found}
    keepers = {versions[one.parent] for one in RUBY.relate(view, found) if versions[one.child][0] == "gate"}
    assert keepers == {("keeper", "2.1.3"), ("hinge", "1.0.beta2")}


def test_versions_compare_as_rubygems_compares_them():
    assert [one for one in VERSIONS["compare"] if compare(segments(one[0]), segments(one[1])) != one[2]] == []


def test_requirements_are_met_as_rubygems_says():
    assert [one for one in VERSIONS["satisfies"] if satisfies(one[0], one[1]) is not one[2]] == []


def test_the_stub_line_counts_where_the_version_is_computed():
    text = "# stub: old 1.2 java lib\nGem::Specification.new do |s|\n s.name = NAME\n s.version = Old::VERSION\nend\n"
    assert specification(text) == {"name": "old", "version": "1.2", "platform": "java"}


def test_nothing_literal_is_an_unknown():
    text = b"Gem::Specification.new do |s|\n s.name = 'a'\n s.version = A::VERSION\nend\n"
    facts = extract(RUBY, b"gems/specifications/a-1.gemspec", text)
    assert (facts.identity, facts.unknowns) == ([], ["no literal name and version"])


def test_source_trees_are_of_no_interest():
    assert extract(RUBY, b"usr/src/app/app.gemspec", b"s.name = 'a'\ns.version = '1'\n") is None


def test_a_homepage_that_cannot_be_computed_is_left_out():
    gem = specification("  s.name = 'a'\n  s.version = '1'\n  s.homepage = \"https://#{host}/a\"\n")
    assert gem == {"name": "a", "version": "1"}


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ('"a\\u00E9\\u{1F600 41}"', "aé\U0001f600A"),
        ('"\\xC3\\xA9\\n"', "é\n"),
        ('"\\#{x} \\"q\\" \\\\"', '#{x} "q" \\'),
        (r"'it\'s \n'", r"it's \n"),
        ("%q<a b>.freeze", "a b"),
        ("%q{a}", "a"),
        ('"#{s.name}-#{version}"', "n-1"),
        ('"#{other}"', None),
        ('"\\u{110000}"', "\ufffd"),
    ],
)
def test_strings(literal, expected):
    value, end = string(literal, 0, {"name": "n", "version": "1"})
    assert (value, end) == (expected, len(literal))


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_dump_writes_is_read_back(text):
    dumped = "".join(f"\\u{{{ord(one):X}}}" if not one.isascii() or one in '"\\#\n' else one for one in text)
    assert string(f'"{dumped}".freeze', 0, {})[0] == text


@pytest.mark.parametrize(
    "piece", ["s.files = [", "%q<", "%w{", '"', "#{", 's.a = "', "\\x41", "s.add_dependency('a',", "if x then ", "[("]
)
def test_floods_of_unclosed_literals_are_read_in_linear_time(piece):
    for separator in ("", "\n"):
        assert specification("  s.name = 'a'\n  s.version = '1'\n  s.files = [" + (piece + separator) * 100_000)


def test_a_gem_removed_above_is_hidden_with_its_files():
    path = b"b/specifications/a-1.gemspec"
    text = b"s.name = 'a'\ns.version = '1'\ns.files = ['lib/a.rb']\n"
    hidden = packages([{path: text, b"b/gems/a-1/lib/a.rb": b""}, {path: b""}], RUBY, scope=Scope.HIDDEN)
    assert hidden["a"].files == ("/b/gems/a-1/lib/a.rb",)
