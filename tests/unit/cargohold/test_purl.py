"""Package URLs against the specification's vectors and against packageurl-python."""

import json
import os
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from cargohold.model import Distro
from cargohold.purl import distro_qualifier, normalized_python_name, purl, upstream_qualifier

EXACT = ["cargo", "conda", "gem", "generic", "golang", "maven", "nuget"]
FOLDED = ["alpm", "apk", "bitbucket", "composer", "deb", "github", "hex", "npm", "pypi", "rpm"]

# What a vector asks for that is not in its type's rules, or that another vector contradicts.
LEFT_OUT = {
    "pkg:git/codeberg.org/forgejo/forgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0": "has a slash in the name",
    "pkg:git/codeberg.org/forgejo/forgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0#options/locale_readme.md": (
        "has a slash in the name"
    ),
    "pkg:docker/customer/dockerimage@sha256%3A244fd47e07d1004f0aed9c?repository_url=gcr.io": "encodes the colon",
    "pkg:docker/customer/dockerimage@sha256%3A244fd47e07d10?repository_url=gcr.io": "encodes the colon",
    "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?type=zip&classifier=dist": "does not sort qualifiers",
    "pkg:nix/nixpkgs/imlib2@1.12.6?commit=ea04e1fdd523987348c468e8cb53cc36c575d629&system=x86_64-linux&output=dev": (
        "does not sort qualifiers"
    ),
    "pkg:nix/hyprland/hyprland?flakeref=github:hyprwm/Hyprland&system=x86_64-linux&output=out": (
        "does not sort qualifiers, and encodes no slash"
    ),
    "pkg:ips/openindiana.org/system%2flibrary@0.5.11,5.11-2023.0.0.20163:20230504T155427Z": "encodes in lower case",
    "pkg:raku/cpan:TIMOTIMO/JSON::Fast@0.19": "upper-cases a part of the namespace",
    "pkg:raku/cpan:TIMOTIMO/JSON::Fast": "upper-cases a part of the namespace",
    "pkg:raku/cpan:TIMOTIMO/JSON::Fast@*": "upper-cases a part of the namespace",
}


def vectors() -> list[dict]:
    root = Path(os.environ.get("TEST_CORPUS", "/nonexistent"), "purl-spec")
    found = {}
    for path in sorted(root.rglob("*-test.json")):
        document = json.loads(path.read_text())
        for test in document["tests"] if isinstance(document, dict) else []:
            if test["test_type"] == "build" and (test["expected_failure"] or test.get("expected_output")):
                found[json.dumps(test["input"]), test["expected_failure"]] = test
    return list(found.values())


def build(components: dict) -> str:
    qualifiers = {key: str(value) for key, value in (components.get("qualifiers") or {}).items()}
    text = {key: components.get(key) or "" for key in ("type", "namespace", "name", "version", "subpath")}
    return purl(text["type"], text["namespace"], text["name"], text["version"], qualifiers, text["subpath"])


def test_vectors_of_the_specification():
    tests = vectors()
    if not tests:
        pytest.skip("TEST_CORPUS has no purl-spec")
    wrong = [
        (build(test["input"]), test["expected_output"])
        for test in tests
        if not test["expected_failure"]
        and test["expected_output"] not in LEFT_OUT
        and with_slashes(build(test["input"])) != with_slashes(test["expected_output"])
    ]
    assert not wrong
    for test in tests:
        components = test["input"]
        if test["expected_failure"] and not (components.get("type") and components.get("name")):
            with pytest.raises(ValueError):
                build(components)


@pytest.mark.parametrize(
    "arguments", [("", "", "a"), ("deb", "", ""), ("deb", "", " / "), ("d b", "", "a"), ("1d", "", "a")]
)
def test_what_cannot_be_a_purl_is_an_error(arguments):
    with pytest.raises(ValueError):
        purl(*arguments)


def test_a_qualifier_key_that_cannot_be_is_an_error():
    with pytest.raises(ValueError):
        purl("deb", "", "a", "1", {"in production": "true"})


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), max_size=12).map(str.strip)
NAMES = TEXT.filter(bool)


@given(
    st.sampled_from(EXACT + FOLDED),
    st.lists(TEXT, max_size=3).map("/".join),
    NAMES,
    TEXT,
    st.dictionaries(st.sampled_from(["arch", "Distro", "epoch", "upstream", "vcs_url"]), TEXT | st.just("a/b@c d")),
    st.lists(TEXT, max_size=2).map("/".join),
)
def test_the_same_as_packageurl_python(type_, namespace, name, version, qualifiers, subpath):
    ours = purl(type_, namespace, name, version, qualifiers, subpath)
    theirs = PackageURL(type_, namespace, name, version, qualifiers, subpath).to_string()
    # packageurl-python leaves slashes in qualifiers, lower-cases what it encoded, names of npm but not
    # vendors of deb and rpm, and knows one separator of PyPI's three.
    if type_ in EXACT:
        assert with_slashes(ours) == theirs
    else:
        assert comparable(with_slashes(ours)) == comparable(theirs)


def with_slashes(text: str) -> str:
    """Decode the slashes of qualifiers: the specification encodes them, half of its vectors do not."""
    head, mark, tail = text.partition("?")
    return head + mark + tail.replace("%2F", "/")


def comparable(text: str) -> str:
    return normalized_python_name(unquote(text).lower())


@given(NAMES, TEXT, st.dictionaries(st.sampled_from(["arch", "distro"]), TEXT))
def test_parsing_gives_the_components_back(name, version, qualifiers):
    parsed = PackageURL.from_string(purl("generic", "a b/c", name, version, qualifiers))
    wanted = {key: value for key, value in qualifiers.items() if value.strip()}
    assert (parsed.namespace, parsed.name, parsed.version or "") == ("a b/c", name.strip(), version.strip())
    assert {key: value.strip() for key, value in parsed.qualifiers.items()} == {
        key: value.strip() for key, value in wanted.items()
    }


@given(st.text(), st.text())
def test_no_text_breaks_it(name, version):
    if name.strip().strip("/"):
        assert purl("npm", name, name, version, {"arch": version}).isascii()


def test_distro_qualifiers_as_syft_writes_them():
    assert distro_qualifier(None) == ""
    assert distro_qualifier(Distro()) == ""
    assert distro_qualifier(Distro(id="debian", version_id="12", build_id="x")) == "debian-12"
    assert distro_qualifier(Distro(id="arch", build_id="rolling")) == "arch-rolling"
    assert distro_qualifier(Distro(id="arch")) == "arch"


def test_upstream_qualifiers_as_syft_writes_them():
    assert upstream_qualifier("a", "") == ""
    assert upstream_qualifier("a", "a") == ""
    assert upstream_qualifier("a", "b") == "b"
    assert upstream_qualifier("a", "b", "1-2") == "b@1-2"
    assert upstream_qualifier("a", "a", "1-2") == "a@1-2"


def test_python_names():
    assert normalized_python_name("Foo__Bar.-baz") == "foo-bar-baz"
    assert purl("pypi", "", "Zope.Interface", "5") == "pkg:pypi/zope-interface@5"
