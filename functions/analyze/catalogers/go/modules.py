"""The text of modules in a Go executable.

Source: Go's runtime/debug, `BuildInfo.String` and `ParseBuildInfo`.
"""

import re
from dataclasses import dataclass, field

from analyze.catalogers.text import Reasons, clean

_SETTINGS = 1000
_MODULES = 20_000


@dataclass(slots=True)
class Module:
    """A module at a version. `sum` is its h1 digest; `replacement` is what was built in its place."""

    path: str
    version: str = ""
    sum: str = ""
    replacement: "Module | None" = None

    @property
    def built(self) -> "Module":
        """What was built: a replacement by a directory has no other name than the module's own."""
        other = self.replacement
        return self if other is None or not other.path or other.path[0] in "./" else other


@dataclass(slots=True)
class Modules:
    """What the text says. `path` is the package that was built; `main` its module, absent before Go modules."""

    path: str = ""
    main: Module | None = None
    dependencies: list[Module] = field(default_factory=list)
    settings: list[tuple[str, str]] = field(default_factory=list)
    unknowns: list[str] = field(default_factory=list)


def parse(text: str) -> Modules:
    """Read the text; lines that make no sense are unknowns."""
    found = Modules()
    reasons = Reasons()
    last: Module | None = None
    for line in text.split("\n"):
        kind, tab, rest = line.partition("\t")
        if not tab:
            continue
        if kind == "path":
            found.path = clean(rest)
        elif kind in ("mod", "dep", "=>"):
            columns = [clean(column) for column in rest.split("\t")]
            if not 2 <= len(columns) <= 3:
                reasons.add(f"a line of {len(columns)} columns in the Go build info")
                last = None
                continue
            module = Module(columns[0], columns[1], columns[2] if len(columns) == 3 else "")
            if kind == "=>":
                if last is not None:
                    last.replacement = module
                last = None
                continue
            last = module
            if kind == "mod":
                found.main = module
            elif len(found.dependencies) < _MODULES:
                found.dependencies.append(module)
            else:
                reasons.add(f"more than {_MODULES} modules")
        elif kind == "build" and len(found.settings) < _SETTINGS:
            found.settings.append(_setting(rest))
    found.unknowns = reasons.listed()
    return found


def _setting(text: str) -> tuple[str, str]:
    """Return key and value of `key=value`, either of them perhaps quoted as Go quotes."""
    if text[:1] in ('"', "`"):
        key, rest = _quoted(text)
        value = rest.removeprefix("=")
    else:
        key, _, value = text.partition("=")
    if value[:1] in ('"', "`"):
        value = _quoted(value)[0]
    return clean(key), clean(value)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_SPECIAL = re.compile(r'["\\]')
_CODES = {"x": 2, "u": 4, "U": 8}


def _quoted(text: str) -> tuple[str, str]:
    """Return what a Go string literal at the start says, and what follows it."""
    quote = text[0]
    if quote == "`":
        value, _, rest = text[1:].partition(quote)
        return value, rest
    parts: list[str] = []
    position = 1
    while position < len(text):
        match = _SPECIAL.search(text, position)
        stop = match.start() if match is not None else len(text)
        parts.append(text[position:stop])
        if match is None or match[0] == '"':
            return "".join(parts), text[stop + 1 :]
        letter = text[stop + 1 : stop + 2]
        digits = text[stop + 2 : stop + 2 + _CODES.get(letter, 0)]
        position = stop + 2 + len(digits)
        parts.append(_character(letter, digits))
    return "".join(parts), ""


def _character(letter: str, digits: str) -> str:
    if not digits:
        return _ESCAPES.get(letter, letter)
    try:
        return chr(int(digits, 16))
    except (ValueError, OverflowError):
        return "\ufffd"
