"""What PHP's `serialize` writes, read without making objects.

Source: PHP's documentation of `serialize`, and `ext/standard/var_unserializer.re`. Lengths count bytes.
"""

import re
from typing import Any

from analyze.catalogers.text import decoded

DEPTH = 64
VALUES = 300_000  # of one file
_TOKEN = re.compile(
    rb'(?P<text>s:(?P<length>[0-9]{1,9}):")|(?P<open>a:[0-9]{1,9}:\{|O:[0-9]{1,9}:"[^"]{0,300}":[0-9]{1,9}:\{)'
    rb"|(?P<close>\})|i:(?P<integer>[+-]?[0-9]{1,20});|b:(?P<boolean>[01]);|(?P<null>N;)"
    rb"|d:(?P<float>[-+0-9.eEINFA]{1,40});|[rR]:(?P<reference>[0-9]{1,9});"
)


def unserialize(data: bytes) -> tuple[Any, str]:
    """Return the value, and why reading ended early, or "".

    Arrays and objects are dictionaries, keyed by text and integers; references are None. What was read
    before the end is returned too.
    """
    outer: dict[Any, Any] = {}
    stack = [outer]
    keys: list[Any] = ["value"]  # of each level, what the next value is for; _NONE when a key comes next
    position, count = 0, 0
    while len(stack) > 1 or "value" not in outer:
        match = _TOKEN.match(data, position)
        if match is None:
            return outer.get("value"), f"no serialized value at byte {position}"
        count += 1
        if count > VALUES:
            return outer.get("value"), f"more than {VALUES} values"
        position = match.end()
        if match["close"]:
            if len(stack) == 1 or keys[-1] is not _NONE:
                return outer.get("value"), f"a bracket too many at byte {position - 1}"
            stack.pop()
            keys.pop()
            continue
        value, position = _scalar(match, data, position)
        if position < 0:
            return outer.get("value"), "a string ends after the file"
        if match["open"]:
            value = {}
        if keys[-1] is _NONE:
            if not isinstance(value, str | int):
                return outer.get("value"), f"no key at byte {match.start()}"
            keys[-1] = value
            continue
        stack[-1][keys[-1]] = value
        keys[-1] = _NONE
        if match["open"]:
            if len(stack) > DEPTH:
                return outer.get("value"), f"nests deeper than {DEPTH}"
            stack.append(value)
            keys.append(_NONE)
    return outer["value"], ""


_NONE = object()


def _scalar(match: re.Match[bytes], data: bytes, position: int) -> tuple[Any, int]:
    if match["text"]:
        end = position + int(match["length"])
        if data[end : end + 2] not in (b'";', b'":'):
            return None, -1
        return decoded(data[position:end]), end + 2
    if match["integer"]:
        return int(match["integer"]), position
    if match["boolean"]:
        return match["boolean"] == b"1", position
    return None, position  # floats say nothing of a package
