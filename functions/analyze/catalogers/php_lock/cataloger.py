"""The format of Composer."""

from collections.abc import Mapping
from typing import Any, ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader
from analyze.catalogers.lockfile.formats import version
from cargohold.purl import purl


def _purl(_: Format, entry: Mapping[str, Any]) -> str:
    vendor, slash, name = entry["name"].partition("/")
    if not slash:
        vendor, name = "", entry["name"]
    return purl("composer", vendor, name.strip("/").replace("/", "-") or vendor, version(entry))


class PhpLockCataloger(LockfileCataloger):
    """composer.lock."""

    name: ClassVar[str] = "php_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="composer.lock",
            read=reader("analyze.catalogers.php_lock.composer"),
            type="php-composer",
            language="php",
            purl_type="composer",
            basenames=frozenset({b"composer.lock"}),
            metadata_type="php-composer-lock-entry",
            purl=_purl,
        ),
    )
