"""Java installations. Names, versions and purls of the fixtures are what Syft 1.18.1 says of them."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import Link, View, extract, findings, packages

from analyze.catalogers.jvm import JvmCataloger
from analyze.catalogers.jvm.release import release, vendor_and_product, version
from cargohold.model import Scope

JVM = JvmCataloger()


@pytest.fixture(scope="module")
def image():
    programs = {b"opt/java/openjdk/bin/" + name: b"" for name in (b"java", b"javac")}
    return packages([tree("jvm") | programs], JVM)


def test_packages_and_purls(image):
    assert {(package.name, package.version): package.purl for package in image.values()} == {
        ("openjdk", "25.0.3+9-LTS"): (
            "pkg:generic/oracle/openjdk@25.0.3%2B9-LTS?repository_url=https:%2F%2Fgithub.com%2Fadoptium%2Fjdk25u.git"
        ),
        ("zulu", "17.0.11+9-LTS"): "pkg:generic/azul/zulu@17.0.11%2B9-LTS",
    }
    assert (image["zulu"].type, image["zulu"].namespace, image["zulu"].architecture) == ("binary", "azul", "aarch64")


def test_metadata_has_the_names_of_syft(image):
    assert image["zulu"].metadata_type == "java-jvm-installation"
    assert image["zulu"].metadata == {
        "release": {
            "implementor": "Azul Systems, Inc.",
            "implementorVersion": "Zulu17.50+19-CA",
            "javaRuntimeVersion": "17.0.11+9-LTS",
            "javaVersion": "17.0.11",
            "javaVersionDate": "2024-04-16",
            "libc": "gnu",
            "modules": ["java.base", "java.logging"],
            "osArch": "aarch64",
            "osName": "Linux",
            "source": ".:git:deadbeef0000",
        }
    }
    assert image["openjdk"].metadata["release"]["imageType"] == "JDK"


def test_files_of_the_installation_are_owned(image):
    assert image["openjdk"].files == (
        "/opt/java/openjdk/bin/java",
        "/opt/java/openjdk/bin/javac",
        "/opt/java/openjdk/release",
    )


@pytest.mark.trap("A5")
def test_links_out_of_an_installation_are_not_followed():
    text = b'JAVA_VERSION="17"\n'
    layer = {
        b"j/release": text,
        b"j/lib/x": b"",
        b"j/lib/loop": Link(b".."),
        b"j/conf": Link(b"/etc/java"),
        b"etc/java/security": b"",
        b"release": text,
    }
    files = {finding.package.files for finding in findings(View([layer], JVM), JVM)}
    assert files == {("/j/lib/x", "/j/release"), ()}
    hidden = View([layer, {b"j/release": b'JAVA_VERSION="21"\n'}], JVM, scope=Scope.HIDDEN)
    assert [(one.key["version"], one.package.files) for one in findings(hidden, JVM)] == [("17", ())]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"javaRuntimeVersion": "21.0.4+7-LTS", "fullVersion": "bogus", "javaVersion": "bogus"}, "21.0.4+7-LTS"),
        ({"fullVersion": "1.8.0_422-b05", "javaVersion": "1.8.0_422"}, "1.8.0_422-b05"),
        ({"fullVersion": "8.0.422", "javaVersion": "1.8.0_422"}, "1.8.0_422"),
        ({"javaVersion": "21.0.4"}, "21.0.4"),
        ({}, ""),
    ],
)
def test_versions(fields, expected):
    assert version(fields) == expected


@pytest.mark.parametrize(
    ("implementor", "path", "image", "compiler", "expected"),
    [
        ("Azul Systems", "/usr/lib/jvm/zulu-11-amd64/release", "JDK", True, ("azul", "zulu")),
        ("", "/opt/zulu8/release", "", False, ("azul", "zulu")),
        ("Sun Microsystems", "/usr/lib/jvm/jdk-1.8-sun-amd64/release", "JDK", True, ("sun", "jdk")),
        ("Oracle Corporation", "/usr/lib/jvm/jdk-1.8-oracle-x64/release", "JRE", False, ("oracle", "jre")),
        ("Oracle Corporation", "/opt/jdk/release", "JRE", True, ("oracle", "jdk")),
        ("", "/usr/lib/jvm/jdk-1.8-oracle-x64/release", "JDK", True, ("oracle", "jdk")),
        ("Amazon Corretto", "/usr/lib/jvm/java-17-amazon-corretto/release", "JDK", True, ("oracle", "openjdk")),
    ],
)
def test_vendors_and_products(implementor, path, image, compiler, expected):
    """The cases of Syft's `parse_jvm_release_test.go`, and two more."""
    fields = {"implementor": implementor, "imageType": image}
    assert vendor_and_product(fields, path, has_compiler=compiler) == expected


@pytest.mark.parametrize(
    "content",
    [b'NAME="Fedora"\n', b"release 7\n", b'JAVA_VERSION=""\n', b"JAVA_VERSION\n", b'=""="\n' * 9, b'\xff="\0'],
)
def test_other_files_of_that_name_are_none(content):
    assert extract(JVM, b"etc/release", content) is None


def test_values_may_stand_without_quotes():
    assert release(b"JAVA_VERSION=1.7\r\nX=y\r\n") == {"javaVersion": "1.7"}
