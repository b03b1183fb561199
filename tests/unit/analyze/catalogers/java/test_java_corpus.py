"""Archives of other projects' tests. Names, versions, purls and virtual paths are Syft 1.18.1's."""

import pytest
from tests.harness.fixtures import corpus
from tests.harness.views import View, findings

from analyze.catalogers.java import JavaCataloger

JAVA = JavaCataloger()
EMPTY = "9999.0-empty-to-avoid-conflict-with-guava"
DATABIND = ":com.fasterxml.jackson.core:jackson-databind com.fasterxml.jackson.core/jackson-databind"
EXPECTED = {
    "maven.war": [
        " maven/maven",
        ":com.example:web-app com.example/web-app@1.0-SNAPSHOT",
        ":WEB-INF/lib/commons-lang3-3.11.jar org.apache.commons/commons-lang3@3.11",
        ":WEB-INF/lib/cron-utils-9.1.2.jar com.cronutils/cron-utils@9.1.2",
        ":WEB-INF/lib/jackson-annotations-2.9.10.jar com.fasterxml.jackson.core/jackson-annotations@2.9.10",
        ":WEB-INF/lib/jackson-core-2.9.10.jar com.fasterxml.jackson.core/jackson-core@2.9.10",
        ":WEB-INF/lib/jackson-databind-2.9.10.6.jar com.fasterxml.jackson.core/jackson-databind@2.9.10.6",
        ":WEB-INF/lib/javax.el-3.0.0.jar org.glassfish/javax.el@3.0.0",
        ":WEB-INF/lib/slf4j-api-1.7.30.jar org.slf4j/slf4j-api@1.7.30",
    ],
    "hadoop-shaded-guava.jar": [
        " org.apache.hadoop.thirdparty/hadoop-shaded-guava@1.1.0-SNAPSHOT",
        ":com.google.guava:failureaccess com.google.guava/failureaccess@1.0.1",
        ":com.google.guava:guava com.google.guava/guava@29.0-jre",
        ":com.google.guava:listenablefuture com.google.guava/listenablefuture@" + EMPTY,
        ":com.google.j2objc:j2objc-annotations com.google.j2objc/j2objc-annotations@1.3",
    ],
    "gizmo-1.1-nested.jar": [
        " io.quarkus.gizmo/gizmo@1.1",
        *[DATABIND + "@2.12.3"] * 2,
        *[DATABIND + "@2.13.4"] * 2,
        ":jars/log4j-1.2.16.jar log4j/log4j@1.2.16",
        ":jars/log4j-1.2.17.jar log4j/log4j@1.2.17",
    ],
    # Its innermost archive has a pom and no manifest: Syft finds nothing in it, Maven and OSV-Scalibr do.
    "nested-10.jar": [":nested.jar" * 9 + ":com.some.package:package-name com.some.package/package-name@1.2.3"],
    "nested-100.jar": [],
}


@pytest.mark.parametrize("file", EXPECTED)
def test_the_same_as_syft(file):
    path = f"opt/{file}"
    view = View([{path.encode(): corpus("java", file).read_bytes()}], JAVA)
    packages = [finding.package for finding in findings(view, JAVA)]
    found = [
        f"{one.metadata['virtualPath'].removeprefix('/' + path)} {one.purl.removeprefix('pkg:maven/')}"
        for one in packages
    ]
    assert sorted(found) == sorted(EXPECTED[file])
    assert len(list(JAVA.relate(view, packages))) == max(0, len([one for one in found if "nested.jar" not in one]) - 1)
    unknowns = [reason for facts in view.facts("java") for reason in facts.facts.unknowns]
    assert [reason.rpartition(": ")[2] for reason in unknowns] == (
        ["nested deeper than 16 archives"] if file == "nested-100.jar" else []
    )
