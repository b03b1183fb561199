"""Headers as packages: Syft's rpm-db-entry fields, with licence and files.

Source: rpm's `include/rpm/rpmtag.h`.
"""

from base64 import b64decode
from typing import Any

from analyze.catalogers.rpm import files
from analyze.catalogers.rpm.header import LARGEST, Header
from analyze.catalogers.rpm.signatures import signature
from analyze.catalogers.text import PACKAGES, PATHS, Reasons, clean, is_name

_NAME, _VERSION, _RELEASE, _EPOCH, _SIZE, _VENDOR = 1000, 1001, 1002, 1003, 1009, 1011
_LICENSE, _ARCHITECTURE, _SOURCE_RPM, _LONG_SIZE, _MODULARITY = 1014, 1022, 1044, 5009, 5096
_PROVIDES, _REQUIRES = 1047, 1049
_SIGNATURES = (268, 267, 259, 262)  # of the header (RSA, DSA), of header and payload (PGP, GPG)
_OPENPGP = 278  # of the header since rpm 6: any number of them, in base64
_TEXTS = {
    "name": _NAME,
    "version": _VERSION,
    "release": _RELEASE,
    "architecture": _ARCHITECTURE,
    "sourceRpm": _SOURCE_RPM,
    "vendor": _VENDOR,
    "modularityLabel": _MODULARITY,
    "license": _LICENSE,
}
_TAGS = frozenset(
    {*_TEXTS.values(), _EPOCH, _SIZE, _LONG_SIZE, _PROVIDES, _REQUIRES, *_SIGNATURES, _OPENPGP, *files.TAGS}
)
_CHARACTERS = 32 << 20  # of file paths and of dependencies in one database
_NONE = "(none)"  # what keys that rpm imports have as their source
_LARGEST = (1 << 63) - 1


class Records:
    """Turns the headers of one database into records, within bounds on all of them together."""

    def __init__(self, reasons: Reasons) -> None:
        self.found: list[dict[str, Any]] = []
        self._reasons = reasons
        self._paths = PATHS
        self._path_characters = self._dependency_characters = _CHARACTERS
        self._full = False

    def add(self, blob: bytes, row: int) -> bool:
        """Read the header of a row; False, and a reason, when it is none or names no package."""
        if len(self.found) == PACKAGES:
            if not self._full:
                self._reasons.add(f"more than {PACKAGES} packages")
            self._full = True
            return False
        if len(blob) > LARGEST:
            self._reasons.add(f"row {row}: a header of {len(blob)} bytes")
            return False
        try:
            header = Header(blob, _TAGS)
            record: dict[str, Any] = {field: header.text(tag) for field, tag in _TEXTS.items()}
        except ValueError as error:
            self._reasons.add(f"row {row}: {error}")
            return False
        if not is_name(record["name"]) or record["name"] == _NONE:
            self._reasons.add(f"row {row}: a package without a name")
            return False
        self._numbers(header, record, row)
        for field, tag in (("provides", _PROVIDES), ("requires", _REQUIRES)):
            record[field] = self._dependencies(header, tag, row)
        record["signatures"] = self._signatures(header, row)
        record["files"] = self._files(header, row)
        epoch = record.pop("epoch")
        record = {field: value for field, value in record.items() if value and value != _NONE}
        if epoch is not None:
            record["epoch"] = epoch
        self.found.append(record)
        return True

    def _numbers(self, header: Header, record: dict[str, Any], row: int) -> None:
        record["epoch"], record["size"] = None, 0
        try:
            epoch = header.numbers(_EPOCH)
            size = header.numbers(_LONG_SIZE) or header.numbers(_SIZE)
        except ValueError as error:
            self._reasons.add(f"row {row}: {error}")
            return
        record["epoch"] = min(epoch[0], _LARGEST) if epoch else None
        record["size"] = min(size[0], _LARGEST) if size else 0

    def _dependencies(self, header: Header, tag: int, row: int) -> list[str]:
        try:
            names = [clean(name.decode("utf-8", "replace")) for name in dict.fromkeys(header.strings(tag))]
        except ValueError as error:
            self._reasons.add(f"row {row}: {error}")
            return []
        self._dependency_characters -= sum(map(len, names))
        if self._dependency_characters < 0:
            self._reasons.add(f"row {row}: over {_CHARACTERS} characters of dependencies")
            return []
        return [name for name in names if name]

    def _signatures(self, header: Header, row: int) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for tag in (*_SIGNATURES, _OPENPGP):
            try:
                for packet in map(b64decode, header.strings(tag)[:8]) if tag == _OPENPGP else (header.binary(tag),):
                    if packet and (said := signature(packet)) not in found:
                        found.append(said)
            except ValueError as error:
                self._reasons.add(f"row {row}: {error}")
        return found

    def _files(self, header: Header, row: int) -> dict[str, Any]:
        try:
            columns = files.files(header)
        except ValueError as error:
            self._reasons.add(f"row {row}: {error}")
            return {}
        count, characters = files.weight(columns)
        if count > self._paths or characters > self._path_characters:
            self._reasons.add(f"row {row}: more than {PATHS} files, or {_CHARACTERS} characters of their paths")
            return {}
        self._paths -= count
        self._path_characters -= characters
        return columns


def version(record: dict[str, Any]) -> str:
    """Return `[epoch:]version-release` as Syft shows it, or "" when the header has neither."""
    found = "-".join(part for part in (record.get("version", ""), record.get("release", "")) if part)
    return f"{record['epoch']}:{found}" if found and "epoch" in record else found
