"""What file names, manifests and licence files say. The tables are Syft's own where they say so."""

import pytest

from analyze.catalogers.java import licenses, manifest
from analyze.catalogers.java.filename import parse
from analyze.catalogers.java.groups import group

FILES = """
pkg-maven-4.3.2.blerg | pkg-maven | 4.3.2
pkg-maven.4.3.2.blerg | pkg-maven | 4.3.2
pkg-maven_4.3.2.blerg | pkg-maven | 4.3.2
liferay-package.lpkg | liferay-package |
pkg-extra-field-maven-4.3.2-rc1.ear | pkg-extra-field-maven | 4.3.2-rc1
/some/path-with-version-5.4.3/wagon-webdav-1.0.2-beta-2.2.3a-hudson.jar | wagon-webdav | 1.0.2-beta-2.2.3a-hudson
WEB-INF/lib/jtidy-4aug2000r7-dev-hudson-1.jar | jtidy | 4aug2000r7-dev-hudson-1
WEB-INF/lib/trilead-ssh2-build212-hudson-5.jar | trilead-ssh2 | build212-hudson-5
WEB-INF/lib/guava-r06.jar | guava | r06
BOOT-INF/lib/spring-data-r2dbc-1.1.0.RELEASE.jar | spring-data-r2dbc | 1.1.0.RELEASE
jboss-saaj-api_1.4_spec-1.0.2.Final.jar | jboss-saaj-api_1.4_spec | 1.0.2.Final
gradle-build-cache-8.1.1.jar | gradle-build-cache | 8.1.1
"""  # of Syft's archive_filename_test.go
MORE = """
ironman-r4-2009.jar | ironman-r4 | 2009
kafka_2.13.jar | kafka | 2.13
1.0.jar | |
a--b-1.jar | |
foo-.jar | foo- |
jar | jar |
.jar | |
"""


@pytest.mark.parametrize("row", [*FILES.strip().splitlines(), *MORE.strip().splitlines()])
def test_file_names(row):
    path, name, version = (cell.strip() for cell in row.split("|"))
    found = parse(path)
    assert (found.name, found.version) == (name, version)


def test_long_names_take_linear_time():
    assert parse("a" * 990 + "!.jar").name == ""
    assert parse("a-1" * 300 + "\n.jar").name == ""
    assert parse("a" * 5000 + ".jar").name == ""


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        ("Implementation-Title: maven-wrapper\n", "", "maven-wrapper"),
        ("Name: foo\nImplementation-Title: maven-wrapper\n", "/something/omg.jar", "omg"),
        (
            "Created-By: Apache Maven Bundle Plugin 5.1.6\nBundle-SymbolicName: com.a.gadgets.a-gadgets-api\n",
            "/something/omg.jar",
            "a-gadgets-api",
        ),
        (
            "Created-By: Apache Maven Bundle Plugin\nBundle-SymbolicName: com.g\nImplementation-Vendor-Id: com.g\n",
            "google-oauth-client-1.25.0.jar",
            "google-oauth-client",
        ),
        ("", "com.atlassian.gadgets.atlassian-gadgets-api.jar", "atlassian-gadgets-api"),
        ("", "http4s-crypto_2.12-0.1.0.jar", "http4s-crypto_2.12"),
        ("", "kafka_2.13-3.2.2.jar", "kafka_2.13"),
        ("", "org.eclipse.ant.core-3.7.0.jar", "org.eclipse.ant.core"),
    ],
)
def test_names(text, path, name):
    """The cases of Syft's `TestSelectName`."""
    assert manifest.name(manifest.parse(text.encode()), parse(path)) == name


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Implementation-Version: 1.8.2\nSpecification-Version: 1.0\n", "1.8.2"),
        (
            "Specification-Version: 2.0\n\nName: a/\nSpecification-Version: 1\n\nImplementation-Version: 1.8.2\n",
            "1.8.2",
        ),
        ("Manifest-Version: 1.0\n\nName: a/\nBundle-Version: 1.11.28\n", "1.11.28"),
        ("plugin-version: 3\n", "3"),
        ("", ""),
    ],
)
def test_versions(text, version):
    """The cases of Syft's `TestSelectVersion`, and that names know no case."""
    assert manifest.version(manifest.parse(text.encode()), parse("a.jar")) == version
    assert manifest.version(manifest.parse(text.encode()), parse("a-7.jar")) == "7"


def test_manifests():
    text = "\n A: no\nMain: on\n e\r\n  word\nbroken\n gone\n: x\nEmpty:\n\n\n\n"
    text += "Name: a\nSHA-256-Digest: b\n\nName: c\nX: d:e\n"
    assert manifest.parse(text.encode()).record() == {
        "main": [{"key": "Main", "value": "one word"}, {"key": "Empty", "value": ""}],
        "sections": [[{"key": "Name", "value": "c"}, {"key": "X", "value": "d:e"}]],
    }
    assert manifest.parse(b"").record() == {}
    assert manifest.parse(b"A: b\rC: d").main == [("A", "b"), ("C", "d")]


def test_signatures_of_many_classes_are_not_kept():
    signed = "A: b\n\n" + "".join(f"Name: org/C{number}.class\nSHA-256-Digest: x\n\n" for number in range(10_000))
    assert manifest.parse((signed + "Name: last\nSealed: true\n").encode()).sections == [
        [("Name", "last"), ("Sealed", "true")]
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("ant-antlr", "", "org.apache.ant"),
        ("spring-core", "Implementation-Vendor-Id: org.example\n", "org.springframework"),
        ("a", "Implementation-Vendor: org.anchore\n", "org.anchore"),
        ("a", "Implementation-Vendor: Example Inc\nBundle-SymbolicName: org.b;singleton:=true\n", "org.b"),
        ("a", "Implementation-Vendor-Id: org.z\nGroup-Id: org.y#x\n", "org.y"),
        ("a", "Automatic-Module-Name: org.m\n\nName: x\nImplementation-Vendor: org.n\n", "org.n"),
        ("a", "Main-Class: io.x.Main\nAutomatic-Module-Name: m\n", "io.x.Main"),
        ("a", "Implementation-Title: some title\n", ""),
    ],
)
def test_groups_of_manifests(name, text, expected):
    assert group(name, None, None, manifest.parse(text.encode())) == expected


def test_groups_of_poms_come_first():
    """The cases of Syft's `package_url_test.go`."""
    assert group("ant", {"groupId": "g"}, {"groupId": "h"}, None) == "g"
    assert group("ant", {"artifactId": "a"}, {"groupId": "commons"}, None) == "commons"
    assert group("ant", {"artifactId": "a"}, {"parent": {"groupId": "parent"}}, None) == "parent"
    assert group("x", {"artifactId": "org.example.x"}, None, None) == "org.example.x"
    assert group("ant", {"artifactId": "a"}, {"artifactId": "b"}, None) == "org.apache.ant"
    assert group("x", {"groupId": "org.bar;uses:=x"}, None, None) == "org.bar"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("http://apache.org/licenses/LICENSE-2.0/", "Apache-2.0"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ('"Eclipse Public License, Version 2.0";link="https://www.eclipse.org/legal/epl-v20.html"', "EPL-2.0"),
        ("https://www.eclipse.org/legal/epl-2.0/, https://www.apache.org/licenses/LICENSE-2.0.txt", ""),
        ("http://apache.org/licenses/LICENSE-2.0,https://www.apache.org/licenses/LICENSE-2.0.html", "Apache-2.0"),
        ("Apache-2.0 OR MIT", "Apache-2.0 OR MIT"),
        ("https://example.org/license", ""),
        ("", ""),
    ],
)
def test_what_licences_mean(value, expected):
    assert licenses.license_of({"value": value}, "/x").spdx_expression == expected


def test_a_title_without_a_meaning_may_have_an_address_with_one():
    record = {"value": "Our licence", "url": "https://opensource.org/licenses/MIT"}
    assert licenses.license_of(record, "/x").spdx_expression == "MIT"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "META-INF/LICENSE",
            "// SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: EPL-2.0 */\n",
            ["MIT", "EPL-2.0"],
        ),
        ("META-INF/LICENSE-MIT.txt", "", ["MIT"]),
        ("META-INF/license.apache-2.0", "", ["Apache-2.0"]),
        (
            "LICENSE",
            "\n     Apache License\n  Version 2.0, January 2004\n http://www.apache.org/licenses/\n",
            ["Apache-2.0"],
        ),
        ("META-INF/LICENSE.txt", "Permission is granted, perhaps.", []),
        ("META-INF/LICENSE" + "-" * 70_000, "x", []),
    ],
)
def test_licence_files(name, text, expected):
    assert licenses.is_license_file(name.encode()) is (len(name) < 100)
    if len(name) < 100:
        assert licenses.of_file(name, text.encode()) == expected


@pytest.mark.parametrize("name", [b"org/LICENSE", b"META-INF/x/LICENSE", b"META-INF/NOTICE", b"META-INF/"])
def test_files_that_are_no_licences(name):
    assert not licenses.is_license_file(name)
