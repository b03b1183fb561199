"""LICENSE: what an ebuild's licences are, as an expression, and the groups that stand for several.

Source: the Package Manager Specification, section 8.2 (all of, any of, USE conditionals), and portage(5) for
`license_groups`. The database has USE conditionals evaluated; one that is left says nothing.
"""

from collections.abc import Mapping, Sequence

from analyze.catalogers.spdx import expression
from analyze.catalogers.text import Reasons, clean

_TOKENS = 2_000
_DEPTH = 20
_NO_NAME = frozenset("()|?")
_MEMBERS = 2_000  # of a group, and of all together when they are put in


def licenses(text: str, groups: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return the licences as an expression of Gentoo's names, and as an SPDX expression or ""."""
    words = text.split()[:_TOKENS]
    said = clean(_joined(words, groups))
    return said, expression(said, "gentoo")


def groups(text: str, reasons: Reasons) -> dict[str, list[str]]:
    """Return the members of each group, with those of the groups that it names in their place."""
    direct: dict[str, list[str]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        name, *members = line.partition("#")[0].split()[:_MEMBERS] or [""]
        if name and not members:
            reasons.add(f"line {number} is a group of nothing")
        elif name and len(direct) < _MEMBERS:
            direct[clean(name)] = [clean(member) for member in members]
    return {name: _members(name, direct) for name in direct}


def _members(name: str, direct: Mapping[str, Sequence[str]]) -> list[str]:
    """Put the members of groups in their place, of each group once: cycles end, and chains do not multiply."""
    found: dict[str, None] = {}
    seen = {name}
    waiting = list(reversed(direct[name]))
    while waiting and len(found) < _MEMBERS:
        member = waiting.pop()
        group = member.removeprefix("@")
        if group == member or group not in direct:
            found[member] = None
        elif group not in seen:
            seen.add(group)
            waiting += reversed(direct[group])
    return list(found)


class _Group:
    """Licences of which all hold (AND) or one (OR); `said` when no USE flag decides whether they do."""

    def __init__(self, operator: str, *, said: bool = True) -> None:
        self.said = said
        self.parts: list[str | _Group] = []
        self._operator = operator

    def text(self, *, inner: bool) -> str:
        alone = len(self.parts) == 1
        texts = [part if isinstance(part, str) else part.text(inner=inner or not alone) for part in self.parts]
        texts = list(dict.fromkeys(filter(None, texts)))
        joined = f" {self._operator} ".join(texts)
        return f"({joined})" if inner and len(texts) > 1 else joined


def _joined(words: Sequence[str], groups: Mapping[str, Sequence[str]]) -> str:
    stack = [_Group("AND")]
    following = _Group("AND")
    for word in words:
        if word == "||":
            following = _Group("OR")
        elif word.endswith("?"):
            following = _Group("AND", said=False)
        elif word == "(":
            if len(stack) == _DEPTH:
                return ""
            if following.said:
                stack[-1].parts.append(following)
            stack.append(following)
            following = _Group("AND")
        elif word == ")":
            if len(stack) > 1:
                stack.pop()
        elif _NO_NAME.isdisjoint(word):
            members = groups.get(word[1:]) if word.startswith("@") else None
            stack[-1].parts += members or [word]
    return stack[0].text(inner=False)
