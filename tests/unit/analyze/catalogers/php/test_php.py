"""What Composer and PEAR's installer recorded, compared with what PHP itself reads of it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.php import PhpCataloger
from analyze.catalogers.php.serialized import DEPTH, VALUES, unserialize

PHP = PhpCataloger()
HERE = Path(__file__).parent
SERIALIZED = json.loads((HERE / "serialized.json").read_text())
REGISTRY = json.loads((HERE / "registry.json").read_text())
REG = b"usr/share/php/.registry/a.reg"


@pytest.fixture(scope="module")
def image():
    return {finding.package.name: finding.package for finding in findings(View([tree("php")], PHP), PHP)}


def test_packages_and_purls(image):
    assert {name: (package.type, package.purl) for name, package in image.items()} == {
        "Acme/Alpha": ("php-composer", "pkg:composer/acme/alpha@v1.2.0"),
        "acme/beta": ("php-composer", "pkg:composer/acme/beta@2.1.0"),
        "acme/gamma": ("php-composer", "pkg:composer/acme/gamma@dev-main"),
        "acme/tester": ("php-composer", "pkg:composer/acme/tester@0.1"),
        "asm89/stack-cors": ("php-composer", "pkg:composer/asm89/stack-cors@1.3.0"),
        "behat/mink": ("php-composer", "pkg:composer/behat/mink@v1.8.1"),
        "Console_Getopt": ("php-pear", "pkg:pear/pear.php.net/Console_Getopt@1.4.3"),
        "PEAR_Manpages": ("php-pear", "pkg:pear/pear.php.net/PEAR_Manpages@1.10.0"),
        "Structures_Graph": ("php-pear", "pkg:pear/pear.php.net/Structures_Graph@1.1.1"),
        "memcached": ("php-pear", "pkg:pear/pecl.php.net/memcached@3.2.0"),
    }


def test_metadata_has_the_names_of_composer(image):
    package = image["Acme/Alpha"]
    assert package.metadata_type == "php-composer-installed-entry"
    assert package.metadata == {
        "name": "Acme/Alpha",
        "version": "v1.2.0",
        "dist": {"type": "path", "url": "src/alpha", "reference": "d41e13a1c2cb52db887308c095a0d8d7a32405d3"},
        "require": {"acme/beta": "^2", "php": ">=7", "psr/log-implementation": "*"},
        "bin": ["bin/a"],
        "type": "library",
        "authors": [{"name": "Jo", "email": "jo@example.org"}],
        "description": "Alphä é",
        "homepage": "https://example.org",
        "keywords": ["a", "b"],
    }
    assert [(one.value, one.spdx_expression) for one in package.licenses] == [
        ("MIT OR GPL-2.0-or-later", "MIT OR GPL-2.0-or-later"),
    ]
    assert image["asm89/stack-cors"].metadata["notification-url"] == "https://packagist.org/downloads/"


def test_packages_for_development_are_marked(image):
    assert {name for name, package in image.items() if package.metadata.get("development")} == {"acme/tester"}


@pytest.mark.parametrize("name", REGISTRY)
def test_an_entry_of_the_registry_says_what_php_reads(name, image):
    package, truth = image[name], REGISTRY[name]
    assert (package.version, package.namespace) == (truth["version"], truth["channel"])
    assert [one.value for one in package.licenses] == [truth["license"]]
    assert list(package.files) == truth["files"]
    assert package.metadata["name"] == name


def test_requirements_are_found_by_name_provision_and_replacement():
    assert related([tree("php")], PHP) == {
        ("acme/beta", "Acme/Alpha"),
        ("acme/gamma", "Acme/Alpha"),  # provides psr/log-implementation
        ("acme/gamma", "acme/beta"),  # replaces acme/old-gamma
    }


def test_requirements_of_pear_are_found_in_the_same_registry():
    def entry(name: str, requires: str) -> bytes:
        return (
            f's:4:"name";s:{len(name)}:"{name}";s:7:"channel";s:1:"c";s:7:"version";a:1:{{s:7:"release";s:1:"1";}}'
            f's:12:"dependencies";a:1:{{s:8:"required";a:1:{{s:7:"package";{requires}}}}}'
        ).encode()

    wanted = 'a:2:{s:4:"name";s:1:"b";s:7:"channel";s:1:"c";}'
    first = b"a:4:{" + entry("A", wanted) + b"}"
    second = b"a:4:{" + entry("B", "a:1:{i:0;" + wanted.replace('"b"', '"z"') + "}") + b"}"
    layer = {b"p/.registry/a.reg": first, b"p/.registry/b.reg": second, b"q/.registry/b.reg": second}
    assert related([layer], PHP) == {("B", "A")}
    view = View([layer], PHP)
    assert len(list(PHP.relate(view, [one.package for one in findings(view, PHP)]))) == 1


@pytest.mark.parametrize("number", SERIALIZED)
def test_values_are_what_php_serialized(number):
    text, expected = SERIALIZED[number]["0"], SERIALIZED[number]["1"]
    value, reason = unserialize(text.encode())
    assert reason == ""
    plain = json.loads(json.dumps(value).replace("\\ufffd", "\\u0000"))
    if number == "15":
        plain["two"] = 1  # references are not followed
    assert plain == expected


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_reason(data):
    value, reason = unserialize(data)
    assert reason or not data or value is not None or data[:2] in (b"N;", b"d:", b"r:", b"R:")


@given(st.integers(0, 307))
def test_what_was_read_before_the_end_is_kept(size):
    facts = extract(PHP, REG, tree("php")[b"usr/share/php/.registry/.channel.pecl.php.net/memcached.reg"][:size])
    assert len(facts.unknowns) == 1
    if size > 40:
        assert facts.identity[0]["name"] == "memcached"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a:1:{i:0;" * 100_000, f"nests deeper than {DEPTH}"),
        (b"a:999999999:{" + b"i:0;i:1;" * VALUES, f"more than {VALUES} values"),
        (b's:999999999:"a";', "a string ends after the file"),
        (b"a:1:{a:0:{}i:1;}", "no key at byte 5"),
        (b"a:1:{i:1;}", "a bracket too many at byte 9"),
        (b"}", "a bracket too many at byte 0"),
        (b"i:99999999999999999999999;", "no serialized value at byte 0"),
        (b"", "no serialized value at byte 0"),
    ],
)
def test_hostile_values_are_a_reason(data, reason):
    assert unserialize(data)[1] == reason


def test_version_and_licence_of_package_xml_1():
    text = (
        b'a:4:{s:7:"package";s:3:"Old";s:7:"version";s:3:"0.1";s:15:"release_license";s:3:"MIT";s:8:"filelist";a:0:{}}'
    )
    assert extract(PHP, REG, text).detail["packages"] == [{"name": "Old", "version": "0.1", "licenses": ["MIT"]}]


def test_json_of_others_is_of_no_interest():
    assert extract(PHP, b"srv/installed.json", b'{"packages": [{"name": "a"}]}') is None
    assert extract(PHP, b"srv/installed.json", b"{") is None
    assert extract(PHP, b"windows/system.reg", b"a:0:{}") is None
    assert extract(PHP, b"vendor/composer/installed.json", b"{").unknowns[0].startswith("no JSON")


def test_odd_names_have_purls():
    entries = [b'{"name": "%s", "version": "1"}' % name for name in (b"a/b/c", b"x", b"/y/")]
    text = b"[" + b",".join(entries) + b"]"
    found = findings(View([{b"installed.json": text}], PHP), PHP)
    assert [one.package.purl for one in found] == ["pkg:composer/a/b-c@1", "pkg:composer/x@1", "pkg:composer/y@1"]
