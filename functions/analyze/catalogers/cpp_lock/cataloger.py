"""The formats of Conan and vcpkg."""

from collections.abc import Mapping
from typing import Any, ClassVar

from analyze.catalogers.cpp_lock import conan, vcpkg
from analyze.catalogers.lockfile import Format, LockfileCataloger
from analyze.catalogers.lockfile.formats import version
from cargohold.purl import purl


def _vcpkg(_: Format, entry: Mapping[str, Any]) -> str:
    return purl("vcpkg", "", entry["name"].replace("/", "_"), version(entry), entry.get("qualifiers"))


class CppLockCataloger(LockfileCataloger):
    """conan.lock, and what vcpkg.json overrides."""

    name: ClassVar[str] = "cpp_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="conan.lock of Conan 1",
            read=conan.read_graph,
            type="conan",
            language="c++",
            purl_type="conan",
            basenames=frozenset({b"conan.lock"}),
            metadata_type="c-conan-lock-entry",
        ),
        Format(
            name="conan.lock",
            read=conan.read_lists,
            type="conan",
            language="c++",
            purl_type="conan",
            basenames=frozenset({b"conan.lock"}),
            metadata_type="c-conan-lock-v2-entry",
        ),
        Format(
            name="vcpkg.json",
            read=vcpkg.read,
            type="vcpkg",
            language="c++",
            purl_type="vcpkg",
            basenames=frozenset({b"vcpkg.json"}),
            metadata_type="vcpkg-manifest",
            purl=_vcpkg,
        ),
    )
