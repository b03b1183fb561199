"""What Gradle locks, and what a pom.xml says on its own."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages

from analyze.catalogers.java_lock import JavaLockCataloger

LOCK = JavaLockCataloger()


def files(name):
    return {path: content for path, content in tree("java_lock").items() if path.startswith(name)}


def test_gradle():
    found = packages([files(b"gradle/")], LOCK)
    assert {name: one.purl for name, one in found.items()} == {
        "guava": "pkg:maven/com.google.guava/guava@32.1.2-jre",
        "junit": "pkg:maven/org.junit/junit@5.0",
    }
    assert found["guava"].metadata["pomProject"]["groupId"] == "com.google.guava"
    assert {name for name, one in found.items() if one.metadata.get("development")} == {"junit"}


def test_maven():
    found = packages([files(b"maven/")], LOCK)
    assert {name: one.purl for name, one in found.items()} == {
        "guava": "pkg:maven/com.google.guava/guava@32.1",
        "own": "pkg:maven/org.example/own@2.0",
        "managed": "pkg:maven/org.example/managed@1.1",
        "junit": "pkg:maven/junit/junit@4.13",
    }
    assert found["junit"].metadata["pomProperties"]["scope"] == "test"
    assert (found["guava"].type, found["guava"].metadata_type) == ("java-archive", "java-archive")


POM = "<project><properties>{}</properties><dependencies>{}</dependencies></project>"
DEPENDENCY = "<dependency><groupId>g</groupId><artifactId>a</artifactId><version>{}</version>{}</dependency>"


@pytest.mark.parametrize(
    ("properties", "version", "expected"),
    [
        ("", "1", "1"),
        ("<v>1</v>", "${v}", "1"),
        ("<v>1</v><w>${v}.2</w>", "${w}-x", "1.2-x"),
        ("<v>${v}</v>", "${v}", None),
        ("<v>${w}</v><w>${v}</w>", "${v}", None),
        ("<v>" + "${w}" * 200 + "</v><w>" + "x" * 900 + "</w>", "${v}", None),
        ("", "${v", None),
        ("", "[1,2)", None),
        ("", "", None),
    ],
)
def test_versions(properties, version, expected):
    facts = extract(LOCK, b"pom.xml", POM.format(properties, DEPENDENCY.format(version, "")).encode())
    assert (facts and facts.identity[0]["version"]) == expected


def test_classifiers_and_types_are_qualifiers():
    more = "<classifier>natives</classifier><type>zip</type>"
    (package,) = packages([{b"pom.xml": POM.format("", DEPENDENCY.format("1", more)).encode()}], LOCK).values()
    assert package.purl == "pkg:maven/g/a@1?classifier=natives&type=zip"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><project/>', "no pom.xml: has a document type declaration"),
        (b"<a>" * 100, "no pom.xml: nests deeper than 64"),
        (b"<project>", "no XML: no element found: line 1, column 9"),
        (b"<?xml version='1.0' encoding='x'?><a/>", "no XML: unknown encoding: x"),
    ],
)
def test_what_is_refused(content, reason):
    facts = extract(LOCK, b"pom.xml", content)
    assert (facts.identity, facts.unknowns) == ([], [reason])


def test_what_stands_before_an_error_is_kept():
    content = POM.format("", DEPENDENCY.format("1", "")).encode().replace(b"</dependencies>", b"<broken")
    facts = extract(LOCK, b"pom.xml", content)
    assert [key["name"] for key in facts.identity] == ["a"]
    assert facts.unknowns
