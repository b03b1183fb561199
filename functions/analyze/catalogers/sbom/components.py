"""What the formats have in common: components that package URLs identify."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from analyze.catalogers.sbom.purls import TYPES, parsed
from analyze.catalogers.text import PACKAGES, UNKNOWN_VERSION, Reasons, clean

_MOST = 100  # licences or CPEs of a component
_NOTHING = frozenset({"", "NONE", "NOASSERTION"})


class Components:
    """The components of one document, each package URL once."""

    def __init__(self, reasons: Reasons) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._reasons = reasons

    def add(self, purl: Any, version: Any = "", licenses: Iterable[Any] = (), cpes: Iterable[Any] = ()) -> None:
        """Add what a package URL identifies: name, version, type, namespace, architecture, purl, licenses, cpes.

        A component without a package URL is nothing that could be compared with anything, and is left out.
        """
        if not text(purl) or len(self.found) >= PACKAGES:
            return
        one = parsed(text(purl))
        if one is None:
            self._reasons.add(f"no package URL: {text(purl)[:200]}")
            return
        if one.canonical in self.found:
            return
        component = {
            "name": one.package,
            "version": one.version or text(version) or UNKNOWN_VERSION,
            "type": TYPES.get(one.type, ("UnknownPackage", ""))[0],
            "language": TYPES.get(one.type, ("", ""))[1],
            "namespace": one.namespace,
            "architecture": one.qualifiers.get("arch", ""),
            "purl": one.canonical,
            "licenses": _listed(licenses),
            "cpes": _listed(cpes),
        }
        self.found[one.canonical] = {key: value for key, value in component.items() if value}


def text(value: Any) -> str:
    """Return a text, or "" for anything else."""
    return clean(value) if isinstance(value, str) else ""


def items(value: Any) -> list[Any]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _listed(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(one for value in islice(values, _MOST) if (one := text(value)) not in _NOTHING))
