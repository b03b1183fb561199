"""Snippets of real programs whose directories are named after what they are: product/version/platform/file."""

import tarfile
from pathlib import Path

import orjson
import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import View, findings

from analyze.catalogers import CATALOGERS
from analyze.catalogers.binary import BinaryCataloger
from analyze.image.assemble import assemble
from analyze.layer.walk import walk_layer
from analyze.layer.want import rewalk, wanted
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.model import Scope

BINARY = BinaryCataloger()
BASE = ("binary-snippets", "anchore+syft", "syft", "pkg", "cataloger", "binary")
MARKS = (b"### byte snippet to follow ###\n", b"### start of binary snippet ###\n")

# what a directory calls a product, and what its package is called
PRODUCTS = {
    "ffmpeg-shared-libs": "ffmpeg",
    "go-version-hint": "go",
    "hashicorp-vault": "github.com/hashicorp/vault",
    "haskell-cabal": "haskell/cabal",
    "haskell-ghc": "haskell/ghc",
    "istio_pilot-agent": "pilot-agent",
    "istio_pilot-discovery": "pilot-discovery",
    "java-graal-openjdk": "graalvm",
    "java-jdk-oracle": "jre",
    "java-jre-openjdk": "openjdk",
    "java-jre-openjdk-arm64-eclipse": "openjdk",
    "java-jre-oracle": "jre",
    "java-jre-oracle-sdk": "jre",
    "mongodb": "mongodb",
    "ndb_mgmd": "mysql-cluster",
    "ndbmtd": "mysql-cluster",
    "nginx-openresty": "nginx",
    "openldap": "openldap",
    "postgres": "postgresql",
    "python-duplicates": "python",
    "python-shared-lib": "python",
    "qt": "qtbase",
    "redis-server": "redis",
    "rust-libstd": "rust",
    "rust-libstd-musl": "rust",
    "valkey-server": "valkey",
    "vault": "github.com/hashicorp/vault",
    "wp": "wp-cli",
}
# where a directory's name is less or other than the version that the file states
VERSIONS = {
    ("envoy", "1.18.6"): "1.18.6-dev",
    ("go-version-hint", "1.15"): "1.15-beta2",
    ("java-jre-openjdk-arm64-eclipse", "11.0.22"): "11.0.22+7",
    ("java-jre-oracle", "19.0.1"): "19.0.1+10-21",
    ("nginx-openresty", "1.21.4.3"): "1.21.4",
}
GO = "a program in Go: its own modules say so"
UNCLASSIFIED = {
    "electron-framework": "a framework of macOS",
    "kube-apiserver": GO,
    "kubelet": GO,
    "syft": GO,
    "rakudo-star": "no classifier of Syft's reads it",
}
"""Products of the corpus without a classifier, as in the released versions of Syft."""
NO_SNIPPET = {
    ("go-version-hint", "1.15-dev"): "its VERSION file is not in the corpus",
    ("go-version-hint", "1.15w"): "its VERSION file is not in the corpus",
    ("go-version-hint", "1.21"): "its VERSION file is not in the corpus",
    ("go-version-hint", "1.25"): "its VERSION file is not in the corpus",
    ("go-version-hint", "1.25w"): "its VERSION file is not in the corpus",
    ("julia", "1.8.5"): "the text of a symbolic link",
    ("julia", "1.9.0-alpha1"): "the text of a symbolic link",
}
# The corpus has the file that states the version, not the program beside it.
PROGRAMS = {"firefox": (b"opt/firefox", b"a launcher")}

# Older fixtures: directory/file, and what they are.
POSITIVE = {
    "bash-5.2.15/bash": ("bash", "5.2.15"),
    "helm-2.16.10/helm": None,  # the version alone, without NULs
    "ibm/java": ("java", "1.8.0-foreman_2022_09_22_15_30-b00"),
    "libpython3.7.so": None,  # no NULs around the version
    "mariadb-10.6.15/mariadb": ("mariadb", "10.6.15"),
    "mysql-5.6.51/mysql": ("mysql", "5.6.51"),
    "mysql-8.0.34/mysql": ("mysql", "8.0.34"),
    "nginx-openresty-1.21.4.2/nginx": ("nginx", "1.21.4"),
    "openjdk-lts/java": ("openjdk", "11.0.17+8-LTS"),
    "openssl-3.1.4/openssl": ("openssl", "3.1.4"),
    "postgresql-15.1/postgres": ("postgresql", "15.1"),
    "postgresql-9.5alpha1/postgres": ("postgresql", "9.5alpha1"),
    "python-binary-3.6/python3.6": ("python", "3.6.3"),
    "redis-server": ("redis", "7.0.7"),
    "redis-server-4.0.11/redis-server": ("redis", "4.0.11"),
    "redis-server-6.0.16/redis-server": ("redis", "6.0.16"),
    "redis-server-7.0.14/redis-server": ("redis", "7.0.14"),
    "redis-server-7.2.3-arm64/redis-server": ("redis", "7.2.3"),
    "ruby-2.0/ruby": ("ruby", "2.0.0p648"),
    "ruby-3.2/ruby": None,  # an excerpt of a program whose library has the version
    "traefik-1.7.34/traefik": ("traefik", "1.7.34"),
    "wp-cli-2.9.0/wp": ("wp-cli", "2.9.0"),
}


def content(path: Path) -> bytes:
    data = path.read_bytes()
    for mark in MARKS:
        data = data.partition(mark)[2] or data
    return data


def packages(files: dict[bytes, bytes]) -> dict[str, str]:
    return {one.package.name: one.package.version for one in findings(View([files], BINARY), BINARY)}


def snippets() -> list[tuple[str, str, dict[bytes, bytes]]]:
    """Return product, version and files of each directory of snippets."""
    found: dict[tuple[str, str, str], dict[bytes, bytes]] = {}
    for data in ("test-fixtures", "testdata"):
        root = corpus(*BASE, data, "classifiers", "snippets")
        for path in sorted(root.rglob("*")):
            if path.is_file():
                product, version, platform, *rest = path.relative_to(root).parts
                name = "busybox" if rest[-1] == "[" else rest[-1]
                at = "/".join(["opt", *rest[:-1], name]).encode()
                found.setdefault((product, version, platform), {})[at] = content(path)
    return [(product, version, files) for (product, version, _), files in found.items()]


def test_every_snippet_gives_its_product_and_version():
    wrong, right, php, left = [], 0, 0, 0
    for product, version, files in snippets():
        if product.endswith(".so") or product == "php-cli":
            php += 1  # tests of php_interpreter
            continue
        if product in UNCLASSIFIED or (product, version) in NO_SNIPPET:
            left += 1
            continue
        if product in PROGRAMS:
            path, data = PROGRAMS[product]
            files[path + b"/" + product.encode()] = data
            files = {path + b"/" + name.rpartition(b"/")[2]: one for name, one in files.items()}
        found = packages(files)
        expected = VERSIONS.get((product, version), version)
        stated = found.get(PRODUCTS.get(product, product), "")
        if stated.replace("+", "-") == expected.replace("+", "-"):
            right += 1
        else:
            wrong.append((product, version, found))
    assert wrong == []
    assert (right, php, left) == (144, 26, 22)


@pytest.mark.parametrize("file", POSITIVE)
def test_older_fixtures(file):
    path = corpus(*BASE, "test-fixtures", "classifiers", "positive", *file.split("/"))
    at = b"opt/ibm/bin/java" if file.startswith("ibm/") else b"opt/" + path.name.encode()
    expected = POSITIVE[file]
    assert packages({at: content(path)}) == (dict([expected]) if expected else {})


def test_a_library_of_rust_for_macos():
    path = corpus(*BASE, "test-fixtures", "classifiers", "positive", "rust-1.67.1")
    library = next(path.rglob("libstd-*.dylib"))
    assert packages({b"lib/" + library.name.encode(): library.read_bytes()}) == {"rust": "1.67.1"}


@pytest.mark.parametrize(
    "product",
    ["erlexec-25.3.2.7", "haproxy-1.5.14", "haproxy-1.8.22", "haproxy-2.7.3", "httpd-2.4.54", "memcached-1.6.18"],
)
def test_older_fixtures_with_a_digest_in_their_name(product):
    root = corpus(*BASE, "test-fixtures", "classifiers", "positive")
    path = next(one for directory in root.glob(product + "*") for one in directory.rglob("*") if one.is_file())
    name, _, version = product.partition("-")
    assert packages({b"opt/" + name.encode(): content(path)}) == {"erlang" if name == "erlexec" else name: version}


def test_what_is_no_product_gives_nothing():
    root = corpus(*BASE, "testdata", "classifiers", "negative")
    files = {bytes(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    files[b"firefox/firefox"] = b"a launcher"
    assert len(files) > 5
    assert packages(files) == {}


def test_the_image_of_busybox(tmp_path):
    """bin/busybox is one of many hard links to the file that the layer calls bin/[."""
    with (
        tarfile.open(corpus("images", "busybox-whiteouts.tar")) as archive,
        Scratch(tmp_path, "r", budget=64 << 20, memory=32 << 20) as scratch,
    ):
        manifest = orjson.loads(member(archive, "manifest.json"))[0]
        layers = [member(archive, name) for name in manifest["Layers"]]
        records = [
            walk_layer([layer], blob_digest="", diff_id="", catalogers=CATALOGERS, limits=DEFAULT, scratch=scratch)
            for layer in layers
        ]
        catalogers = {cataloger.name: cataloger for cataloger in CATALOGERS}
        for layer, record in zip(layers, records, strict=True):
            rewalk([layer], record, wanted(record, CATALOGERS), catalogers, limits=DEFAULT, scratch=scratch)
        result = assemble(records, CATALOGERS, member(archive, manifest["Config"]))
    assert [(one.type, one.name, one.version, one.scope) for one in result.packages] == [
        ("binary", "busybox", "1.28.3", Scope.VISIBLE)
    ]


def member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    assert stream is not None
    return stream.read()
