"""The format of Go's module files."""

from collections.abc import Mapping
from typing import Any, ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader
from analyze.catalogers.lockfile.formats import version
from cargohold.purl import purl


def _purl(_: Format, entry: Mapping[str, Any]) -> str:
    """Return the purl of a module as Go executables' have it: after host, owner and repository is the subpath."""
    parts = [part for part in entry["name"].split("/") if part.strip()]
    return purl("golang", "/".join(parts[:3][:-1]), parts[:3][-1], version(entry), subpath="/".join(parts[3:]))


class GoModCataloger(LockfileCataloger):
    """go.mod."""

    name: ClassVar[str] = "go_mod"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="go.mod",
            read=reader("analyze.catalogers.go_mod.modfile"),
            type="go-module",
            language="go",
            purl_type="golang",
            basenames=frozenset({b"go.mod"}),
            metadata_type="go-module-entry",
            purl=_purl,
        ),
    )
