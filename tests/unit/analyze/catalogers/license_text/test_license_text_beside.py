"""Packages whose licences the texts beside them say."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import Link, View, findings

from analyze.catalogers.chisel import ChiselCataloger
from analyze.catalogers.dpkg import DpkgCataloger
from analyze.catalogers.dpkg.licenses import NO_FILE, NO_NAME
from analyze.catalogers.license_text import LicenseTextCataloger
from analyze.catalogers.npm import NpmCataloger
from analyze.catalogers.php import PhpCataloger
from analyze.catalogers.python import PythonCataloger
from analyze.catalogers.ruby import RubyCataloger
from cargohold.model import License, Scope

TEXTS = LicenseTextCataloger()
TREE = tree("license_text")
ISC = TREE[b"srv/app/node_modules/wrappy/LICENSE"]
BSD = TREE[b"usr/local/lib/python3.11/dist-packages/sqlparse-0.6.1.dist-info/licenses/LICENSE"]
STATUS = b"Package: a\nStatus: install ok installed\nVersion: 1\n\n"


def licenses(cataloger, *layers, scope=Scope.VISIBLE):
    view = View(layers, cataloger, scope=scope, others=[TEXTS])
    (found,) = findings(view, cataloger)
    return found.package.licenses


def concluded(name, path):
    return License(name, name, "concluded", path)


def npm(text):
    return {b"app/node_modules/a/package.json": text, b"app/node_modules/a/LICENSE": ISC}


def test_a_package_that_declares_nothing():
    assert licenses(NpmCataloger(), npm(b'{"name": "a"}')) == (concluded("ISC", "/app/node_modules/a/LICENSE"),)


def test_what_a_package_declares_stays_and_comes_first():
    declared = License("SEE LICENSE IN LICENSE", path="/app/node_modules/a/package.json")
    found = licenses(NpmCataloger(), npm(b'{"name": "a", "license": "SEE LICENSE IN LICENSE"}'))
    assert found == (declared, concluded("ISC", "/app/node_modules/a/LICENSE"))


def test_what_a_package_declares_is_not_doubted():
    (found,) = licenses(NpmCataloger(), npm(b'{"name": "a", "license": "MIT"}'))
    assert (found.spdx_expression, found.type) == ("MIT", "declared")


def test_texts_of_other_directories_say_nothing():
    layer = {
        b"app/node_modules/a/package.json": b'{"name": "a"}',
        b"app/LICENSE": ISC,
        b"app/node_modules/a/b/LICENSE": ISC,
    }
    assert licenses(NpmCataloger(), layer) == ()


def test_several_texts_are_each_a_licence_once():
    layer = npm(b'{"name": "a"}') | {b"app/node_modules/a/COPYING": BSD, b"app/node_modules/a/LICENSE.md": ISC}
    assert [(one.value, one.path.rpartition("/")[2]) for one in licenses(NpmCataloger(), layer)] == [
        ("BSD-3-Clause", "COPYING"),
        ("ISC", "LICENSE"),
    ]


def test_a_hidden_package_has_the_hidden_text_of_its_layers():
    gone = dict.fromkeys(npm(b""), b"")
    later = {b"app/node_modules/a/LICENSE.md": BSD}
    found = licenses(
        NpmCataloger(), npm(b'{"name": "a"}'), later, gone | {b"app/node_modules/a/LICENSE.md": b""}, scope=Scope.HIDDEN
    )
    assert found == (concluded("ISC", "/app/node_modules/a/LICENSE"),)


@pytest.mark.parametrize("directory", [b"", b"licenses/"])
def test_python(directory):
    info = b"site-packages/a-1.dist-info/"
    layer = {info + b"METADATA": b"Name: a\nVersion: 1\nLicense: BSD\n", info + directory + b"LICENSE.txt": BSD}
    declared, found = licenses(PythonCataloger(), layer)
    assert (declared.value, declared.spdx_expression) == ("BSD", "")
    assert found == concluded("BSD-3-Clause", f"/{(info + directory).decode()}LICENSE.txt")


def test_an_egg_that_is_a_file_has_no_directory_of_its_own():
    layer = {b"site-packages/a.egg-info": b"Name: a\nVersion: 1\n", b"site-packages/LICENSE": BSD, b"LICENSE": BSD}
    assert licenses(PythonCataloger(), layer) == ()


GEM = b'Gem::Specification.new do |s|\n s.name = "a"\n s.version = "1"\nend\n'


def test_ruby():
    layer = {
        b"usr/lib/ruby/specifications/a-1.gemspec": GEM,
        b"usr/lib/ruby/gems/a-1/MIT-LICENSE": ISC,
    }
    assert licenses(RubyCataloger(), layer) == (concluded("ISC", "/usr/lib/ruby/gems/a-1/MIT-LICENSE"),)


def test_composer():
    layer = {
        b"app/vendor/composer/installed.json": b'{"packages": [{"name": "acme/a", "version": "1"}]}',
        b"app/vendor/acme/a/LICENSE": ISC,
    }
    assert licenses(PhpCataloger(), layer) == (concluded("ISC", "/app/vendor/acme/a/LICENSE"),)


def debian(copyright_):
    layer = {b"var/lib/dpkg/status": STATUS}
    if copyright_ is not None:
        layer[b"usr/share/doc/a/copyright"] = copyright_
    view = View([layer], DpkgCataloger(), others=[TEXTS])
    (found,) = findings(view, DpkgCataloger())
    return [(one.value, one.spdx_expression, one.type) for one in found.package.licenses], found.package.metadata


GPL_2 = b"/usr/share/common-licenses/GPL-2\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BSD, [("BSD-3-Clause", "BSD-3-Clause", "concluded")]),
        (b"See " + GPL_2, [("GPL-2", "GPL-2.0-only", "declared")]),
        (b"under the GNU GPL version 2 or later, see " + GPL_2, [("GPL-2", "GPL-2.0-or-later", "declared")]),
        (
            b"a is under the GNU GPL version 2 only, b under the GNU GPL version 2 or later, see " + GPL_2,
            [("GPL-2", "GPL-2.0-only", "declared"), ("GPL-2.0-or-later", "GPL-2.0-or-later", "concluded")],
        ),
        (b"Format: 1.0\nLicense: GPL-2\n\n" + ISC, [("GPL-2", "GPL-2.0-only", "declared")]),
    ],
)
def test_debian(text, expected):
    found, metadata = debian(text)
    assert found == expected
    assert "licenseReason" not in metadata


@pytest.mark.parametrize(("text", "reason"), [(None, NO_FILE), (b"All rights reserved.", NO_NAME), (b"\0", NO_NAME)])
def test_debian_packages_without_a_licence_say_why(text, reason):
    found, metadata = debian(text)
    assert found == []
    assert metadata["licenseReason"] == reason


def test_a_directory_of_documents_that_is_a_link():
    layer = {
        b"var/lib/dpkg/status": STATUS,
        b"usr/share/doc/a": Link(b"b"),
        b"usr/share/doc/b/copyright": BSD,
    }
    view = View([layer], DpkgCataloger(), others=[TEXTS])
    (found,) = findings(view, DpkgCataloger())
    assert found.package.licenses == (concluded("BSD-3-Clause", "/usr/share/doc/b/copyright"),)


def test_chisel_reads_the_same_files():
    layer = tree("chisel") | {b"usr/share/doc/hello/copyright": BSD}
    view = View([layer], ChiselCataloger(), others=[DpkgCataloger(), TEXTS])
    found = {one.package.name: one.package for one in findings(view, ChiselCataloger())}
    assert [one.value for one in found["hello"].licenses] == ["BSD-3-Clause"]
