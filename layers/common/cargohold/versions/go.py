"""Go's versions: of modules, and of the toolchain and its standard library.

Sources: golang.org/x/mod/semver for `v1.2.3`; go/version for `go1.22.1`.
"""

import re

from cargohold.versions import semver
from cargohold.versions.encoding import number, text

_MODULE = re.compile(r"v?[0-9]+(\.[0-9]+(\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]*)?)?)?")
_TOOLCHAIN = re.compile(r"go([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+)|([a-z]+)([0-9]*))?)?(?:[ +-].*)?")
_FIRST_WITH_PATCH = 21  # from Go 1.21 on "go1.21" is the language, older than its first release
_TOOLCHAINS, _MODULES = b"\1", b"\2"


def key(version: str) -> bytes | None:
    """Return the key of a module's version, with or without `v`, or of a toolchain's. None for `(devel)`."""
    match = _TOOLCHAIN.fullmatch(version)
    if match is not None:
        return _TOOLCHAINS + _toolchain(*match.groups())
    if _MODULE.fullmatch(version) is None:
        return None
    module = semver.key(version)
    return None if module is None else _MODULES + module


def _toolchain(major: str, minor: str | None, patch: str | None, kind: str | None, pre: str | None) -> bytes:
    if patch is None and kind is None and int(minor or "0") < _FIRST_WITH_PATCH:
        patch = "0"
    released = b"\0" if patch is None else b"\1" + number(patch)
    return number(major) + number(minor or "") + released + text(kind or "") + number(pre or "")
