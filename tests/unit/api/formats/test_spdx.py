"""SPDX 2.3 in JSON and as text, checked by spdx-tools."""

from hypothesis import HealthCheck, assume, given, settings
from tests.harness.analyses import digest
from tests.harness.renderings import IMAGE, MemoryAnalysis, analyses, head, numbered, rendered
from tests.harness.sbom_validators import spdx, spdx_tag_value, takes_for_keywords

from cargohold.model import License, Location, Package, Relationship, Scope, Unknown

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def package(name: str, **fields: object) -> Package:
    given_: dict[str, object] = {
        "cataloger": "python",
        "type": "python",
        "version": "1.0",
        "purl": f"pkg:pypi/{name}@1.0",
        "locations": (Location(f"/site/{name}/METADATA", 0, digest(name)),),
        "origin_layer": 0,
    }
    return Package(name=name, **(given_ | fields))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, suppress_health_check=_SLOW)
@given(analyses())
def test_whatever_an_analysis_holds_the_document_is_valid(analysis: MemoryAnalysis) -> None:
    spdx(rendered(analysis, "spdx-json", scope="all"))


@settings(max_examples=12, deadline=None, suppress_health_check=_SLOW)
@given(analyses())
def test_the_text_is_valid_and_says_the_same(analysis: MemoryAnalysis) -> None:
    text = rendered(analysis, "spdx-tag-value", scope="all")
    assume(not takes_for_keywords(text))
    read = spdx_tag_value(text)
    written = spdx(rendered(analysis, "spdx-json", scope="all"))
    assert [one.spdx_id for one in read.packages] == [one["SPDXID"] for one in written["packages"]]
    assert len(read.annotations) == len(written["annotations"])
    assert len(read.relationships) == len(written["relationships"])
    assert len(read.extracted_licensing_info) == len(written["hasExtractedLicensingInfos"])


def test_a_name_that_is_a_tag_is_written_as_it_is() -> None:
    names = ("Created", "NONE", "Person: x", "PackageName")
    text = rendered(MemoryAnalysis(head(), numbered([package(name) for name in names])), "spdx-tag-value")
    assert [f"PackageName: {name}" in text.decode().splitlines() for name in names] == [True] * 4
    assert takes_for_keywords(text), "the test above need not leave them out any more"


def test_the_document_describes_the_image_which_contains_its_packages() -> None:
    packages = numbered([package("a"), package("b"), package("gone", scope=Scope.HIDDEN)])
    packages.append(package("wanted", scope=Scope.DECLARED, id="f" * 16))
    first, second = packages[0].id, packages[1].id
    related = [Relationship(first, second, "dependency-of"), Relationship(second, first, "ownership-by-file-overlap")]
    document = spdx(rendered(MemoryAnalysis(head(), packages, related), "spdx-json", scope="all"))
    rows = [
        (row["spdxElementId"], row["relationshipType"], row["relatedSpdxElement"].removeprefix("SPDXRef-"))
        for row in document["relationships"]
    ]
    assert rows == [
        ("SPDXRef-DOCUMENT", "DESCRIBES", "Image"),
        ("SPDXRef-Image", "CONTAINS", "OperatingSystem"),
        *(("SPDXRef-Image", "CONTAINS", f"Package-{one.id}") for one in packages[:3]),
        ("SPDXRef-Image", "OTHER", f"Package-{packages[3].id}"),
        (f"SPDXRef-Package-{first}", "DEPENDENCY_OF", f"Package-{second}"),
        (f"SPDXRef-Package-{second}", "OTHER", f"Package-{first}"),
    ]
    image = document["packages"][0]
    assert image["primaryPackagePurpose"] == "CONTAINER"
    assert image["checksums"] == [{"algorithm": "SHA256", "checksumValue": IMAGE.removeprefix("sha256:")}]
    assert "scope: hidden" in document["packages"][4]["comment"]


def test_licences_without_an_identifier_have_their_text() -> None:
    licenses = (License("MIT", "MIT"), License("See the file\nCOPYING"), License("own"))
    concluded = (License("ISC OR MIT", "ISC OR MIT", "concluded"),)
    packages = numbered([package("a", licenses=licenses + concluded), package("b")])
    document = spdx(rendered(MemoryAnalysis(head(), packages), "spdx-json"))
    found, other = document["packages"][2:]
    texts = {row["extractedText"]: row["licenseId"] for row in document["hasExtractedLicensingInfos"]}
    assert texts.keys() == {"See the file\nCOPYING", "own"}
    assert texts["own"] == "LicenseRef-own"
    long = texts["See the file\nCOPYING"]
    assert found["licenseDeclared"] == f"MIT AND {long} AND LicenseRef-own"
    assert found["licenseConcluded"] == "ISC OR MIT"
    assert other["licenseDeclared"] == other["licenseConcluded"] == "NOASSERTION"


def test_who_made_and_who_supplied_a_package() -> None:
    author = package(
        "a", metadata={"author": "Ann (x)", "authorEmail": "ann@example.org", "homepage": "https://a.example/"}
    )
    debian = package("b", type="deb", metadata={"maintainer": "Debian Python Team <team@debian.example>"})
    vendor = package("c", type="rpm", metadata={"vendor": "Fedora Project"})
    document = spdx(rendered(MemoryAnalysis(head(), numbered([author, debian, vendor])), "spdx-json"))
    first, second, third = document["packages"][2:]
    assert first["originator"] == "Person: Ann x (ann@example.org)"
    assert first["homepage"] == "https://a.example/"
    assert second["supplier"] == "Organization: Debian Python Team (team@debian.example)"
    assert third["supplier"] == "Organization: Fedora Project"


def test_unknowns_are_annotations() -> None:
    reader = MemoryAnalysis(head(created=""), all_unknowns=[Unknown("", 0, "python", "too large")])
    (row,) = spdx(rendered(reader, "spdx-json"))["annotations"]
    assert row["comment"] == "unknown: the image (layer 0, python): too large"
    assert row["annotationDate"] == "1970-01-01T00:00:00Z"


def test_text_out_of_an_image_cannot_add_lines() -> None:
    text = "</text>\nPackageName: c"
    hostile = package("a\nPackageName: b", version="<text>1", purl="pkg:pypi/a", metadata={"description": text})
    document = spdx_tag_value(rendered(MemoryAnalysis(head(), numbered([hostile])), "spdx-tag-value"))
    assert [one.name for one in document.packages] == [IMAGE, "debian", "a PackageName: b"]
    assert document.packages[2].description == "</ text>\nPackageName: c"
