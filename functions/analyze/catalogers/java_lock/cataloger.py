"""The formats of Gradle and Maven."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader
from analyze.catalogers.lockfile.formats import version
from cargohold.purl import purl


def _purl(_: Format, entry: Mapping[str, Any]) -> str:
    name = entry["name"].strip("/").replace("/", "_")
    return purl("maven", entry.get("namespace", ""), name, version(entry), entry.get("qualifiers"))


_java = partial(
    Format, type="java-archive", language="java", purl_type="maven", metadata_type="java-archive", purl=_purl
)


class JavaLockCataloger(LockfileCataloger):
    """gradle.lockfile, and the dependencies of pom.xml files that say which version."""

    name: ClassVar[str] = "java_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        _java(
            name="gradle.lockfile",
            read=reader("analyze.catalogers.java_lock.gradle"),
            basenames=frozenset({b"gradle.lockfile", b"buildscript-gradle.lockfile"}),
        ),
        _java(name="pom.xml", read=reader("analyze.catalogers.java_lock.pom"), basenames=frozenset({b"pom.xml"})),
    )
