"""The formats of Conan and vcpkg."""

from collections.abc import Mapping
from typing import Any, ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader
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
            read=reader("analyze.catalogers.cpp_lock.conan", "read_graph"),
            type="conan",
            language="c++",
            purl_type="conan",
            basenames=frozenset({b"conan.lock"}),
            metadata_type="c-conan-lock-entry",
        ),
        Format(
            name="conan.lock",
            read=reader("analyze.catalogers.cpp_lock.conan", "read_lists"),
            type="conan",
            language="c++",
            purl_type="conan",
            basenames=frozenset({b"conan.lock"}),
            metadata_type="c-conan-lock-v2-entry",
        ),
        Format(
            name="vcpkg.json",
            read=reader("analyze.catalogers.cpp_lock.vcpkg"),
            type="vcpkg",
            language="c++",
            purl_type="vcpkg",
            basenames=frozenset({b"vcpkg.json"}),
            metadata_type="vcpkg-manifest",
            purl=_vcpkg,
        ),
    )
