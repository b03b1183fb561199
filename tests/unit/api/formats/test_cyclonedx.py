"""CycloneDX, checked by cyclonedx-python-lib's strict validator and by what a reader looks for."""

import pytest
from hypothesis import HealthCheck, given, settings
from tests.harness.analyses import digest
from tests.harness.renderings import IMAGE, LAYERS, MemoryAnalysis, analyses, head, numbered, rendered
from tests.harness.sbom_validators import cyclonedx

from analyze.catalogers.spdx.identifiers import LICENSES
from cargohold.model import FileRecord, License, Location, Package, Relationship, Scope, Unknown

VERSIONS = ("1.5", "1.6", "1.7")


def curl(**fields: object) -> Package:
    given_: dict[str, object] = {
        "cataloger": "dpkg",
        "type": "deb",
        "name": "curl",
        "version": "7.88.1-10",
        "purl": "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12",
        "architecture": "amd64",
        "source_name": "curl",
        "licenses": (License("curl", "curl", path="/usr/share/doc/curl/copyright"),),
        "locations": (
            Location("/var/lib/dpkg/status", 1, digest("status")),
            Location("/usr/share/doc/curl/copyright", 0, digest("copyright"), "supporting"),
        ),
        "files": ("/usr/bin/curl",),
        "origin_layer": 0,
        "created_by": "RUN apt-get install curl",
        "metadata_type": "dpkg-db-entry",
        "metadata": {"maintainer": "Alessandro Ghedini <ghedo@debian.org>", "description": "transfers data"},
    }
    return Package(**(given_ | fields))  # type: ignore[arg-type]


def library(**fields: object) -> Package:
    return curl(name="libcurl4", purl="pkg:deb/debian/libcurl4@7.88.1-10", files=(), **fields)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(analyses())
def test_whatever_an_analysis_holds_the_document_is_valid(analysis: MemoryAnalysis) -> None:
    for version in VERSIONS:
        cyclonedx(rendered(analysis, f"cyclonedx-json@{version}", scope="all"), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_identifier_of_the_catalog_is_known_to_the_schema(version: str) -> None:
    packages = numbered(curl(licenses=(License(name, name),)) for name in LICENSES.split())
    document = cyclonedx(rendered(MemoryAnalysis(head(), packages), f"cyclonedx-json@{version}"), version)
    found = [component["licenses"][0] for component in document["components"][1:]]
    written = [one["license"]["id"] if "license" in one else one["expression"] for one in found]
    assert written == LICENSES.split()
    assert all("+" in one["expression"] for one in found if "expression" in one)


def test_a_component_has_what_is_known_of_a_package() -> None:
    packages = numbered([curl(), library()])
    files = [FileRecord("/usr/bin/curl", "file", 0o755, 0, 0, 1, 0, digest("curl"), content="elf")]
    reader = MemoryAnalysis(head(), packages, [Relationship(packages[1].id, packages[0].id, "dependency-of")], files)
    document = cyclonedx(rendered(reader, "cyclonedx-json", registry="registry.example", repository="shop/checkout"))
    system, component, other = document["components"]
    assert (system["type"], system["name"], system["version"]) == ("operating-system", "debian", "12")
    assert system["cpe"] == "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*"
    assert component["bom-ref"] == packages[0].id
    assert component["supplier"]["contact"] == [{"name": "Alessandro Ghedini", "email": "ghedo@debian.org"}]
    assert component["licenses"] == [{"license": {"id": "curl", "acknowledgement": "declared"}}]
    assert [place["location"] for place in component["evidence"]["occurrences"]] == [
        "/var/lib/dpkg/status",
        "/usr/share/doc/curl/copyright",
    ]
    properties = {one["name"]: one["value"] for one in component["properties"]}
    assert properties["cargohold:origin-layer"] == LAYERS[0]
    assert properties["syft:location:0:layerID"] == LAYERS[1]
    assert properties["bsi:component:executable"] == "executable"
    assert document["dependencies"] == [
        {"ref": f"image:{IMAGE}", "dependsOn": ["os:debian@12", packages[0].id]},
        {"ref": "os:debian@12"},
        {"ref": packages[0].id, "dependsOn": [packages[1].id]},
        {"ref": other["bom-ref"]},
    ]


def test_the_document_names_the_image_and_when_it_was_made() -> None:
    reader = MemoryAnalysis(head())
    document = cyclonedx(rendered(reader, "cyclonedx-json", registry="registry.example", repository="shop/checkout"))
    metadata = document["metadata"]
    assert metadata["timestamp"] == "2025-12-31T23:59:59Z"
    assert metadata["component"]["name"] == "registry.example/shop/checkout"
    assert metadata["component"]["version"] == IMAGE
    assert metadata["component"]["purl"] == (
        f"pkg:oci/checkout@{IMAGE}?arch=amd64&repository_url=registry.example%2Fshop%2Fcheckout"
    )
    assert metadata["component"]["hashes"] == [{"alg": "SHA-256", "content": IMAGE.removeprefix("sha256:")}]


def test_an_image_without_a_manifest_has_no_purl() -> None:
    component = cyclonedx(rendered(MemoryAnalysis(head(config_digest=IMAGE)), "cyclonedx-json", repository="a"))
    assert not {"purl", "hashes"} & component["metadata"]["component"].keys()


def test_the_serial_number_is_of_the_image_and_of_what_was_asked_for() -> None:
    def serial(scope: str = "visible", **fields: object) -> str:
        document = cyclonedx(rendered(MemoryAnalysis(head(**fields)), "cyclonedx-json", scope=scope))
        return str(document["serialNumber"])

    assert serial() == serial()
    assert len({serial(), serial("all"), serial(catalog_version=8), serial(image=digest("other"))}) == 4


@pytest.mark.parametrize(
    ("licenses", "written"),
    [
        ([("MIT", "MIT"), ("Zlib", "Zlib")], [{"id": "MIT"}, {"id": "Zlib"}]),
        ([("GPL-2+ or MIT", "GPL-2.0-or-later OR MIT")], "GPL-2.0-or-later OR MIT"),
        ([("", "GPL-2.0-or-later OR MIT"), ("", "ISC")], "(GPL-2.0-or-later OR MIT) AND ISC"),
        ([("see file", ""), ("", "ISC OR MIT")], [{"name": "see file"}, {"name": "ISC OR MIT"}]),
        ([("LicenseRef-own", "LicenseRef-own")], "LicenseRef-own"),
    ],
)
def test_an_expression_stands_alone(licenses: list[tuple[str, str]], written: object) -> None:
    package = curl(licenses=tuple(License(value, expression) for value, expression in licenses))
    component = cyclonedx(rendered(MemoryAnalysis(head(), numbered([package])), "cyclonedx-json"))["components"][1]
    if isinstance(written, str):
        assert component["licenses"] == [{"expression": written, "acknowledgement": "declared"}]
    else:
        assert [one["license"] for one in component["licenses"]] == [
            one | {"acknowledgement": "declared"}
            for one in written  # type: ignore[attr-defined]
        ]


def test_unknowns_are_annotations_and_make_the_image_incomplete() -> None:
    reader = MemoryAnalysis(head(), numbered([curl()]), all_unknowns=[Unknown("/var/lib/dpkg/x", 1, "dpkg", "cut off")])
    document = cyclonedx(rendered(reader, "cyclonedx-json"))
    (annotation,) = document["annotations"]
    assert annotation["text"] == "unknown: /var/lib/dpkg/x (layer 1, dpkg): cut off"
    assert annotation["subjects"] == [f"image:{IMAGE}"]
    assert [row["aggregate"] for row in document["compositions"]] == ["incomplete", "unknown"]
    reader.all_unknowns = []
    document = cyclonedx(rendered(reader, "cyclonedx-json"))
    assert [row["aggregate"] for row in document["compositions"]] == ["unknown", "complete"]


def test_scopes_are_those_of_cyclonedx() -> None:
    packages = numbered(curl(scope=scope) for scope in Scope)
    document = cyclonedx(rendered(MemoryAnalysis(head(), packages), "cyclonedx-json", scope="all"))
    assert [component.get("scope") for component in document["components"][1:]] == [None, "excluded", "optional"]
    assert document["dependencies"][0]["dependsOn"] == ["os:debian@12", packages[0].id]


def test_every_package_of_a_cycle_is_reached() -> None:
    packages = numbered([curl(), library()])
    one, other = (package.id for package in packages)
    related = [Relationship(one, other, "dependency-of"), Relationship(other, one, "dependency-of")]
    document = cyclonedx(rendered(MemoryAnalysis(head(), packages, related), "cyclonedx-json"))
    assert document["dependencies"][0]["dependsOn"] == ["os:debian@12", one]


def test_a_package_that_is_one_file_says_so() -> None:
    package = Package(
        "java",
        "java-archive",
        "guava",
        "33.0",
        "pkg:maven/com.google.guava/guava@33.0",
        namespace="com.google.guava",
        locations=(Location("/app/lib/guava-33.0.jar", 0, digest("jar")),),
        metadata={"virtualPath": "/app/lib/guava-33.0.jar", "digest": [{"algorithm": "sha1", "value": "a" * 40}]},
    )
    nested = Package("java", "java-archive", "x", "1", "pkg:maven/x/x@1", metadata={"virtualPath": "/a.jar:x.jar"})
    document = cyclonedx(rendered(MemoryAnalysis(head(), numbered([package, nested])), "cyclonedx-json"))
    first, second = document["components"][1:]
    assert first["group"] == "com.google.guava"
    assert first["hashes"] == [
        {"alg": "SHA-256", "content": digest("jar").removeprefix("sha256:")},
        {"alg": "SHA-1", "content": "a" * 40},
    ]
    assert {"name": "bsi:component:filename", "value": "guava-33.0.jar"} in first["properties"]
    assert {"name": "bsi:component:archive", "value": "archive"} in first["properties"]
    assert not any(one["name"].startswith("bsi:") for one in second["properties"])


@pytest.mark.parametrize("address", ["sbom@example.org", "https://example.org/contact"])
def test_the_maker_of_the_document_is_named_when_told(address: str) -> None:
    reader = MemoryAnalysis(head())
    made = cyclonedx(rendered(reader, "cyclonedx-json", creator=address))["metadata"]["manufacturer"]
    assert made == ({"contact": [{"email": address}]} if "@" in address else {"url": [address]})
    cyclonedx(rendered(reader, "cyclonedx-json@1.5", creator=address), "1.5")
