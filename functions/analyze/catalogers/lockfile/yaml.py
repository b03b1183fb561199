"""The part of YAML in which package managers write lock files: block collections, and flow ones within a line.

Source: YAML 1.2 chapters 6 to 8. Scalars are text, whatever they look like. Anchors, tags and flow collections
over several lines are not read, so nothing in a file can make it larger than it is; the text of block
scalars, and the further lines of a scalar that goes on, are left out.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_DEPTH = 32
LINES = 1_000_000
# Atomic groups around repeated ones, here and elsewhere, where "*+" would say the same: up to Python 3.11.4, as in
# Debian 12, it matches less of what can be matched in several ways (github.com/python/cpython/issues/106052).
_QUOTED = re.compile(r'"(?>(?:[^"\\]|\\.)*)"|' + r"'(?>(?:[^']|'')*)'")
_PLAIN = r"[^\s,{}\[\]:]|:(?![\s,{}\[\]]|$)"
_FLOW = re.compile(
    _QUOTED.pattern + r"|[{}\[\],]|:(?=[\s,{}\[\]]|$)|#.*|\s++|(?:" + _PLAIN + r")(?>(?:" + _PLAIN + r"|\s(?!#))*)"
)
_ITEM = re.compile(r"-(?: +|$)")
_COMMENT = re.compile(r"\s#")


def loads(text: str) -> Any:
    """Return the mapping or list of a document, in dictionaries, lists and texts; of a key that occurs twice, the last.

    Raises `ValueError` where a document indents with tabs, or nests deeper or has more lines than lock files do.
    """
    reader = _Reader()
    lines = text.split("\n")
    if len(lines) > LINES:
        raise ValueError(f"more than {LINES} lines")
    for line in lines:
        reader.line(line)
    return reader.root


@dataclass(slots=True)
class _Frame:
    indent: int
    collection: Any  # a dictionary or a list


class _Reader:
    def __init__(self) -> None:
        self.root: Any = {}
        self._frames: list[_Frame] = []
        self._open: tuple[_Frame, str] | None = None  # what has had no value yet, and its key
        self._key: tuple[int, str] | None = None  # a key after "? "
        self._skipping = -1  # lines that are indented more belong to a block scalar

    def line(self, line: str) -> None:
        body = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        if not body or (self._skipping >= 0 and indent > self._skipping):
            return
        self._skipping = -1
        if body[0] == "#" or (indent == 0 and body in ("---", "...")):
            return
        if line[indent] == "\t":
            raise ValueError("indented with tabs")
        item = _ITEM.match(body)
        frame = self._frame(indent, list if item else dict)
        while frame is not None and item is not None:
            indent += item.end()
            body = body[item.end() :]
            frame.collection.append("")
            item = _ITEM.match(body)
            if item is None and not body.startswith("? ") and _split(body) is None:
                self._value(frame, "", body, indent - 1)
                return
            frame = self._push(frame, "", indent, list if item else dict)
        if frame is not None:
            self._entry(frame, body, indent)

    def _entry(self, frame: _Frame, body: str, indent: int) -> None:
        if body.startswith("? "):
            self._key = indent, _scalar(body[2:].strip())
            return
        if body[0] == ":" and self._key is not None and self._key[0] == indent:
            key, value = self._key[1], body[1:].strip()
        elif (entry := _split(body)) is not None:
            key, value = entry
        else:
            return  # a scalar that goes on
        self._key = None
        frame.collection[key] = ""
        self._value(frame, key, value, indent)

    def _value(self, frame: _Frame, key: str, value: str, indent: int) -> None:
        self._open = None
        if not value or value[0] == "#":
            self._open = frame, key
        elif value[0] in "|>":
            self._skipping = indent
        else:
            _put(frame, key, _flow(value) if value[0] in "{[" else _scalar(value))

    def _frame(self, indent: int, kind: type) -> _Frame | None:
        """Return the collection that a line of this indentation belongs to; None for a line that belongs to none."""
        if not self._frames:
            self.root = kind()
            self._frames = [_Frame(indent, self.root)]
            return self._frames[0]
        if self._open is not None:
            frame, key = self._open
            self._open = None
            same = kind is list and isinstance(frame.collection, dict)
            if indent > frame.indent or (same and indent == frame.indent):
                return self._push(frame, key, indent, kind)
        while len(self._frames) > 1 and (
            self._frames[-1].indent > indent
            or (self._frames[-1].indent == indent and not isinstance(self._frames[-1].collection, kind))
        ):
            self._frames.pop()
        top = self._frames[-1]
        return top if top.indent == indent and isinstance(top.collection, kind) else None

    def _push(self, frame: _Frame, key: str, indent: int, kind: type) -> _Frame:
        if len(self._frames) >= _DEPTH:
            raise ValueError(f"nests deeper than {_DEPTH}")
        inner = _Frame(indent, kind())
        _put(frame, key, inner.collection)
        self._frames.append(inner)
        return inner


def _put(frame: _Frame, key: str, value: Any) -> None:
    if isinstance(frame.collection, list):
        frame.collection[-1] = value
    else:
        frame.collection[key] = value


def _split(body: str) -> tuple[str, str] | None:
    """Return key and value of an entry, or None for what is none."""
    match = _QUOTED.match(body) if body[:1] in ("'", '"') else None
    if match is not None:
        rest = body[match.end() :].lstrip(" ")
        separated = rest == ":" or rest.startswith(": ")
        return (_unquoted(match[0]), rest[1:].strip()) if separated else None
    key, colon, value = body.partition(": ")
    if colon:
        return key.rstrip(), value.strip()
    return (body[:-1].rstrip(), "") if body.endswith(":") else None


def _scalar(value: str) -> str:
    match = _QUOTED.match(value) if value[0] in "'\"" else None
    if match is not None:
        return _unquoted(match[0])
    comment = _COMMENT.search(value)
    return value[: comment.start()].rstrip() if comment is not None else value


def _unquoted(quoted: str) -> str:
    if quoted[0] == "'":
        return quoted[1:-1].replace("''", "'")
    if "\\" in quoted:
        try:
            return str(json.loads(quoted))
        except ValueError:
            pass  # an escape that JSON does not have: no lock file needs one
    return quoted[1:-1]


def _flow(value: str) -> Any:
    """Return a collection in brackets or braces; "" for one that is not complete."""
    root: list[Any] = []
    stack: list[tuple[Any, str]] = [(root, "")]  # collections, and the key that waits for a value
    for match in _FLOW.finditer(value):
        word = match[0].strip()
        collection, key = stack[-1]
        if word in ("{", "["):
            if len(stack) > _DEPTH:
                raise ValueError(f"nests deeper than {_DEPTH}")
            inner: Any = {} if word == "{" else []
            _add(collection, key, inner)
            stack.append((inner, ""))
        elif word in ("}", "]"):
            stack.pop()
            if len(stack) == 1:
                return root[0]
        elif word and word not in (":", ",") and word[0] != "#":
            word = _unquoted(word) if _QUOTED.fullmatch(word) else word
            if isinstance(collection, dict) and _colon_follows(value, match.end()):
                stack[-1] = (collection, word)
                collection[word] = ""
            else:
                _add(collection, key, word)
    return ""


def _colon_follows(value: str, position: int) -> bool:
    return value[position : position + 1] == ":" or value[position : position + 2] == " :"


def _add(collection: Any, key: str, value: Any) -> None:
    if isinstance(collection, list):
        collection.append(value)
    else:
        collection[key] = value
