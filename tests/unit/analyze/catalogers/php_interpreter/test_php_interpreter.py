"""PHP interpreters, their extensions, and who loads whom."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import corpus, tree
from tests.harness.views import View, extract, findings, packages, related

from analyze.catalogers.php_interpreter import PhpInterpreterCataloger
from analyze.layer.matcher import Matcher
from cargohold.model import Scope

PHP = PhpInterpreterCataloger()
EXTENSIONS = b"usr/local/lib/php/extensions/no-debug-non-zts-20220829/"


def extension(version: bytes, api: bytes = b"API20220829,NTS") -> bytes:
    return b"\0name\0" + version + b"\0" + api + b"\0"


@pytest.fixture(scope="module")
def image():
    return packages([tree("php_interpreter")], PHP)


def test_packages_and_purls(image):
    assert {name: package.purl for name, package in image.items()} == {
        "php-cli": "pkg:generic/php-cli@8.2.1",
        "libphp": "pkg:generic/php@8.2.1",
        "bcmath": "pkg:generic/bcmath@8.2.15",
        "curl": "pkg:generic/curl@8.2.15",
    }
    assert image["curl"].type == "binary"
    path = "/" + EXTENSIONS.decode() + "curl.so"
    assert image["curl"].metadata == {
        "matches": [
            {
                "classifier": "php-ext-curl-binary",
                "location": {"path": path, "accessPath": path, "annotations": {"evidence": "primary"}},
            }
        ]
    }


def test_extensions_are_dependencies_of_interpreters():
    assert related([tree("php_interpreter")], PHP) == {
        (dependency, interpreter) for dependency in ("bcmath", "curl") for interpreter in ("php-cli", "libphp")
    }


def test_an_interpreter_loads_extensions_of_its_own_build():
    files = {
        b"usr/bin/php8.2": b"API20220829,NTS\0X-Powered-By: PHP/8.2.1\0",
        b"usr/bin/php8.3": b"API20230831,NTS\0X-Powered-By: PHP/8.3.0RC1\0",
        b"usr/lib/php/20220829/a.so": extension(b"8.2.1"),
        b"usr/lib/php/20230831/b.so": extension(b"8.3.0RC1", b"API20230831,NTS"),
    }
    view = View([files], PHP)
    found = [one.package for one in findings(view, PHP)]
    paths = {package.id: package.locations[0].path.rpartition("/")[2] for package in found}
    assert {(paths[one.parent], paths[one.child]) for one in PHP.relate(view, found)} == {
        ("a.so", "php8.2"),
        ("b.so", "php8.3"),
    }


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (b"usr/local/sbin/php-fpm", b"X-Powered-By: PHP/8.2.1\0", ("php-fpm", "8.2.1")),
        (b"usr/sbin/php-fpm8.2", b"X-Powered-By: PHP/8.2.36\0", ("php-fpm", "8.2.36")),
        (b"usr/bin/php83", b"X-Powered-By: PHP/8.3.0RC1\0", ("php-cli", "8.3.0RC1")),
        (b"usr/lib/apache2/mod_php83.so", b"X-Powered-By: PHP/8.3.2\0", ("libphp", "8.3.2")),
        (b"usr/lib/php83/modules/redis.so", extension(b"6.0.2"), ("redis", "6.0.2")),
        (EXTENSIONS + b"opcache.so", b"\0008.2.1\0\0Zend OPcache\0API20220829,NTS\0", ("opcache", "8.2.1")),
        (EXTENSIONS + b"zip.so", b"\0001.21.1\0\0Zip\0API20220829,NTS\0", ("zip", "1.21.1")),
        (EXTENSIONS + b"mysqlnd.so", b"mysqlnd 8.2.1\0x\0API20220829,NTS\0", ("mysqlnd", "8.2.1")),
    ],
)
def test_one_file(path, content, expected):
    found = packages([{path: content}], PHP)
    assert [(package.name, package.version) for package in found.values()] == [expected]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"usr/lib/php/a.so", b"\0008.2.1\0\0Zend OPcache\0"),  # no extension without a build
        (b"usr/bin/phpunit", b"X-Powered-By: PHP/8.2.1\0"),
        (b"usr/lib/a.so", extension(b"8.2.1")),
        (b"usr/bin/php", b"#!/bin/sh\n"),
        (b"usr/lib/php/.so", extension(b"8.2.1")),
    ],
)
def test_what_is_none(path, content):
    assert packages([{path: content}], PHP) == {}


def test_hidden_versions():
    layers = [{b"usr/bin/php": b"X-Powered-By: PHP/8.1.0\0"}, {b"usr/bin/php": b"X-Powered-By: PHP/8.2.0\0"}]
    assert packages(layers, PHP, scope=Scope.HIDDEN)["php-cli"].version == "8.1.0"


def test_deep_paths_are_matched_in_linear_time():
    matcher = Matcher([PHP])
    started = time.process_time()
    for path in (b"php/" * 2000 + b"x", b"php" * 2500 + b"/x", b"a/" * 4000 + b"php", b"php/" * 2000 + b".so"):
        matcher.names(path)
    assert time.process_time() - started < 5


@given(st.sampled_from([b"usr/bin/php", b"usr/lib/php/a.so", b"usr/lib/php/\xff.so"]), st.binary(max_size=300))
def test_arbitrary_bytes(path, content):
    extract(PHP, path, content)


def test_snippets_of_extensions():
    root = corpus("binary-snippets", "anchore+syft", "syft", "pkg", "cataloger", "binary")
    snippets = root / "test-fixtures" / "classifiers" / "snippets"
    found = {}
    for path in sorted(snippets.rglob("*.so")):
        if path.parts[-4].endswith(".so"):
            found |= packages([{EXTENSIONS + path.name.encode(): path.read_bytes()}], PHP)
    assert len(found) == 25
    assert {package.version for package in found.values()} == {"8.2.15"}
