"""Names of store paths: `HASH-NAME-VERSION[-OUTPUT]`.

Source: the Nix manual, "Store Path"; `DrvName` in Nix's `src/libstore/names.cc` (the version starts after
the first dash that no letter follows); `outputPathName` in `src/libstore/derivations.cc` (an output other
than "out" is appended). Syft's `parse_nix_store_path.go` for the output where no database names it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from analyze.catalogers.text import clean

_STORE_PATH = re.compile(r"(?P<hash>[0-9a-df-np-sv-z]{32})-(?P<name>[0-9A-Za-z+\-._?=]{1,211})")
_VERSION = re.compile(r"-(?=\d|unstable-\d{4}-\d{2}-\d{2})")
_DIGIT = re.compile(r"\d")
_DERIVATION = ".drv"


@dataclass(frozen=True, slots=True)
class StoreName:
    """The parts of a store path's base name. `output` is "" for the output "out"."""

    hash: str
    name: str
    version: str
    output: str


@lru_cache(maxsize=4096)
def parse(base: str, output: str = "") -> StoreName | None:
    """Return the parts of a base name; None for derivations and for what has no version (sources, hooks).

    `output` is what the database calls the output, "" when it does not say.
    """
    match = _STORE_PATH.fullmatch(base)
    if match is None or base.endswith(_DERIVATION):
        return None
    dash = _VERSION.search(match["name"])
    if dash is None or not dash.start():
        return None
    name, version = match["name"][: dash.start()], match["name"][dash.end() :]
    if output:
        version = version.removesuffix("" if output == "out" else "-" + output)
        return StoreName(match["hash"], clean(name), version, "" if output == "out" else output)
    before, separator, last = version.rpartition("-")
    if separator and last and not _DIGIT.search(last) and not version.startswith("unstable-"):
        return StoreName(match["hash"], clean(name), before, last)
    return StoreName(match["hash"], clean(name), version, "")
