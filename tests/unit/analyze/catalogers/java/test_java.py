"""Java archives as their tools build them, and where Syft 1.18.1 says something else of them."""

import hashlib
import io
import zipfile

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import MemoryFile, View, extract, findings, packages, related

from analyze.catalogers.java import JavaCataloger
from cargohold.model import Scope

JAVA = JavaCataloger()
APP, SERVICE = "/usr/share/java/app-1.2.3.jar", "/opt/service/service.jar"
SHOP, PLUGIN = "/srv/shop/shop-2.0-SNAPSHOT.war", "/var/jenkins/plugins/example-plugin.hpi"
POM = "groupId={}\nartifactId={}\nversion={}\n"


def jar(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pom(group: str, artifact: str, version: str, *, directory: str = "") -> dict[str, str]:
    directory = directory or f"META-INF/maven/{group}/{artifact}"
    return {f"{directory}/pom.properties": POM.format(group, artifact, version)}


def found(path: bytes, files: dict[str, bytes | str]) -> dict[tuple[str, str], str]:
    """Return the purls of what is found in a jar, by the end of the virtual path and the name."""
    view = View([{path: jar(files)}], JAVA)
    place = "/" + path.decode()
    return {
        (one.package.metadata["virtualPath"].removeprefix(place), one.package.name): one.package.purl
        for one in findings(view, JAVA)
    }


MANIFEST = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n"}


@pytest.fixture(scope="module")
def image():
    view = View([tree("java")], JAVA)
    return {finding.package.metadata["virtualPath"]: finding.package for finding in findings(view, JAVA)}


def test_packages_and_purls(image):
    assert {place: package.purl for place, package in image.items()} == {
        APP: "pkg:maven/org.example/app@1.2.3",
        f"{APP}:org.example:greeter": "pkg:maven/org.example/greeter@1.2.3",
        f"{APP}:org.example:logger": "pkg:maven/org.example/logger@1.2.3",
        SERVICE: "pkg:maven/org.springframework.boot.loader.launch.JarLauncher/service@1.0",
        f"{SERVICE}:BOOT-INF/lib/greeter-1.2.3.jar": "pkg:maven/org.example/greeter@1.2.3",
        f"{SERVICE}:BOOT-INF/lib/spring-core-6.1.1.jar": "pkg:maven/org.springframework/spring-core@6.1.1",
        SHOP: "pkg:maven/shop/shop@2.0-SNAPSHOT",
        f"{SHOP}:WEB-INF/lib/logger-1.2.3.jar": "pkg:maven/org.example/logger@1.2.3",
        # Syft leaves the brackets and slashes of this version as they are.
        PLUGIN: "pkg:maven/io.jenkins.plugins/example-plugin@1.4%20%28private-01%2F01%2F2024%29",
        f"{PLUGIN}:WEB-INF/lib/logger-1.2.3.jar": "pkg:maven/org.example/logger@1.2.3",
        "/srv/bundles/libs.zip:lib/greeter-1.2.3.jar": "pkg:maven/org.example/greeter@1.2.3",
        "/usr/share/java/org.example.bundle_1.2.0.jar": "pkg:maven/org.example.bundle/bundle@1.2.0",
        "/usr/local/bin/tool.jar": "pkg:maven/tool/tool@0.9",
    }
    assert {package.type for place, package in image.items() if place != PLUGIN} == {"java-archive"}
    assert image[PLUGIN].type == "jenkins-plugin"
    assert {(package.language, package.metadata_type) for package in image.values()} == {("java", "java-archive")}


def test_metadata_has_the_names_of_syft(image):
    content = tree("java")[SERVICE[1:].encode()]
    assert isinstance(content, bytes)
    manifest = image[SERVICE].metadata["manifest"]["main"]
    assert image[SERVICE].metadata["digest"] == [
        {"algorithm": "sha1", "value": hashlib.sha1(content, usedforsecurity=False).hexdigest()}
    ]
    assert manifest[0] == {"key": "Manifest-Version", "value": "1.0"}
    # Syft drops the blanks at which the line was folded.
    folded = "this attribute is so long that the jar tool folds it in the middle of some words"
    assert {"key": "X-Words", "value": folded} in manifest
    greeter = image[f"{APP}:org.example:greeter"].metadata
    assert greeter["pomProperties"] == {
        "path": "META-INF/maven/org.example/greeter/pom.properties",
        "groupId": "org.example",
        "artifactId": "greeter",
        "version": "1.2.3",
    }
    assert greeter["pomProject"] == {
        "path": "META-INF/maven/org.example/greeter/pom.xml",
        "parent": {"groupId": "org.example", "artifactId": "example-parent", "version": "7"},
        "groupId": "org.example",
        "artifactId": "greeter",
        "name": "The greeter of org.example",  # Syft resolves no inherited group
        "description": "Lines that are folded.",
        "url": "https://example.org/greeter",
    }
    assert "digest" not in greeter


def test_sections_of_the_manifest_are_kept(image):
    sections = image["/usr/share/java/org.example.bundle_1.2.0.jar"].metadata["manifest"]["sections"]
    assert sections == [[{"key": "Name", "value": "org/example/"}, {"key": "Sealed", "value": "true"}]]


def test_licences(image):
    stated = {
        place: [(one.value, one.spdx_expression, one.type) for one in package.licenses]
        for place, package in image.items()
        if package.licenses
    }
    url = ("https://opensource.org/licenses/MIT", "MIT", "declared")
    assert stated == {
        "/usr/share/java/org.example.bundle_1.2.0.jar": [
            ('Apache-2.0;link="https://www.apache.org/licenses/LICENSE-2.0"', "Apache-2.0", "declared")
        ],
        PLUGIN: [("MIT License", "MIT", "declared")],
        f"{PLUGIN}:WEB-INF/lib/logger-1.2.3.jar": [url],
        f"{SHOP}:WEB-INF/lib/logger-1.2.3.jar": [url],
        f"{APP}:org.example:logger": [url],
    }


def test_what_is_nested_or_shaded_is_a_dependency_of_what_is_around(image):
    view = View([tree("java")], JAVA)
    packages = [finding.package for finding in findings(view, JAVA)]
    places = {package.id: package.metadata["virtualPath"] for package in packages}
    relations = {(places[one.parent], places[one.child]) for one in JAVA.relate(view, packages)}
    assert relations == {
        (place, around) for place in image for around in (APP, SERVICE, SHOP, PLUGIN) if place.startswith(around + ":")
    }


def test_of_several_shaded_poms_that_of_the_file_name_is_the_archive():
    files = MANIFEST | pom("g", "b", "2") | pom("g", "app", "1") | pom("other", "app", "3") | pom("g", "app-core", "4")
    assert found(b"app-1.jar", files) == {
        ("", "app"): "pkg:maven/other/app@3",
        (":g:app", "app"): "pkg:maven/g/app@1",
        (":g:app-core", "app-core"): "pkg:maven/g/app-core@4",
        (":g:b", "b"): "pkg:maven/g/b@2",
    }


def test_a_pom_that_is_there_twice_is_two_packages_with_one_parent():
    files = MANIFEST | pom("g", "a", "1", directory="x") | pom("g", "a", "1", directory="y")
    view = View([{b"app.jar": jar(files)}], JAVA)
    packages = [finding.package for finding in findings(view, JAVA)]
    assert [package.name for package in packages] == ["app", "a", "a"]
    assert {(one.parent, one.child) for one in JAVA.relate(view, packages)} == {
        (packages[1].id, packages[0].id),
        (packages[2].id, packages[0].id),
    }


def test_an_archive_without_a_manifest_is_named_by_its_pom():
    """Syft finds nothing in such archives."""
    assert found(b"a-1.jar", pom("g", "a", "1") | pom("g", "b", "2")) == {
        ("", "a"): "pkg:maven/g/a@1",
        (":g:b", "b"): "pkg:maven/g/b@2",
    }
    assert extract(JAVA, b"a-1.jar", jar({"x.class": b""})) is None


def test_a_single_pom_xml_names_the_archive_too():
    project = "<project><parent><groupId>g</groupId><version>3</version></parent><artifactId>lib</artifactId></project>"
    assert found(b"lib.jar", MANIFEST | {"META-INF/maven/g/lib/pom.xml": project}) == {("", "lib"): "pkg:maven/g/lib@3"}
    assert found(b"other.jar", MANIFEST | {"META-INF/maven/g/lib/pom.xml": project}) == {
        ("", "other"): "pkg:maven/other/other"
    }


def test_jars_that_weave_into_others_are_not_those():
    weaver = {"META-INF/MANIFEST.MF": "Weave-Classes: a\n", **pom("g", "spring-web", "1")}
    assert extract(JAVA, b"spring-web-1.jar", jar(weaver)) is None


def test_parents_are_found_in_the_archive():
    parent = "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><properties><u>//x</u>"
    parent += "</properties><licenses><license><name>MIT License</name></license></licenses></project>"
    child = "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>"
    child += "<artifactId>a</artifactId><url>${u}/${project.version}</url></project>"
    files = MANIFEST | pom("g", "a", "1") | {"META-INF/maven/g/a/pom.xml": child, "META-INF/maven/g/p/pom.xml": parent}
    package = packages([{b"a-1.jar": jar(files)}], JAVA)["a"]
    assert [(one.value, one.spdx_expression) for one in package.licenses] == [("MIT License", "MIT")]
    package = packages([{b"x.jar": jar(files)}], JAVA)["a"]
    assert package.metadata["pomProject"]["url"] == "//x/1"


def test_a_name_and_a_version_that_nothing_tells():
    assert found(b"123.jar", MANIFEST) == {}
    assert packages([{b"a.jar": jar(MANIFEST)}], JAVA)["a"].version == "UNKNOWN"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"a.rar", b"Rar!\x1a\x07\x01\x00" + b"\0" * 99),
        (b"a.par", b"PAR2\0PKT" + b"\0" * 99),
        (b"a.nar", b"\r\0\0\0\0\0\0\0nix-archive-1\0\0\0"),
        (b"a.kar", b"MThd\0\0\0\x06"),
        (b"a.jar", b""),
        (b"a.zip", jar({"readme.txt": b"text", "META-INF/MANIFEST.MF": b"A: b\n"})),
    ],
)
def test_other_formats_of_these_extensions_are_none_of_java(path, content):
    assert JAVA.extract(MemoryFile(path, content)) is None


@pytest.mark.trap("A5")
def test_hidden_archives_say_only_what_is_gone():
    below, above = jar(MANIFEST | pom("g", "a", "1") | pom("g", "b", "1")), jar(MANIFEST | pom("g", "a", "1"))
    hidden = findings(View([{b"x.jar": below}, {b"x.jar": above}], JAVA, scope=Scope.HIDDEN), JAVA)
    assert [(one.key, one.evidence.layer) for one in hidden] == [({"name": "b", "version": "1", "group": "g"}, 0)]


def test_relations_do_not_cross_files():
    layer = {b"a/x.jar": jar(MANIFEST | pom("g", "a", "1")), b"b/x.jar": jar(MANIFEST | pom("g", "b", "1"))}
    assert related([layer], JAVA) == {("a", "x"), ("b", "x")}
