"""What a Lua file assigns, as far as it can be told without executing anything.

Source: the Lua 5.4 reference manual, 3.3.3 to 3.4.9. Understood are strings, numbers, truth values, tables,
local and global names, concatenation, comparison for equality, `and` and `or`: enough for rockspecs,
which put versions together of parts. Anything else has the value `UNKNOWN`.
"""

from contextlib import suppress
from typing import Any

from analyze.catalogers.lua.tokens import Token, tokens

UNKNOWN = object()
DEPTH = 40
_LONGEST = 4096  # characters of what is concatenated
_END = Token("operator", "")
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_VALUES = {"nil": None, "true": True, "false": False}
_KEYWORDS = frozenset(
    ["do", "end", "for", "function", "goto", "if", "local", "repeat", "return", "then", "until", "while"]
)


def assigned(text: str) -> dict[str, Any]:
    """Return the names with their values: str, bool, None, `UNKNOWN`, or a table.

    Tables are dictionaries by string or, from 1, by integer. Numbers are the text that is written.
    """
    reader = _Reader(list(tokens(text)))
    with suppress(ValueError):  # nests too deep; what came before counts
        reader.statements()
    return reader.names


class _Reader:
    def __init__(self, words: list[Token]) -> None:
        self.names: dict[str, Any] = {}
        self._words = words
        self._at = 0

    def statements(self) -> None:
        while self._at < len(self._words):
            start = self._at
            local = self._take("local")
            targets = [self._next()]
            while self._take(","):
                targets.append(self._next())
            if all(word.kind == "name" and word.text not in _KEYWORDS for word in targets) and self._take("="):
                values = [self._expression(0)]
                while self._take(","):
                    values.append(self._expression(0))
                values += [UNKNOWN if values[-1] is UNKNOWN else None] * (len(targets) - len(values))
                self.names.update(zip((word.text for word in targets), values, strict=False))
            elif not self._field(start) and not local:
                self._at = max(start + 1, self._at - 1)

    def _field(self, start: int) -> bool:
        """Read `name.field = value`."""
        name, dot, field, equals = (self._words[start : start + 4] + [_END] * 4)[:4]
        if (dot.text, equals.text, field.kind) != (".", "=", "name"):
            return False
        self._at = start + 4
        value = self._expression(0)
        table = self.names.get(name.text)
        if isinstance(table, dict):
            table[field.text] = value
        return True

    def _expression(self, depth: int) -> Any:
        left = self._and(depth)
        while self._take("or"):
            right = self._and(depth)
            left = UNKNOWN if left is UNKNOWN else right if left is None or left is False else left
        return left

    def _and(self, depth: int) -> Any:
        left = self._compared(depth)
        while self._take("and"):
            right = self._compared(depth)
            left = UNKNOWN if left is UNKNOWN else left if left is None or left is False else right
        return left

    def _compared(self, depth: int) -> Any:
        left = self._concatenated(depth)
        while (operator := self._peek().text) in ("==", "~=", "<=", ">=", "<", ">"):
            self._at += 1
            right = self._concatenated(depth)
            known = operator in ("==", "~=") and all(isinstance(one, str | bool | None) for one in (left, right))
            left = (left == right) is (operator == "==") if known else UNKNOWN
        return left

    def _concatenated(self, depth: int) -> Any:
        parts = [self._operand(depth)]
        while (word := self._peek()).kind == "operator" and word.text in ("..", "+", "-", "*", "/", "%", "^", "//"):
            self._at += 1
            value = self._operand(depth)
            parts.append(value if word.text == ".." else UNKNOWN)
        if len(parts) == 1:
            return parts[0]
        texts = [part for part in parts if isinstance(part, str)]
        return "".join(texts)[:_LONGEST] if len(texts) == len(parts) else UNKNOWN

    def _operand(self, depth: int) -> Any:
        if depth > DEPTH:
            raise ValueError("nests too deep")
        word = self._next()
        if word.kind in ("string", "number"):
            value: Any = word.text
        elif word.text == "{":
            value = self._table(depth)
        elif word.text == "(":
            value = self._expression(depth + 1)
            self._take(")")
        elif word.text in ("not", "-", "#", "~"):
            value = self._operand(depth + 1)
            return UNKNOWN if word.text != "not" or value is UNKNOWN else value is None or value is False
        elif word.kind == "name" and word.text not in _KEYWORDS:
            value = _VALUES[word.text] if word.text in _VALUES else self.names.get(word.text, UNKNOWN)
        else:
            self._at -= word is not _END
            return UNKNOWN
        return self._suffixed(value, word)

    def _suffixed(self, value: Any, first: Token) -> Any:
        """Read the fields and calls that follow; a call has no value that could be told."""
        while True:
            word = self._peek()
            if first.kind != "name" and first.text != "(":
                return value
            if word.text == "." and word.kind == "operator":
                self._at += 1
                field = self._next().text
                value = value.get(field) if isinstance(value, dict) else UNKNOWN
            elif word.kind == "operator" and word.text in ("(", "[", "{"):
                self._at += 1
                self._skip(_CLOSING[word.text])
                value = UNKNOWN
            elif word.text == ":" and word.kind == "operator":
                self._at += 2
                value = UNKNOWN
            elif word.kind == "string":
                self._at += 1
                value = UNKNOWN
            else:
                return value

    def _table(self, depth: int) -> dict[Any, Any]:
        table: dict[Any, Any] = {}
        number = 1
        while self._at < len(self._words) and not self._take("}"):
            start = self._at
            word, following = self._peek(), self._peek(1)
            if word.kind == "name" and following == Token("operator", "="):
                self._at += 2
                table[word.text] = self._expression(depth + 1)
            elif self._take("["):
                key = self._expression(depth + 1)
                self._take("]")
                self._take("=")
                value = self._expression(depth + 1)
                if isinstance(key, str):
                    table[key] = value
            else:
                table[number] = self._expression(depth + 1)
                number += 1
            if not self._take(",") and not self._take(";") and self._at == start:
                self._at += 1
        return table

    def _skip(self, closing: str) -> None:
        expected = [closing]
        while expected and self._at < len(self._words):
            word = self._next()
            if word.kind != "operator":
                continue
            if word.text in _CLOSING:
                expected.append(_CLOSING[word.text])
            elif word.text == expected[-1]:
                expected.pop()

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else _END

    def _next(self) -> Token:
        word = self._peek()
        self._at += self._at < len(self._words)
        return word

    def _take(self, text: str) -> bool:
        word = self._peek()
        if word.text != text or word.kind == "string" or word is _END:
            return False
        self._at += 1
        return True
