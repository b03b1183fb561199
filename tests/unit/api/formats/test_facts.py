"""What is read out of metadata for all formats: people, addresses, hashes, licences, CPE names, times."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.analyses import digest, package
from tests.harness.renderings import head

from api.formats import Request
from api.formats.facts import image
from api.formats.facts.cpes import package_cpe, system_cpe
from api.formats.facts.entities import Entity, authors, people, supplier
from api.formats.facts.hashes import Hash, distribution
from api.formats.facts.licenses import reference
from api.formats.facts.links import links, web
from cargohold.documents.analysis import DistroEntry


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Example <ann@example.org>", [Entity("Ann Example", "ann@example.org")]),
        ('"Ann, Example" <ann@example.org>', [Entity("Example", "ann@example.org")]),
        ("a@b.example, c@d.example", [Entity("", "a@b.example"), Entity("", "c@d.example")]),
        ("Ann <a@b.example>, Bob <c@d.example>", [Entity("Ann", "a@b.example"), Entity("Bob", "c@d.example")]),
        ("Ann and others", [Entity("Ann and others")]),
        ("Debian X Maintainers", [Entity("Debian X Maintainers", organization=True)]),
        ("Ann <not an address>", [Entity("Ann <not an address>")]),
        ("Ann <nowhere>", [Entity("Ann")]),
        ("", []),
        (None, []),
        (7, []),
    ],
)
def test_people(text: object, found: list[Entity]) -> None:
    assert people(text) == found


def test_a_name_and_an_address_in_two_fields_are_one_author() -> None:
    found = authors(package("a", metadata={"author": "Ann", "authorEmail": "ann@example.org"}))
    assert found == [Entity("Ann", "ann@example.org")]
    listed = {"authors": [{"name": "Bob", "email": "bob@example.org"}, {"name": ""}, "Cy <cy@example.org>", 3]}
    assert authors(package("a", metadata=listed)) == [Entity("Bob", "bob@example.org"), Entity("Cy", "cy@example.org")]


def test_packages_of_languages_have_no_supplier() -> None:
    assert supplier(package("a", metadata={"maintainer": "Ann <a@b.example>"})) is None


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "https://", "https://a b", "https://a.example/%zz", "https://é.example", "//a", "javascript:1"],
)
def test_what_is_no_address_is_left_out(url: str) -> None:
    assert web(url) == ""


@given(st.text(max_size=300))
def test_addresses_never_raise(text: str) -> None:
    assert web(text) in ("", text.strip())


def test_hostile_fields_are_read_in_no_time() -> None:
    began = time.process_time()
    for text in ("a" * 60_000, "https://" + "a." * 30_000, "https://a/?" + "?" * 60_000, "<" * 60_000, "a@" * 30_000):
        web(text)
        people(text)
        reference(text)
        package_cpe(package("a", metadata={"cpes": ["cpe:2.3:a:" + text]}))
    assert time.process_time() - began < 10


def test_hashes_are_of_the_archive_that_was_installed() -> None:
    found = package("a", metadata={"resolved": "https://r.example/a.tgz", "integrity": "sha1-" + "A" * 27 + "= md5-x"})
    assert distribution(found) == (Hash("sha1", "0" * 40),)
    assert links(found).distribution == "https://r.example/a.tgz"
    crate = package("a", type="rust-crate", metadata={"checksum": digest("a").removeprefix("sha256:")})
    assert distribution(crate) == (Hash("sha256", digest("a").removeprefix("sha256:")),)
    assert (
        distribution(package("a", metadata={"integrity": "sha512-", "sha512": "???", "dist": {"shasum": "zz"}})) == ()
    )


@pytest.mark.parametrize(
    ("kind", "name", "version", "cpe"),
    [
        ("go-module", "stdlib", "go1.22.1", "cpe:2.3:a:golang:go:1.22.1:*:*:*:*:*:*:*"),
        ("binary", "node", "20.1.0", "cpe:2.3:a:nodejs:node.js:20.1.0:*:*:*:*:*:*:*"),
        ("binary", "node", "20 beta", ""),
        ("npm", "node", "20.1.0", ""),
    ],
)
def test_a_cpe_only_where_the_product_is_certain(kind: str, name: str, version: str, cpe: str) -> None:
    assert package_cpe(package(name, version, type=kind)) == cpe


def test_a_cpe_that_an_sbom_in_the_image_states() -> None:
    stated = r"cpe:2.3:a:apache:log4j:2.17.1:\-:*:*:*:*:*:*"
    assert package_cpe(package("a", metadata={"cpes": ["cpe:/a:b:c", stated]})) == stated


def test_systems_have_a_cpe_when_their_version_is_known() -> None:
    known = DistroEntry(id="ubuntu", version_id="24.04")
    assert system_cpe(known) == "cpe:2.3:o:canonical:ubuntu_linux:24.04:*:*:*:*:*:*:*"
    assert system_cpe(DistroEntry(id="ubuntu")) == system_cpe(DistroEntry(id="own", version_id="1")) == ""


@given(st.text(min_size=1))
def test_names_of_licences_are_distinct_and_well_formed(value: str) -> None:
    name = reference(value)
    assert name.removeprefix("LicenseRef-").replace("-", "").replace(".", "").isalnum()
    assert name.isascii()
    assert reference(value + "!") != name


@pytest.mark.parametrize(
    ("created", "written"),
    [
        ("2025-12-31T23:59:59.123456789Z", "2025-12-31T23:59:59Z"),
        ("2025-12-31T23:59:59+02:00", "2025-12-31T21:59:59Z"),
        ("2025-12-31T23:59:59", "2025-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_when_an_image_was_made(created: str, written: str) -> None:
    assert image.created(head(created=created)) == written


@pytest.mark.parametrize(
    ("registry", "repository", "purl"),
    [
        ("docker.io", "library/redis", "?arch=amd64&repository_url=docker.io%2Flibrary%2Fredis"),
        ("", "redis", "?arch=amd64"),
        ("", "", ""),
        ("", "/", ""),
    ],
)
def test_the_purl_of_an_image(registry: str, repository: str, purl: str) -> None:
    found = image.image_purl(head(), Request(registry=registry, repository=repository))
    assert found == (f"pkg:oci/redis@{head().image}{purl}" if purl else "")
