"""Which catalogers want a file: the patterns of all of them, compiled once.

Per file: two dictionary look-ups, one search with one regular expression, and a look at the first
bytes and at the class of the content. A cataloger's own paths are tried one by one only after the common
expression hit, and what it says that it passes by only for files that it wants for their class.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from analyze.catalogers.contract import Cataloger, Patterns
from analyze.layer.content import classes_of
from analyze.layer.entries import ContentClass

Wanted = frozenset[int]  # positions in the sequence of catalogers
_NOBODY: Wanted = frozenset()
_NOTHING: dict[int, dict[bytes, Wanted]] = {}
_NO_CONTENTS: dict[Callable[[bytes], bool], Wanted] = {}
_STARTS = (b"(?>(?:.*/)?)", b"(?:.*/)?", b"")  # of expressions: a base name, some last parts of a path, the whole of it


class Matcher:
    """Compiled from catalogers in their order; matches give positions in that order, sorted."""

    def __init__(self, catalogers: Sequence[Cataloger]) -> None:
        self.patterns: list[Patterns] = [cataloger.patterns() for cataloger in catalogers]
        self._basenames: dict[bytes, Wanted] = {}
        self._extensions: dict[bytes, Wanted] = {}
        self._magic: dict[int, dict[int, dict[bytes, Wanted]]] = {}  # by class of content, then by length
        self._contents: dict[int, dict[Callable[[bytes], bool], Wanted]] = {}  # by class, then by what is passed by
        self._glances = [patterns.glance for patterns in self.patterns]
        self._paths: list[tuple[re.Pattern[bytes], int]] = []
        for number, patterns in enumerate(self.patterns):
            for name in patterns.basenames:
                self._basenames[name] = self._basenames.get(name, _NOBODY) | {number}
            for extension in patterns.extensions:
                self._extensions[extension] = self._extensions.get(extension, _NOBODY) | {number}
            for magic in patterns.magic:
                for possible in classes_of(magic):
                    table = self._magic.setdefault(possible, {}).setdefault(len(magic), {})
                    table[magic] = table.get(magic, _NOBODY) | {number}
            for kind in patterns.contents:
                table_of = self._contents.setdefault(ContentClass[kind.upper()], {})
                passes_by = patterns.passes_by.get(kind, _nothing)
                table_of[passes_by] = table_of.get(passes_by, _NOBODY) | {number}
            self._paths += [(re.compile(path, re.DOTALL), number) for path in patterns.paths]
        self._any_path = re.compile(_any_of([expression.pattern for expression, _ in self._paths]), re.DOTALL)

    def names(self, path: bytes) -> Wanted:
        """Return the catalogers that want a file by its path alone."""
        base = path[path.rfind(b"/") + 1 :]
        wanted = self._basenames.get(base, _NOBODY)
        dot = base.rfind(b".")
        if dot >= 0 and (more := self._extensions.get(base[dot + 1 :].lower())):
            wanted |= more
        if self._paths and self._any_path.fullmatch(path):
            wanted |= {number for expression, number in self._paths if expression.fullmatch(path)}
        return wanted

    def sniff(self, head: bytes, content: int) -> Wanted:
        """Return the catalogers that want a file of a `ContentClass` by its first bytes."""
        wanted = _NOBODY
        for length, table in self._magic.get(content, _NOTHING).items():
            if more := table.get(head[:length]):
                wanted |= more
        return wanted

    def match(self, path: bytes, head: bytes, content: int) -> tuple[int, ...]:
        """Return the positions of the catalogers that want a file of a `ContentClass`, sorted."""
        wanted = self.names(path)
        for passes_by, more in self._contents.get(content, _NO_CONTENTS).items():
            if not passes_by(path):
                wanted |= more
        if self._magic:
            sniffed = self.sniff(head, content)
            wanted = wanted | sniffed if wanted else sniffed
        return tuple(sorted(wanted)) if wanted else ()

    def glance(self, wanted: tuple[int, ...], content: memoryview) -> tuple[int, ...]:
        """Return those of the positions `wanted` whose catalogers do not see at once that a file has nothing."""
        glances = self._glances
        return tuple([number for number in wanted if (glance := glances[number]) is None or glance(content)])


def _nothing(_path: bytes) -> bool:
    return False


@lru_cache(maxsize=8)
def matcher_of(catalogers: tuple[Cataloger, ...]) -> Matcher:
    """Return the matcher of some catalogers; compiling one takes as long as matching some thousand paths."""
    return Matcher(catalogers)


def _any_of(sources: Sequence[bytes]) -> bytes:
    """Return one expression for all, with what they start with written once: it is half the work of a search."""
    rest = list(dict.fromkeys(sources))
    groups: list[bytes] = []
    for start in _STARTS:
        mine = [source for source in rest if source.startswith(start)]
        rest = [source for source in rest if not source.startswith(start)]
        if mine:
            groups.append(start + b"(?:%s)" % b"|".join(b"(?:%s)" % source[len(start) :] for source in mine))
    return b"|".join(b"(?:%s)" % group for group in groups)
