"""What a deployment says is no leak: by path, by rule, or by the digest that findings of a value have."""

import re
from dataclasses import dataclass, field

from analyze.catalogers.globs import compiled
from analyze.catalogers.secrets.rules import BY_ID

_VALUE = re.compile(r"[0-9a-f]{16,64}")
DIGEST = 16  # hexadecimal digits that a finding has


@dataclass(frozen=True)
class Allowed:
    """Findings that are left out. Nothing is searched less for it: what is allowed can change without a new look."""

    paths: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    _paths: "re.Pattern[bytes]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_paths", compiled(self.paths))

    def covers(self, rule: str, path: bytes, digest: str) -> bool:
        """Tell whether a finding is allowed; `path` has no leading "/", `digest` is "" for weak values."""
        return rule in self.rules or digest in self.values or self._paths.fullmatch(path) is not None


def parse_allowed(text: str) -> Allowed:
    """Return what words `path:GLOB`, `rule:ID` and `value:DIGEST`, with spaces between, allow.

    A digest is what a finding shows, or the whole SHA-256 of the value. Raises `ValueError`.
    """
    paths, rules, values = [], set(), set()
    for word in text.split():
        kind, _, value = word.partition(":")
        if kind == "path" and value:
            paths.append(value)
        elif kind == "rule" and value in BY_ID:
            rules.add(value)
        elif kind == "value" and _VALUE.fullmatch(value):
            values.add(value[:DIGEST])
        else:
            raise ValueError(f"{word!r} is no path:GLOB, no rule:ID of a rule there is, and no value:DIGEST")
    return Allowed(tuple(paths), frozenset(rules), frozenset(values))
