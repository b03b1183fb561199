"""Expressions: operators, parentheses, and what stands between them.

Source: SPDX specification 2.3 annex D. Beside SPDX's own operators are read: lower case, `|` and `&` (R), `/` between
names that are each a licence (Cargo's old form of OR), and DEP-5's comma, which binds less than "and" and "or".
What is not surely an expression of licences gives "": the value itself is always kept beside it.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from analyze.catalogers.spdx.gnu import later_as_plus
from analyze.catalogers.spdx.names import exception_name, license_name
from cargohold.model import License

_TOKEN = re.compile(r"\(|\)|\|\|?|&&?|[^\s()|&]+")
_COMMA = re.compile(r",\s+(and|or)\s+", re.IGNORECASE)
_OPERATORS = {"and": "AND", "or": "OR", "|": "OR", "||": "OR", "&": "AND", "&&": "AND", "with": "WITH"}
_LONGEST = 500

_Node = str | tuple[str, tuple["_Node", ...]]


def expression(value: str, dialect: str = "") -> str:
    """Return the SPDX expression that `value` is, in canonical spelling, or "".

    `dialect` is one of `dialects.DIALECTS`: whose names these are. Canonical are identifiers in the list's
    spelling and without the deprecated ones, and parentheses around what is nested, and nowhere else.
    """
    value = value.strip()
    return _expression(value, dialect) if 0 < len(value) <= _LONGEST else ""


def alternatives(values: Iterable[str], path: str, dialect: str = "") -> tuple[License, ...]:
    """Return the one licence that a list of licences to choose from is, or nothing for an empty list."""
    listed = list(dict.fromkeys(filter(None, values)))
    if len(listed) < 2:
        return tuple(License(value, expression(value, dialect), path=path) for value in listed)
    found = [expression(value, dialect) for value in listed]
    joined = _expression(" OR ".join(f"({one})" for one in found), "") if all(found) else ""
    return (License(" OR ".join(f"({one})" if " " in one else one for one in listed), joined, path=path),)


@lru_cache(maxsize=8192)
def _expression(value: str, dialect: str) -> str:
    whole = license_name(value, dialect)
    if whole:
        return whole
    text = later_as_plus(value)
    parts = _COMMA.split(text)
    if len(parts) > 1:
        text = " ".join(part if index % 2 else f"({part})" for index, part in enumerate(parts))
    tree = _Parser(dialect).parse(_TOKEN.findall(text))
    return _written(tree) if tree is not None else ""


class _Parser:
    """Reads pieces left to right: in each open group the operands and operators so far."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._groups: list[_Group] = [_Group()]
        self._words: list[str] = []  # of the operand at hand
        self._inner = 0  # parentheses that are part of it: "GPL (>= 2)"

    def parse(self, pieces: list[str]) -> _Node | None:
        """Return the expression as a tree, or None when it is none."""
        good = all(self._take(piece) for piece in pieces) and not self._inner and self._operand()
        group = self._groups[-1]
        return group.tree() if good and len(self._groups) == 1 and group.complete else None

    def _take(self, piece: str) -> bool:
        group = self._groups[-1]
        operator = _OPERATORS.get(piece.lower())
        if self._inner or (piece == "(" and self._words):
            self._inner += (piece == "(") - (piece == ")")
            self._words.append(piece)
        elif piece == "(":
            if not group.open:
                return False
            self._groups.append(_Group())
        elif piece == ")":
            if len(self._groups) == 1 or not self._operand() or not group.complete:
                return False
            self._groups.pop()
            self._groups[-1].add(group.tree(), plain=False)
        elif operator:
            return self._operand() and group.operator(operator)
        else:
            self._words.append(piece)
        return True

    def _operand(self) -> bool:
        """Finish the operand at hand; True also when there is none."""
        if not self._words:
            return True
        text = " ".join(self._words).replace("( ", "(").replace(" )", ")")
        self._words = []
        group = self._groups[-1]
        if group.excepting:
            return group.add_exception(exception_name(text, group.last))
        node = self._named(text) if group.open else None
        return node is not None and group.add(node, plain=True)

    def _named(self, text: str) -> _Node | None:
        names = [license_name(text, self._dialect)]
        if not names[0] and "/" in text and "://" not in text:
            names = [license_name(part, self._dialect) for part in text.split("/")]
        if not all(names):
            return None
        return _joined("OR", [_node(name) for name in names])


class _Group:
    """What stands between two parentheses."""

    def __init__(self) -> None:
        self.items: list[_Node] = []
        self._plain = False  # the last operand is one name, without parentheses
        self.operators: list[str] = []
        self.excepting = False

    @property
    def open(self) -> bool:
        """Whether an operand may come next."""
        return len(self.items) == len(self.operators)

    @property
    def complete(self) -> bool:
        return len(self.items) == len(self.operators) + 1 and not self.excepting

    @property
    def last(self) -> str:
        """The licence before a WITH."""
        found = self.items[-1]
        return found if isinstance(found, str) else ""

    def add(self, node: _Node, *, plain: bool) -> bool:
        self.items.append(node)
        self._plain = plain
        return True

    def operator(self, operator: str) -> bool:
        if not self.complete:
            return False
        if operator == "WITH":
            self.excepting = self._plain and bool(self.last) and " " not in self.last
            return self.excepting
        self.operators.append(operator)
        return True

    def add_exception(self, exception: str) -> bool:
        self.items[-1] = f"{self.last} WITH {exception}"
        self.excepting = False
        return bool(exception)

    def tree(self) -> _Node:
        choices = [[self.items[0]]]
        for operator, item in zip(self.operators, self.items[1:], strict=True):
            if operator == "AND":
                choices[-1].append(item)
            else:
                choices.append([item])
        return _joined("OR", [_joined("AND", items) for items in choices])


def _node(name: str) -> _Node:
    """Return a name's meaning as a tree: a few names stand for a choice."""
    parts = name.split(" OR ")
    return name if len(parts) == 1 else ("OR", tuple(parts))


def _joined(operator: str, nodes: list[_Node]) -> _Node:
    flat: dict[_Node, None] = {}
    for node in nodes:
        flat |= dict.fromkeys(node[1] if isinstance(node, tuple) and node[0] == operator else [node])
    return next(iter(flat)) if len(flat) == 1 else (operator, tuple(flat))


def _written(node: _Node, *, nested: bool = False) -> str:
    if isinstance(node, str):
        return node
    text = f" {node[0]} ".join(_written(one, nested=True) for one in node[1])
    return f"({text})" if nested else text
