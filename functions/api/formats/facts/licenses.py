"""What packages say of their licences, ready for formats that want expressions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cargohold.model import Package

LIST_VERSION = "3.27"  # of the SPDX License List that expressions are made of
_UNFIT = re.compile(r"[^A-Za-z0-9.]+")
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
_SIMPLE = re.compile(r"(?!LicenseRef-)[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Stated:
    """A licence as a package states it: the SPDX expression that it is, or "", and the words else."""

    value: str
    expression: str
    acknowledgement: str  # declared or concluded

    @property
    def is_simple(self) -> bool:
        """Whether the expression is one identifier of the SPDX list."""
        return bool(_SIMPLE.fullmatch(self.expression))


def stated(package: Package) -> list[Stated]:
    """Return the licences of a package, each once, in its order."""
    found: dict[Stated, None] = {}
    for license_ in package.licenses:
        # Terms of another document cannot be referred to from here.
        expression = "" if "DocumentRef-" in license_.spdx_expression else license_.spdx_expression.strip()
        value = expression or license_.value.strip()
        if value:
            kind = "concluded" if license_.type == "concluded" else "declared"
            found[Stated(value, expression, kind)] = None
    return list(found)


def conjunction(expressions: Iterable[str]) -> str:
    """Return one expression that means all of these."""
    distinct = list(dict.fromkeys(expressions))
    if len(distinct) == 1:
        return distinct[0]
    return " AND ".join(f"({one})" if " " in one else one for one in distinct)


class References:
    """`LicenseRef-` names for licences that are no SPDX expression. `texts` has what each one stands for."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def expression(self, licenses: Sequence[Stated]) -> str:
        """Return an SPDX expression of all these licences, or "" for none."""
        return conjunction(self._expression(one) for one in licenses) if licenses else ""

    def named_in(self, expression: str) -> set[tuple[str, str]]:
        """Return the names in an expression with what they stand for."""
        return {(name, self.texts[name]) for name in _REFERENCE.findall(expression)}

    def _expression(self, license_: Stated) -> str:
        if license_.expression:
            for name in _REFERENCE.findall(license_.expression):
                self.texts.setdefault(name, "The package names this licence without its text.")
            return license_.expression
        name = reference(license_.value)
        self.texts[name] = license_.value
        return name


def reference(value: str) -> str:
    """Return a `LicenseRef-` name: the words themselves where they fit and are few, else with a hash of them."""
    words = _UNFIT.sub("-", value).strip("-.")
    if words == value and len(words) <= 64:
        return f"LicenseRef-{words}"
    digest = sha256(value.encode()).hexdigest()[:12]
    return f"LicenseRef-{words[:40].strip('-.')}-{digest}" if words[:40].strip("-.") else f"LicenseRef-{digest}"
