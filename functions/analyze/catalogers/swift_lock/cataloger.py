"""The formats of Swift's package managers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader
from analyze.catalogers.lockfile.formats import version
from cargohold.purl import purl


def _swift(_: Format, entry: Mapping[str, Any]) -> str:
    """Return the purl specification's form: host and owner are the namespace, the repository is the name."""
    from analyze.catalogers.swift_lock import swiftpm

    *namespace, name = swiftpm.place(entry["metadata"]["location"]).split("/")
    return purl("swift", "/".join(namespace), name, version(entry))


def _cocoapods(_: Format, entry: Mapping[str, Any]) -> str:
    """Return the purl specification's form: what a pod is a part of is the name, the part is the subpath."""
    name, _, part = entry["name"].strip("/").partition("/")
    return purl("cocoapods", "", name, version(entry), subpath=part)


class SwiftLockCataloger(LockfileCataloger):
    """Package.resolved and Podfile.lock."""

    name: ClassVar[str] = "swift_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="Package.resolved",
            read=reader("analyze.catalogers.swift_lock.swiftpm"),
            type="swift",
            language="swift",
            purl_type="swift",
            basenames=frozenset({b"Package.resolved", b".package.resolved"}),
            metadata_type="swift-package-manager-lock-entry",
            purl=_swift,
        ),
        Format(
            name="Podfile.lock",
            read=reader("analyze.catalogers.swift_lock.cocoapods"),
            type="pod",
            language="swift",
            purl_type="cocoapods",
            basenames=frozenset({b"Podfile.lock"}),
            metadata_type="cocoa-podfile-lock-entry",
            purl=_cocoapods,
        ),
    )
