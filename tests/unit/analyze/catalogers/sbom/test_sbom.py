"""Bills of materials of the same packages in every format, and hostile ones."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings

from analyze.catalogers.sbom import SbomCataloger
from analyze.catalogers.sbom.purls import parsed
from cargohold.model import Scope

SBOM = SbomCataloger()
HERE = Path(__file__).parent
SITE = {
    ("Acme/Alpha", "v1.2.0", "pkg:composer/acme/alpha@v1.2.0"),
    ("acme/beta", "2.1.0", "pkg:composer/acme/beta@2.1.0"),
    ("acme/gamma", "dev-main", "pkg:composer/acme/gamma@dev-main"),
    ("acme/tester", "0.1", "pkg:composer/acme/tester@0.1"),
    ("app", "1.0.0", "pkg:npm/app@1.0.0"),
    ("gate", "1.10.0", "pkg:gem/gate@1.10.0"),
}


def packages(path: bytes, content: bytes) -> list:
    return [one.package for one in findings(View([{path: content}], SBOM), SBOM)]


@pytest.fixture(scope="module")
def image():
    return [one.package for one in findings(View([tree("sbom")], SBOM), SBOM)]


@pytest.mark.parametrize("name", ["site.spdx.json", "site.spdx", "bom.json", "bom.xml", "sbom.syft.json"])
def test_every_format_says_the_same(name, image):
    found = [one for one in image if one.locations[0].path == f"/srv/{name}"]
    assert {(one.name, one.version, one.purl) for one in found} == SITE
    assert {one.name: {value.value for value in one.licenses} for one in found} == {
        "Acme/Alpha": {"MIT", "GPL-2.0-or-later"}
        if name not in ("site.spdx.json", "site.spdx")
        else {"GPL-2.0-or-later AND MIT"},
        "acme/beta": {"proprietary"} if name not in ("site.spdx.json", "site.spdx") else {"LicenseRef-proprietary"},
        "acme/gamma": set(),
        "acme/tester": {"BSD-3-Clause"},
        "app": {"MIT"},
        "gate": {"MIT", "Ruby"} if name not in ("site.spdx.json", "site.spdx") else {"MIT AND Ruby"},
    }
    gate = next(one for one in found if one.name == "gate")
    assert (gate.type, gate.language, gate.metadata_type) == ("gem", "ruby", "sbom-component")
    assert any(cpe.startswith("cpe:2.3:a:") for cpe in gate.metadata["cpes"])


def test_what_a_bill_lists_is_declared(image):
    assert {one.scope for one in image} == {Scope.DECLARED}


def test_bills_of_wolfi_and_of_wheels(image):
    found = {
        one.purl: (one.type, one.name, one.architecture)
        for one in image
        if not one.locations[0].path.startswith("/srv")
    }
    assert found == {
        "pkg:apk/wolfi/curl@8.12.1-r3?arch=x86_64": ("apk", "curl", "x86_64"),
        "pkg:github/wolfi-dev/os@eca16600635a2ab921dbbe6998712c68fc8b6460#curl.yaml": ("UnknownPackage", "os", ""),
        "pkg:generic/curl@8.12.1?checksum=sha256:0341f1ed97a26c811abaebd37d62b833956792b7607ea3f15d001613c76de202"
        "&download_url=https:%2F%2Fcurl.se%2Fdownload%2Fcurl-8.12.1.tar.xz": ("UnknownPackage", "curl", ""),
        "pkg:pypi/gate@1?file_name=gate.whl": ("python", "gate", ""),
        "pkg:rpm/almalinux/libxyz@1.2-3.el8": ("rpm", "libxyz", ""),
    }


def test_spdx_3(image):
    found = {one.purl: one for one in image if one.locations[0].path == "/srv/three.spdx.json"}
    assert {purl: one.name for purl, one in found.items()} == {
        "pkg:npm/%40s/one@1.0": "@s/one",
        "pkg:golang/example.org/two@2.0": "example.org/two",
    }
    assert found["pkg:golang/example.org/two@2.0"].metadata["cpes"] == ["cpe:2.3:a:two:two:2.0:*:*:*:*:*:*:*"]


def test_a_statement_of_an_attestation_is_read():
    predicate = {
        "bomFormat": "CycloneDX",
        "components": [{"purl": "pkg:npm/a@1", "components": [{"purl": "pkg:npm/b"}]}],
    }
    statement = {"predicateType": "https://cyclonedx.org/bom", "predicate": predicate}
    found = packages(b"x/sbom.json", json.dumps(statement).encode())
    assert [(one.name, one.version) for one in found] == [("a", "1"), ("b", "UNKNOWN")]


def test_tools_and_ancestors_are_no_components():
    text = (
        b'<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><tools><components><component type="application">'
        b"<purl>pkg:npm/tool@1</purl></component></components></tools></metadata><components><component><name>a</name>"
        b"<purl>pkg:npm/a@1</purl><pedigree><ancestors><component><purl>pkg:npm/old@1</purl></component></ancestors>"
        b"</pedigree><components><component><purl>pkg:npm/b</purl><version>2</version></component></components>"
        b"</component></components></bom>"
    )
    assert {(one.name, one.version) for one in packages(b"bom.xml", text)} == {("a", "1"), ("b", "2")}


def test_bitnami_bills_are_left_to_their_own_cataloger():
    content = b'{"spdxVersion": "SPDX-2.3", "packages": []}'
    assert extract(SBOM, b"opt/bitnami/redis/.spdx-redis.spdx", content) is None
    assert extract(SBOM, b"srv/redis/.spdx-redis.spdx", content) is not None


@pytest.mark.parametrize(
    "name",
    [
        "a.spdx.json",
        "a.spdx",
        "a.cdx.json",
        "a.cdx",
        "a.bom.json",
        "bom.json",
        "bom.xml",
        "a.cyclonedx.json",
        "a.syft.json",
        "sbom.json",
        "sbom.txt",
        "a-sbom.json",
        "sbom",
        "a.dist-info/sboms/x",
    ],
)
def test_files_that_are_called_like_bills_are_looked_at(name):
    content = b'{"bomFormat": "CycloneDX", "components": []}'
    assert extract(SBOM, b"srv/" + name.encode(), content) is not None


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"srv/bom.json", b'{"materials": ["oak"]}'),
        (b"srv/bom.json", b"[1]"),
        (b"srv/bom.xml", b"<project/>"),
        (b"srv/sbom.txt", b"wood"),
        (b"srv/a.spdx", b"SPDX-License-Identifier: MIT"),
        (b"srv/data.json", b'{"spdxVersion": "SPDX-2.3", "packages": []}'),
    ],
)
def test_other_files_are_of_no_interest(path, content):
    assert extract(SBOM, path, content) is None


BOMB = b'<!DOCTYPE bom [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
XML = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.5">'


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        (b"bom.xml", BOMB + XML + b"<name>&b;</name></bom>", "no XML: has a DOCTYPE"),
        (b"bom.xml", XML + b"<a>" * 100_000, "no XML: nests deeper than 64"),
        (b"bom.xml", XML + b"<components>", "no XML: no element found"),
        (b"bom.xml", b'<a x="http://cyclonedx.org/schema/bom/1.5"/>', "no XML: no CycloneDX"),
        (b"bom.json", b'{"a":' * 100_000, "no JSON: nests deeper than 64"),
        (b"bom.json", b"{", "no JSON: "),
    ],
)
def test_hostile_documents_are_unknowns(path, content, reason):
    facts = extract(SBOM, path, content)
    assert facts.identity == []
    assert facts.unknowns[0].startswith(reason)


def test_what_is_no_package_url_is_an_unknown():
    content = b'{"bomFormat": "CycloneDX", "components": [{"purl": "npm/a"}, {"purl": "pkg:npm/a@1"}, {"purl": 1}, {}]}'
    facts = extract(SBOM, b"bom.json", content)
    assert ([one["name"] for one in facts.identity], facts.unknowns) == (["a"], ["no package URL: npm/a"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:npm/%40scope/a@1.0", ("npm", "@scope", "a", "1.0")),
        ("pkg:npm/@scope/a", ("npm", "@scope", "a", "")),
        ("pkg:npm/@scope/a@1", ("npm", "@scope", "a", "1")),
        ("pkg://PyPI//Foo_Bar@1.0?a=b#c", ("pypi", "", "Foo_Bar", "1.0")),
        ("pkg:golang/example.org/a/b@v1%2Bincompatible#sub/dir", ("golang", "example.org/a", "b", "v1+incompatible")),
        ("pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12", ("deb", "debian", "curl", "7.88")),
        ("pkg:npm/", None),
        ("pkg:/a", None),
        ("pkg:n p/a", None),
        ("http://a", None),
        ("", None),
    ],
)
def test_package_urls(text, expected):
    found = parsed(text)
    assert (found and found[:4]) == expected


@given(st.text(max_size=50))
def test_any_text_is_a_package_url_or_none(text):
    found = parsed("pkg:" + text)
    assert found is None or parsed(found.canonical).canonical == found.canonical


@given(st.binary(max_size=100))
def test_any_tags_are_read(data):
    content = b"SPDXVersion: SPDX-2.3\nPackageName: a\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\n" + data
    assert {"name": "a", "version": "1", "type": "npm"} in extract(SBOM, b"a.spdx", content).identity


@pytest.mark.parametrize("piece", [b"<text>", b"PackageName: a\n", b"ExternalRef: a purl pkg:npm/a@1\n", b"a:\n"])
def test_floods_of_tags_take_linear_time(piece):
    assert extract(SBOM, b"a.spdx", b"SPDXVersion: SPDX-2.3\n" + piece * 100_000) is not None
