"""`container-manifest-2`: what Mariner and Azure Linux leave in images without a database.

Source: CBL-Mariner's `toolkit/docs/how_it_works/5_misc.md`. Lines of rpm's
`NAME VERSION-RELEASE INSTALLTIME BUILDTIME VENDOR EPOCH SIZE ARCH EPOCHNUM SOURCERPM`, with tabs between;
an epoch or source that a package does not have is `(none)`.
"""

from typing import Any

from analyze.catalogers.text import PACKAGES, Reasons, clean, is_name

_FIELDS = 10


def packages(text: str, reasons: Reasons) -> list[dict[str, Any]]:
    """Return the packages as `records.Records` does, without lists."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        fields = ["" if (field := clean(part)) == "(none)" else field for part in line.split("\t", _FIELDS)]
        if len(fields) < _FIELDS or not is_name(fields[0]):
            reasons.add(f"line {number} is no package")
            continue
        if len(found) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            break
        name, version_release, _, _, vendor, epoch, size, architecture, _, source = fields[:_FIELDS]
        version, _, release = version_release.rpartition("-")
        package: dict[str, Any] = {
            "name": name,
            "version": version or version_release,
            "release": release if version else "",
            "architecture": architecture,
            "sourceRpm": source,
            "vendor": vendor,
            "size": _number(size) or 0,
        }
        package = {field: value for field, value in package.items() if value}
        if (known := _number(epoch)) is not None:
            package["epoch"] = known
        found.append(package)
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
