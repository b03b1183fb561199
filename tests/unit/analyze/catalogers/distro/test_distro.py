"""The files that name a distribution."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, extract

from analyze.catalogers.distro import DistroCataloger, files

DISTRO = DistroCataloger()


def test_each_file_says_its_kind_and_its_fields():
    view = View([tree("distro")], DISTRO)
    found = {one.facts.detail["file"]: one.facts.detail["fields"] for one in view.facts("distro")}
    assert found == {
        "os-release": {
            "NAME": "Debian GNU/Linux",
            "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)",
            "VERSION_ID": "12",
            "VERSION": "12 (bookworm)",
            "VERSION_CODENAME": "bookworm",
            "ID": "debian",
            "BUG": 'a "quoted" $x',
            "SINGLE": "as \\ is",
        },
        "debian_version": {"version": "12.5"},
        "alpine-release": {"version": "3.19.1"},
        "lsb-release": {
            "DISTRIB_ID": "Ubuntu",
            "DISTRIB_RELEASE": "22.04",
            "DISTRIB_DESCRIPTION": "Ubuntu 22.04.3 LTS",
        },
        "redhat-release": {
            "text": "CentOS Linux release 8.4.2105 (Core)",
            "name": "CentOS Linux",
            "version": "8.4.2105",
            "codename": "Core",
        },
        "system-release-cpe": {
            "cpe": "cpe:/o:centos:linux:6:GA",
            "vendor": "centos",
            "product": "linux",
            "version": "6",
        },
        "busybox": {"banner": "BusyBox v1.36.1", "version": "1.36.1"},
    }
    assert list(DISTRO.assemble(view)) == []
    assert list(DISTRO.relate(view, [])) == []


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("Red Hat Enterprise Linux Server release 7.9 (Maipo)\n", "Red Hat Enterprise Linux Server", "7.9"),
        ("Fedora release 39 (Thirty Nine)", "Fedora", "39"),
        ("CentOS Stream release 9", "CentOS Stream", "9"),
        ("\nRocky Linux release 8.4 (Green Obsidian)", "Rocky Linux", "8.4"),
        ("Oracle Linux Server release 7.6", "Oracle Linux Server", "7.6"),
        ("CBL-Mariner 2.0.20220226", None, None),
    ],
)
def test_release_lines(text, name, version):
    fields = files.release(text)
    assert (fields.get("name"), fields.get("version")) == (name, version)
    assert fields["text"] == text.strip()


def test_cpe_of_both_bindings_and_none():
    assert files.cpe("cpe:2.3:o:fedoraproject:fedora:39:*:*")["version"] == "39"
    assert files.cpe("cpe:/o:redhat:enterprise_linux") == {
        "cpe": "cpe:/o:redhat:enterprise_linux",
        "vendor": "redhat",
        "product": "enterprise_linux",
    }
    assert files.cpe("junk") == {"cpe": "junk"}
    assert files.cpe("\n") == {}


def test_quotes_that_do_not_close():
    assert files.assignments('ID="debian\nID_LIKE=\'a\nX="\nY=\nZ=a b\n') == {
        "ID": "debian",
        "ID_LIKE": "a",
        "X": "",
        "Y": "",
        "Z": "a b",
    }


def test_what_says_nothing_is_none():
    assert extract(DISTRO, b"bin/busybox", b"\x7fELF") is None
    assert extract(DISTRO, b"etc/os-release", b"") is None
    assert extract(DISTRO, b"etc/debian_version", b"\n") is None
