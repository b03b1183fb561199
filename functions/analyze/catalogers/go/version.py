"""Which version a Go executable's main module has, when Go itself wrote `(devel)`.

Source: Syft's go-module-binary cataloger for what counts (linker flags, then the commit), cmd/link for
`-X importpath.name=value`, and "Pseudo-versions" of the Go modules reference.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

DEVEL = "(devel)"

_ASSIGNMENT = re.compile(r"""--?X[=\s]\s*(?:'([^']*)'|"([^"]*)"|(\S+))""")
_SEMANTIC = re.compile(r"v?\d+\.\d+\.\d+[-+.\w]*", re.ASCII)
_VARIABLES = (  # of the best candidate first
    re.compile(r"version", re.IGNORECASE),
    re.compile(r"(?:git|build|release)ver(?:sion)?", re.IGNORECASE),
    re.compile(r"(?!go(?:lang)?ver)[a-z0-9_]*ver(?:sion)?", re.IGNORECASE),
    re.compile(r"[a-z0-9_]*tag", re.IGNORECASE),
)
_REVISION = 12


def main_version(module: str, settings: Iterable[tuple[str, str]]) -> str:
    """Return the version that the build settings give the main module, or ""."""
    known = dict(settings)
    flags = known.get("-ldflags", "")
    version = flagged(flags, module) if flags else ""
    if version:
        return version if version.startswith("v") else "v" + version
    revision, moment = known.get("vcs.revision", ""), known.get("vcs.time", "")
    return f"v0.0.0-{_stamp(moment)}-{revision[:_REVISION]}" if revision and moment else ""


def flagged(flags: str, module: str) -> str:
    """Return the version that `-X` sets in package main or in one of the module, or ""."""
    found = list(_assignments(flags, module))
    for variable in _VARIABLES:
        for name, value in found:
            match = _SEMANTIC.match(value.rpartition("/")[2]) if variable.fullmatch(name) else None
            if match is not None:
                return match[0].rstrip(".-+")
    return ""


def _assignments(flags: str, module: str) -> Iterator[tuple[str, str]]:
    """Yield names of variables, without their package, and values."""
    for match in _ASSIGNMENT.finditer(flags):
        target, equals, value = (match[1] or match[2] or match[3] or "").partition("=")
        package, _, name = target.rpartition(".")
        if equals and (package in ("main", module) or (module and package.startswith(module + "/"))):
            yield name, value


def _stamp(moment: str) -> str:
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y%m%d%H%M%S")
    except (ValueError, OverflowError):
        return "00010101000000"  # as the zero time of Go
