"""Images that share layers: what stays with the records of one changes nothing of the next."""

import copy

import pytest
from tests.harness.entries import record
from tests.harness.views import extract

from analyze.catalogers.apk import ApkCataloger
from analyze.catalogers.distro import DistroCataloger
from analyze.catalogers.dpkg import DpkgCataloger
from analyze.catalogers.javascript_lock import JavascriptLockCataloger
from analyze.catalogers.license_text import LicenseTextCataloger
from analyze.catalogers.npm import NpmCataloger
from analyze.catalogers.python import PythonCataloger
from analyze.catalogers.ruby import RubyCataloger
from analyze.image.assemble import assemble
from cargohold.model import Scope

CATALOGERS = (
    DistroCataloger(),
    ApkCataloger(),
    DpkgCataloger(),
    NpmCataloger(),
    PythonCataloger(),
    RubyCataloger(),
    JavascriptLockCataloger(),
    LicenseTextCataloger(),
)
STATUS = "Package: {0}\nStatus: install ok installed\nVersion: {1}\nArchitecture: all\nMaintainer: m\n\n"
GEM = 'Gem::Specification.new do |s|\n s.name = "g"\n s.version = "1"\n s.files = ["lib/g.rb"]\nend\n'


def layer(*members):
    """A layer with what the catalogers say of its files."""
    made = record(*members)
    files = [member.split("=", 1) for member in members if "=" in member and "=>" not in member]
    said = {
        cataloger.name: {
            path: facts
            for path, content in files
            if (facts := extract(cataloger, path.encode(), content.encode())) is not None
        }
        for cataloger in CATALOGERS
    }
    return record(*members, facts=said) if files else made


def npm(name, version="1", **more):
    fields = "".join(f',"{key}":"{value}"' for key, value in more.items())
    return f'{{"name":"{name}","version":"{version}","dependencies":{{"b":"*"}}{fields}}}'


BASE = (
    "etc/os-release=ID=debian\nVERSION_ID=12\n",
    "var/lib/dpkg/status=" + STATUS.format("one", "1") + STATUS.format("two", "2"),
    "var/lib/dpkg/info/one.list=/.\n/usr\n/usr/bin/one\n/app/node_modules/a/package.json\n",
    "var/lib/dpkg/info/one.md5sums=00000000000000000000000000000000  usr/bin/one\n",
    "usr/share/doc/one/copyright=License: MIT\n",
    "app/node_modules/a/package.json=" + npm("a", license="MIT"),
    "app/node_modules/b/package.json=" + npm("b"),
    'app/package-lock.json={"lockfileVersion":3,"packages":{"node_modules/c":{"version":"3","license":"ISC"}}}',
    "usr/lib/python3/dist-packages/p-1.dist-info/METADATA=Name: p\nVersion: 1\n",
    "usr/lib/python3/dist-packages/p-1.dist-info/RECORD=p/__init__.py,,\n",
    "usr/lib/ruby/specifications/g-1.gemspec=" + GEM,
    "lib/apk/db/installed=C:Q1AAAA\nP:k\nV:1-r0\nA:x86_64\nL:MIT AND ISC\nF:usr/bin\nR:k\n\n",
)
UPPER = {
    "database again": ("var/lib/dpkg/status=" + STATUS.format("one", "1") + STATUS.format("two", "3"),),
    "list replaced": ("var/lib/dpkg/info/one.list=/.\n/opt/one\n",),
    "list removed": ("var/lib/dpkg/info/.wh.one.list",),
    "diversions": ("var/lib/dpkg/diversions=/usr/bin/one\n/usr/bin/one.real\ntwo\n",),
    "copyright replaced": ("usr/share/doc/one/copyright=License: Zlib\n",),
    "another distribution": ("etc/os-release=ID=ubuntu\nID_LIKE=debian\n",),
    "package replaced": ("app/node_modules/a/package.json=" + npm("a", "2"),),
    "package removed": ("app/node_modules/.wh.a",),
    "licence text": ("app/node_modules/b/LICENSE=Licensed under the MIT License\nSPDX-License-Identifier: MIT\n",),
    "record replaced": ("usr/lib/python3/dist-packages/p-1.dist-info/RECORD=p/other.py,,\n",),
    "gem's directory": ("usr/lib/ruby/gems/g-1/lib/g.rb=1",),
    "directory turned into a link": (
        "app/.wh.node_modules",
        "app/node_modules->../srv",
        "srv/a/package.json=" + npm("a"),
    ),
    "no distribution": ("etc/.wh.os-release",),
    "nothing": ("tmp/x=1",),
}


def told(result):
    return result.packages, result.relationships, result.unknowns, result.distro


def alone(layers):
    """What an image is without anything kept: its records are copies."""
    layers = copy.deepcopy(layers)
    for one in layers:
        one.entries.derived.clear()
    return told(assemble(layers, CATALOGERS, b"{}"))


@pytest.mark.parametrize("upper", UPPER.values(), ids=UPPER)
def test_an_image_is_the_same_after_others_on_its_base(upper):
    base, first, second = layer(*BASE), layer("tmp/first=1"), layer(*upper)
    images = ([base, first], [base, second], [first, base], [base, first, second], [second, base], [base, first])
    expected = [alone(layers) for layers in images]
    assert [told(assemble(layers, CATALOGERS, b"{}")) for layers in images] == expected
    assert len(expected[0][0]) == 8
    assert any("distro=debian-12" in one.purl for one in expected[0][0])


def test_packages_are_the_image_s_own():
    base = layer(*BASE)
    first = assemble([base], CATALOGERS, b"{}").packages
    for package in first:
        package.scope, package.origin_layer, package.licenses, package.id = Scope.HIDDEN, 9, (), "changed"
    second = assemble([base], CATALOGERS, b"{}").packages
    assert second == alone([base])[0]
    # What is not the image's is there once.
    assert all(one.metadata is other.metadata for one, other in zip(first, second, strict=True))


def test_facts_that_come_later_are_seen():
    base = layer(*BASE)
    assemble([base], CATALOGERS, b"{}")
    section = base.sections["npm"]
    entry = base.entries.paths.index(b"app/node_modules/b/package.json")
    found = section.facts.pop(entry)
    assert "b" not in {one.name for one in assemble([base], CATALOGERS, b"{}").packages}
    section.facts[entry] = found
    assert "b" in {one.name for one in assemble([base], CATALOGERS, b"{}").packages}
