"""Changes to texts: lines, tokens, and the values of JSON documents."""

import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.fuzz.mutations import PIECES

_TOKEN = re.compile(rb"[A-Za-z0-9_.+-]+|\s+|[^\sA-Za-z0-9]")
_ENTITIES = b"<!DOCTYPE x [" + b"".join(
    b'<!ENTITY %c "%s">' % (name, 8 * (b"&%c;" % (name - 1) if name > 97 else b"aaaa")) for name in range(97, 105)
)
_ENTITIES += b"]>"
_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 1 << 70, -(1 << 70), 1 << 63, (1 << 64) - 1, "", " ", "\0", "\ud800", "a\nb",
    "/", "//", "@", "../x", "pkg:", "pkg:npm/", "pkg:npm/%40a/b@1?x=y#z", "a" * 70_000, "\u0130", [], {}, [[]], [{}],
    [None], [1], {"": ""},
    {"name": None, "version": None}, {"name": "a", "version": 1}, [["a", "b"]], {"a": [{"b": {}}]},
]  # fmt: skip


def looks_like_text(data: bytes) -> bool:
    """Tell whether changes to lines and tokens make sense."""
    return bool(data) and b"\0" not in data[:512] and len(data) < 1 << 20


def looks_like_json(data: bytes) -> bool:
    """Tell whether changes to JSON values may make sense."""
    return data[:20].lstrip()[:1] in (b"{", b"[")


def mutate_lines(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Delete, double, move or swap lines, or take one of another file."""
    lines = data.splitlines(keepends=True)
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(7)
    if kind == 0:
        del lines[at : at + rng.randint(1, 4)]
    elif kind == 1:
        lines[at:at] = lines[other : other + rng.randint(1, 20)]
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] = rng.choice((b" ", b"\t", b"  - ", b"#", b"")) + lines[at]
    elif kind == 4:
        lines[at] = lines[at].rstrip(b"\r\n")
    elif kind == 5:
        foreign = (rng.choice(others) if others else b"").splitlines(keepends=True)
        lines[at:at] = [rng.choice(foreign)] if foreign else []
    else:
        lines[at] = rng.choice((b"\n", b"\r\n", b"---\n", b"...\n", b"]\n", b"[a]\n", b"[[a]]\n", b"a:\n", b"- \n"))
    return b"".join(lines)


def mutate_tokens(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Replace, drop, double or exchange words, numbers and signs."""
    tokens = _TOKEN.findall(data[:200_000])
    if not tokens:
        return data
    at, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    kind = rng.randrange(5)
    if kind == 0:
        tokens[at] = rng.choice(PIECES)
    elif kind == 1:
        tokens[at] = b""
    elif kind == 2:
        tokens[at] = tokens[at][:100] * rng.choice((2, 3, 100, 5000))
    elif kind == 3:
        tokens[at], tokens[other] = tokens[other], tokens[at]
    else:
        tokens[at] = tokens[other]
    return b"".join(tokens)[: 4 << 20] + data[200_000:]


def mutate_json(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Replace, drop, nest, rename or copy values of a document."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_tokens(data, rng, others)
    if not isinstance(document, dict | list):
        return data
    places = _places(document)
    for _ in range(rng.choice((1, 1, 2, 5)) if places else 0):
        container, key = rng.choice(places)
        source, name = rng.choice(places)
        kind = rng.randrange(6)
        try:
            if kind == 0:
                del container[key]
            elif kind == 1:
                container[key] = json.loads(json.dumps(source[name]))
            elif kind == 2 and isinstance(container, dict):
                container[rng.choice((str(name), "", "\0", "__proto__", "\ud800", "a" * 300))] = container.pop(key)
            elif kind == 3:
                container[key] = [container[key]] * rng.choice((1, 2, 50))
            else:
                container[key] = rng.choice(_VALUES)
        except (KeyError, IndexError, ValueError, RecursionError):
            continue
    return json.dumps(document, indent=rng.choice((None, 1))).encode("utf-8", "surrogatepass")


def _places(document: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting and len(found) < 20_000:
        value = waiting.pop()
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for key in keys:
            found.append((value, key))
            if isinstance(value[key], dict | list):
                waiting.append(value[key])
    return found


def mutate_xml(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Break, nest or drop tags, and declare entities."""
    tags = [match.span() for match in re.finditer(rb"<[^<>]*>", data)]
    if not tags:
        return data
    start, end = rng.choice(tags)
    kind = rng.randrange(7)
    if kind == 0:
        return data[:start] + data[end:]
    if kind == 1:
        return data[:end] + data[start:end][:200] * rng.choice((1, 70, 3000)) + data[end:]
    if kind == 2:
        return data[:start] + _ENTITIES + data[start:end] + b"&h;&z;" + data[end:]
    if kind == 3:
        return (
            data[:end]
            + rng.choice((b"&#0;", b"&#xd800;", b"&lt;", b"&nope;", b"<![CDATA[]]>", b"<!--", b"]]>"))
            + data[end:]
        )
    if kind == 4:
        return data[:start] + b"<x:" + data[start + 1 :]
    if kind == 5:
        head = b'<?xml version="1.0" encoding="%s"?>' % rng.choice((b"utf-16", b"utf-7", b"none", b"latin-1"))
        return head + re.sub(rb"^<\?xml[^>]*\?>", b"", data)
    other, other_end = rng.choice(tags)
    return data[:start] + data[other:other_end] + data[end:]
