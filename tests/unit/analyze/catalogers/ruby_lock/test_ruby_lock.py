"""What Bundler locks."""

from tests.harness.fixtures import tree
from tests.harness.views import View, findings, related

from analyze.catalogers.ruby_lock import RubyLockCataloger

LOCK = RubyLockCataloger()


def found():
    return [finding.package for finding in findings(View([tree("ruby_lock")], LOCK), LOCK)]


def test_gems_and_platforms():
    assert {one.purl for one in found() if "/own/" in one.locations[0].path} == {
        "pkg:gem/nokogiri@1.16.0?platform=x86_64-linux",
        "pkg:gem/nokogiri@1.16.0",
        "pkg:gem/racc@1.7.3",
        "pkg:gem/gx@0.1.0",
        "pkg:gem/own@0.2.0",
    }
    assert {one.name: one.version for one in found() if "/pry/" in one.locations[0].path} == {
        "coderay": "1.1.2",
        "concurrent-ruby": "1.1.5",
        "dotenv": "2.7.2",
        "faker": "1.9.3",
        "i18n": "1.6.0",
        "method_source": "0.9.2",
        "pry": "0.12.2",
    }


def test_where_gems_are_from():
    gem = next(one for one in found() if one.name == "gx")
    assert gem.metadata == {"type": "git", "remote": "https://example.org/x.git", "revision": "abc"}
    assert (gem.type, gem.language) == ("gem", "ruby")


def test_relations():
    assert related([tree("ruby_lock")], LOCK) == {
        ("racc", "nokogiri"),
        ("racc", "own"),
        ("i18n", "faker"),
        ("concurrent-ruby", "i18n"),
        ("coderay", "pry"),
        ("method_source", "pry"),
    }


def test_names_of_dependencies_are_no_gems():
    assert "DEPENDENCIES" not in {one.name for one in found()}
    assert {one.version for one in found() if one.name == "dotenv"} == {"2.7.2"}
