"""SPDX 3.0.1, checked by the bindings that are made of its model."""

from hypothesis import HealthCheck, given, settings
from tests.harness.analyses import digest
from tests.harness.renderings import LAYERS, MemoryAnalysis, analyses, head, numbered, rendered
from tests.harness.sbom_validators import spdx3

from cargohold.model import FileRecord, License, Location, Package, Relationship, Unknown


def apk(name: str, **fields: object) -> Package:
    given_: dict[str, object] = {
        "cataloger": "apk",
        "type": "apk",
        "version": "1.0-r0",
        "purl": f"pkg:apk/alpine/{name}@1.0-r0",
        "metadata": {"maintainer": "Ann <ann@example.org>"},
        "origin_layer": 1,
    }
    return Package(name=name, **(given_ | fields))  # type: ignore[arg-type]


def of_type(elements: dict[str, dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [one for one in elements.values() if one["type"] == kind]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(analyses())
def test_whatever_an_analysis_holds_the_document_is_valid(analysis: MemoryAnalysis) -> None:
    spdx3(rendered(analysis, "spdx-json@3.0.1", scope="all"))


def test_packages_are_what_the_image_contains_and_needs_are_complete() -> None:
    packages = numbered([apk("a"), apk("b", licenses=(License("own terms"),))])
    related = [Relationship(packages[1].id, packages[0].id, "dependency-of")]
    elements = spdx3(rendered(MemoryAnalysis(head(), packages, related), "spdx-json@3.0.1", repository="shop"))
    links = {
        (str(row["from"]).rpartition("#")[2], row["relationshipType"]): (
            [str(one).rpartition("#")[2].rpartition("/")[2] for one in row["to"]],  # type: ignore[attr-defined]
            row.get("completeness"),
        )
        for row in of_type(elements, "Relationship")
    }
    first, second = (f"Package-{one.id}" for one in packages)
    assert links["Image", "contains"] == (["OperatingSystem", first, second], "noAssertion")
    assert links[first, "dependsOn"] == ([second], "complete")
    assert links[second, "dependsOn"] == (["NoneElement"], "complete")
    (license_,) = links[second, "hasDeclaredLicense"][0]
    expression = next(one for name, one in elements.items() if name.endswith(f"#{license_}"))
    (entry,) = expression["simplelicensing_customIdToUri"]
    assert elements[entry["value"]]["simplelicensing_licenseText"] == "own terms"
    (person,) = of_type(elements, "Person")  # named twice, written once
    assert person["name"] == "Ann"
    assert f"origin layer: {LAYERS[1]}" in str(of_type(elements, "software_Package")[2]["comment"])


def test_a_package_that_is_one_file_has_it() -> None:
    place = Location("/usr/bin/redis-server", 0, digest("redis"))
    binary = Package("binary", "binary", "redis", "7.2", "pkg:generic/redis@7.2", locations=(place,))
    files = [FileRecord(place.path, "file", 0o755, 0, 0, 9, 0, place.digest, content="elf")]
    elements = spdx3(rendered(MemoryAnalysis(head(), numbered([binary]), all_files=files), "spdx-json@3.0.1"))
    (file,) = of_type(elements, "software_File")
    assert file["name"] == "redis-server"
    assert file["software_additionalPurpose"] == ["executable"]
    assert file["verifiedUsing"] == [
        {"type": "Hash", "algorithm": "sha256", "hashValue": place.digest.removeprefix("sha256:")}
    ]
    package = of_type(elements, "software_Package")[2]
    identifiers = [one["identifier"] for one in package["externalIdentifier"]]  # type: ignore[attr-defined]
    assert identifiers == ["pkg:generic/redis@7.2", "cpe:2.3:a:redis:redis:7.2:*:*:*:*:*:*:*"]


def test_unknowns_are_annotations_of_the_image() -> None:
    reader = MemoryAnalysis(head(), all_unknowns=[Unknown("/x", 1, "apk", "cut off")])
    (row,) = of_type(spdx3(rendered(reader, "spdx-json@3.0.1")), "Annotation")
    assert row["statement"] == "unknown: /x (layer 1, apk): cut off"
    assert str(row["subject"]).endswith("#Image")


def test_the_maker_of_the_document_is_named_when_told() -> None:
    for address, kind in (("sbom@example.org", "Person"), ("https://example.org", "Organization")):
        elements = spdx3(rendered(MemoryAnalysis(head()), "spdx-json@3.0.1", creator=address))
        (maker,) = of_type(elements, kind)
        assert maker["externalIdentifier"][0]["identifier"] == address  # type: ignore[index]
        assert not of_type(elements, "SoftwareAgent")
