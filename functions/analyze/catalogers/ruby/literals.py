"""Literals of the Ruby language, as RubyGems writes them and people do. Nothing is executed.

Source: Ruby's "Literals" documentation; `String#dump` for what RubyGems writes. A string ends on its line:
RubyGems escapes line ends.
"""

import re
from collections.abc import Mapping

_STRING = re.compile(
    r"""(?:"(?P<double>[^"\\\n]*+(?>(?:\\.[^"\\\n]*+)*))"|'(?P<single>[^'\\\n]*+(?>(?:\\.[^'\\\n]*+)*))'"""
    r"""|%[qQ]?(?:<(?P<q1>[^>\n]{0,300})>|\((?P<q2>[^)\n]{0,300})\)|\[(?P<q3>[^\]\n]{0,300})\]"""
    r"""|\{(?P<q4>[^}\n]{0,300})\}))(?:\.freeze\b)?"""
)
_WORDS = re.compile(r"%[wW]([\[({<])")
_CLOSING = {"[": "]", "(": ")", "{": "}", "<": ">"}
_OPEN = re.compile(r"(?:Gem::[A-Za-z:]{1,40}\.new[ \t]*)?[\[(]")
_SKIP = re.compile(r"(?>(?:[\s,]++|#[^\n]*+)*)")
_OTHER = re.compile(r"[^\s,\[\]()\"'%#][^\s,\[\]()\"']*+|[%#]")
_ESCAPE = re.compile(
    r"((?>(?:\\x[0-9A-Fa-f]{2})+))|\\(?:u\{([0-9A-Fa-f ]{1,80})\}|u([0-9A-Fa-f]{4})|(.))|#\{([^}]{0,100})\}"
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "s": " "}
_MOST = 100_000  # items of a list
_DEPTH = 4


def string(text: str, position: int, known: Mapping[str, str]) -> tuple[str | None, int]:
    """Return the string literal at a position, and where it ends; -1 when there is none.

    The string is None when it interpolates anything but the attributes that are `known`.
    """
    match = _STRING.match(text, position)
    if match is None:
        return None, -1
    if (double := match["double"]) is not None:
        return _double(double, known), match.end()
    if (single := match["single"]) is not None:
        return re.sub(r"\\([\\'])", r"\1", single), match.end()
    return match["q1"] or match["q2"] or match["q3"] or match["q4"] or "", match.end()


def strings(text: str, position: int, known: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the strings of the literal at a position, and where reading ended.

    The literal is a string, a list of strings, or `Gem::Requirement.new` of these. What is no string in
    a list is left out.
    """
    found: list[str] = []
    depth = 0
    while len(found) < _MOST:
        if depth:
            position = _after(_SKIP, text, position)
        value, end = string(text, position, known)
        if end >= 0:
            found += [value] if value is not None else []
        elif words := _WORDS.match(text, position):
            closing = text.find(_CLOSING[words[1]], words.end())
            if closing < 0:
                return found, words.end()
            found += text[words.end() : closing].split()
            end = closing + 1
        elif depth < _DEPTH and (opening := _OPEN.match(text, position)):
            depth += 1
            position = opening.end()
            continue
        elif depth and text.startswith(("]", ")"), position):
            depth -= 1
            end = position + 1
        elif depth and (other := _OTHER.match(text, position)):
            end = other.end()
        else:
            return found, position
        position = end
        if not depth:
            break
    return found, position


def _double(text: str, known: Mapping[str, str]) -> str | None:
    if "\\" not in text and "#{" not in text:
        return text
    literal = True

    def read(match: re.Match[str]) -> str:
        nonlocal literal
        octets, braced, four, letter, code = match.groups()
        if code is not None:
            value = known.get(code.strip().rpartition(".")[2], "")
            literal = literal and bool(value)
            return value
        if octets is not None:
            return bytes.fromhex(octets.replace("\\x", "")).decode("utf-8", "replace")
        if letter is not None:
            return _LETTERS.get(letter, letter)
        numbers = [int(number, 16) for number in (braced or four or "").split()]
        return "".join(chr(number) if number <= 0x10FFFF else "\ufffd" for number in numbers)

    value = _ESCAPE.sub(read, text)
    return value if literal else None


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
