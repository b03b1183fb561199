"""Portage's database as packages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages, related

from analyze.catalogers.portage import PortageCataloger, contents, license  # noqa: A004
from analyze.catalogers.portage.paths import kind, package
from analyze.catalogers.text import Reasons
from cargohold.model import License, Scope

PORTAGE = PortageCataloger()
TREE = tree("portage")
ENTRY = b"var/db/pkg/sys-libs/glibc-2.37-r3/"


def test_a_package():
    """Name, version, purl, files, size and licences as Syft 1.18.1 gives them."""
    found = packages([TREE], PORTAGE)["app-containers/skopeo"]
    assert (found.type, found.version, found.namespace) == ("portage", "1.5.1", "app-containers")
    assert found.purl == "pkg:ebuild/app-containers/skopeo@1.5.1"
    said = "Apache-2.0 AND BSD AND BSD-2 AND CC-BY-SA-4.0 AND ISC AND MIT"
    spdx = "Apache-2.0 AND BSD-3-Clause AND BSD-2-Clause AND CC-BY-SA-4.0 AND ISC AND MIT"
    assert found.licenses == (License(said, spdx, path="/var/db/pkg/app-containers/skopeo-1.5.1/LICENSE"),)
    assert [(one.path.rpartition("/")[2], one.evidence) for one in found.locations] == [
        ("CONTENTS", "primary"),
        ("LICENSE", "supporting"),
        ("SIZE", "supporting"),
        ("SLOT", "supporting"),
        ("RDEPEND", "supporting"),
    ]
    assert found.metadata["installedSize"] == 27937835
    assert found.metadata["slot"] == "0"
    assert {one["path"]: one["digest"]["value"] for one in found.metadata["files"]} == {
        "/usr/bin/skopeo": "376c02bd3b22804df8fdfdc895e7dbfb",
        "/etc/containers/policy.json": "c01eb6950f03419e09d4fc88cb42ff6f",
        "/etc/containers/registries.d/default.yaml": "e6e66cd3c24623e0667f26542e0e08f6",
        "/var/lib/atomic/sigstore/.keep_app-containers_skopeo-0": "d41d8cd98f00b204e9800998ecf8427e",
    }


def test_files_of_every_kind():
    found = packages([TREE], PORTAGE)["sys-libs/glibc"]
    assert found.version == "2.37-r3"
    assert found.files == (
        "/lib64",
        "/lib64/libc.so.6",
        "/lib64/ld-lsb-x86-64.so.3",
        "/usr/share/doc/My Notes.txt",
        "/var/run/a pipe",
    )


def test_licence_groups_of_the_image():
    (found,) = packages([TREE], PORTAGE)["sys-libs/glibc"].licenses
    assert found.value == "LGPL-2.1+ AND BSD AND HPND AND (ZLIB OR ISC OR MIT) AND rc AND PCRE"
    assert found.spdx_expression == ""


@pytest.mark.parametrize(
    ("text", "said", "spdx"),
    [
        ("", "", ""),
        ("GPL-2", "GPL-2", "GPL-2.0-only"),
        ("GPL-2 GPL-3 ", "GPL-2 AND GPL-3", "GPL-2.0-only AND GPL-3.0-only"),
        ("|| ( GPL-2 GPL-3 )\n", "GPL-2 OR GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        (
            "GPL-3+ || ( LGPL-3+ ( MIT ISC ) ) FDL-1.3+",
            "GPL-3+ AND (LGPL-3+ OR (MIT AND ISC)) AND FDL-1.3+",
            "GPL-3.0-or-later AND (LGPL-3.0-or-later OR (MIT AND ISC)) AND GFDL-1.3-or-later",
        ),
        ("MIT doc? ( || ( FDL-1.3 ISC ) ) BSD", "MIT AND BSD", "MIT AND BSD-3-Clause"),
        ("( MIT", "MIT", "MIT"),
        ("MIT ) )", "MIT", "MIT"),
        ("|| ( )", "", ""),
        ("|| ( ) MIT", "MIT", "MIT"),
        ("( ( ( MIT ISC ) ) )", "MIT AND ISC", "MIT AND ISC"),
        ("( " * 30 + "MIT", "", ""),
        ("|| ( MIT MIT )", "MIT", "MIT"),
        ("@FREE", "@FREE", ""),
    ],
)
def test_licences(text, said, spdx):
    assert license.licenses(text, {}) == (said, spdx)


def test_licence_groups():
    """The first example is Syft's; cycles end, and a chain of groups named twice does not multiply."""
    text = "FSF @GPL Apache-1.1\n# x\n\nGPL Apache-2.0 BSD\nA @B x\nB @A y\nSELF @SELF\nC @MISSING\n"
    text += "G0 MIT\n" + "".join(f"G{number} @G{number - 1} @G{number - 1}\n" for number in range(1, 64))
    reasons = Reasons()
    found = license.groups(text, reasons)
    assert found["FSF"] == ["Apache-2.0", "BSD", "Apache-1.1"]
    assert (found["A"], found["B"], found["SELF"], found["C"]) == (["y", "x"], ["x", "y"], [], ["@MISSING"])
    assert found["G63"] == ["MIT"]
    assert reasons.listed() == []


def test_dependencies():
    assert contents.dependencies(
        b">=sys-libs/glibc-2.33:2.2= !!a/blocked !a/too || ( app-crypt/gpgme:= dev-libs/b ) ~x11-libs/libX11-1.8_p1-r2"
        b" dev-lang/python:3.11[ssl] =virtual/jdk-11* >=broken/name ( not-an-atom )"
    ) == [
        "sys-libs/glibc",
        "app-crypt/gpgme",
        "dev-libs/b",
        "x11-libs/libX11",
        "dev-lang/python",
        "virtual/jdk",
    ]
    assert related([TREE], PORTAGE) == {("sys-libs/glibc", "app-containers/skopeo")}


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        (b"app-admin/eselect-1.4.15", ("app-admin/eselect", "1.4.15")),
        (b"x11-libs/gtk+-3.24.38-r1", ("x11-libs/gtk+", "3.24.38-r1")),
        (b"dev-lang/python-3.12.0_rc1_p2", ("dev-lang/python", "3.12.0_rc1_p2")),
        (b"media-libs/font-adobe-100dpi-1.0.4", ("media-libs/font-adobe-100dpi", "1.0.4")),
        (b"sys-apps/less-608b", ("sys-apps/less", "608b")),
        (b"sys-apps/-MERGING-less-608", None),
        (b"x/y", None),
    ],
)
def test_names_and_versions(directory, expected):
    assert package(b"var/db/pkg/" + directory + b"/CONTENTS") == expected


def test_other_places():
    assert kind(b"srv/CONTENTS") == ""
    assert kind(b"var/db/pkg/a/b-1/KEYWORDS") == ""
    assert kind(b"root/var/db/pkg/a/b-1/CONTENTS") == "CONTENTS"
    assert extract(PORTAGE, b"var/db/pkg/x/y/CONTENTS", b"") is None
    assert packages([{b"var/db/pkg/virtual/jdk-11/CONTENTS": b""}], PORTAGE)["virtual/jdk"].files == ()


@pytest.mark.parametrize(
    ("name", "content", "unknowns"),
    [
        (b"CONTENTS", b"obj /a\ndir x\nobj /b 0 1\nsym /c 1\nzzz /d\n\ndir /ok\n", 5),
        (b"CONTENTS", b"\n" * 300_001, 1),
        (b"SIZE", b"many\n", 1),
        (b"SIZE", b"9" * 30, 1),
        (b"LICENSE", b"(" * 3000, 0),
        (b"LICENSE", b"|| ( " * 3000, 0),
        (b"RDEPEND", b">=" * 3000 + b" a/" + b"-1" * 3000, 0),
    ],
)
def test_damage(name, content, unknowns):
    facts = extract(PORTAGE, ENTRY + name, content)
    assert len(facts.unknowns) == unknowns
    assert [one.package.name for one in findings(View([{**TREE, ENTRY + name: content}], PORTAGE), PORTAGE)]


def test_a_hidden_version_has_its_own_files():
    newer = {ENTRY + b"CONTENTS": b"dir /new\n"}
    assert findings(View([TREE, newer], PORTAGE, scope=Scope.HIDDEN), PORTAGE) == []
    older = {path: content for path, content in TREE.items() if path.startswith(ENTRY)}
    found = findings(View([older, newer], PORTAGE), PORTAGE)
    assert [(one.package.files, one.package.metadata["slot"]) for one in found] == [(("/new",), "2.2")]


@given(st.text(st.sampled_from("|()? @ABMIT-2\n"), max_size=60))
def test_arbitrary_licences(text):
    said, _ = license.licenses(text, {"A": ["MIT", "B"]})
    assert said.count("(") == said.count(")")


@given(st.binary(max_size=200))
def test_arbitrary_bytes(data):
    contents.files(data, Reasons())
    contents.dependencies(data)
    license.groups(data.decode("latin-1"), Reasons())
