"""Secrets in files and in image configs: private keys, tokens and passwords of 105 kinds.

A finding says which kind stands where, and never what it is: see `values`. Findings are no packages, so
nothing is assembled; `detail["secrets"]` holds rows of rule, line, column, snippet and digest.
"""

from collections.abc import Iterable, Sequence

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.secrets.rules import RULES
from analyze.catalogers.secrets.search import Found, Searcher, as_ascii
from analyze.catalogers.secrets.skipped import has_strings, is_skipped
from analyze.catalogers.secrets.values import digest, snippet
from cargohold.model import Package, Relationship

_WHOLE = 16 << 20  # larger files are searched at their beginning only
_BEGINNING = 256 << 10
_STRINGS = 256 << 10  # files that are no text, but small
_HEAD = 512  # bytes that tell whether a file is text, and those that are in no text, both as the walker has it
_CONTROL = bytes({*range(32), 127} - {7, 8, 9, 10, 12, 13, 27})
_LINES = bytes.maketrans(b"\0", b"\n")
_ANY_SIZE = 1 << 62  # a large log is nothing unknown

Row = tuple[str, int, int, str, str]


class SecretScanner:
    """Searches every text and script of a layer, and what has strings in small files of other kinds."""

    name = "secrets"
    version = 1

    def __init__(self) -> None:
        self._searcher = Searcher(RULES)

    def patterns(self) -> Patterns:
        """Return the classes of content that are searched."""
        return Patterns(
            contents=frozenset({"text", "script", "binary"}),
            max_size=_ANY_SIZE,
            keep=False,
            passes_by={"text": is_skipped, "script": is_skipped, "binary": _has_no_strings},
            glance=self._glance,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Search one file; None when it has no secrets."""
        if is_skipped(file.path):
            return None
        is_text = _is_text(file.head(_HEAD))
        if not is_text and (file.size > _STRINGS or not has_strings(file.path)):
            return None
        content = file.read(_WHOLE) if file.size <= _WHOLE else file.head(_BEGINNING)
        if not is_text:
            content = _strings(content)
        found = self._searcher.search(content, file.path.rpartition(b"/")[2])
        if not found.matches and found.whole:
            return None
        unknowns = [] if found.whole else ["searched for secrets in part: too many places look like one"]
        return Facts(detail={"secrets": _rows(content, found, is_text)}, unknowns=unknowns)

    def _glance(self, content: memoryview) -> bool:
        """Tell whether there may be a secret: false for nearly all files, at a fraction of what `extract` takes."""
        text = str(content, "latin-1")
        if not text.isascii() or "\0" in text:
            raw = bytes(content)
            text = as_ascii(raw if _is_text(raw) else _strings(raw))
        return self._searcher.may_have(text)

    def search_text(self, text: str) -> list[Row]:
        """Return the secrets of a string of the image's config."""
        content = text.encode("utf-8", "replace")
        return _rows(content, self._searcher.search(content), True)

    def redact(self, text: str) -> str:
        """Return a string with its secrets replaced by what a finding shows of them."""
        content = text.encode("utf-8", "replace")
        matches = self._searcher.search(content).matches
        for match in reversed(matches):
            value = content[match.start : match.end]
            content = content[: match.start] + snippet(match.rule, value).encode() + content[match.end :]
        return content.decode() if matches else text

    def assemble(self, view: ImageView) -> Iterable[Finding]:  # noqa: ARG002 -- the contract's
        """Return nothing: secrets are no packages."""
        return ()

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Return nothing."""
        return ()


def _strings(content: bytes) -> bytes:
    """Return what is text in bytes that are none: of UTF-16 the low half, of others the lines between NULs."""
    return content.translate(None, b"\0") if 3 * content.count(0) > len(content) else content.translate(_LINES)


def _is_text(content: bytes) -> bool:
    head = content[:_HEAD]
    return len(head.translate(None, _CONTROL)) == len(head)


def _has_no_strings(path: bytes) -> bool:
    return is_skipped(path) or not has_strings(path)


def _rows(content: bytes, found: Found, is_text: bool) -> list[Row]:
    rows = []
    for match in found.matches:
        value = content[match.start : match.end]
        place = (match.line, match.column) if is_text else (0, 0)
        rows.append((match.rule.id, *place, snippet(match.rule, value), digest(match.rule, value)))
    return rows
