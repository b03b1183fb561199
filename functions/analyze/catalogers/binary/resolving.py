"""What files say together: the versions of programs that have theirs in a library or in a file beside."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from posixpath import normpath
from typing import Any

from analyze.catalogers.binary.reading import key
from analyze.catalogers.binary.table import TABLE
from analyze.catalogers.contract import Facts, FileFacts, ImageView
from analyze.catalogers.lookup import Lookup
from cargohold.paths import to_bytes, to_text

_DIRECTORIES = ("lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64")
_LOADED = tuple(f"{directory}/".encode() for directory in _DIRECTORIES)
_BESIDE = ("", "../lib", "../lib64", "../lib/jli", "jli")


@dataclass(frozen=True, slots=True)
class Supported:
    """Facts whose options all hold, and by position of their identity the file that helped."""

    facts: FileFacts
    support: tuple[FileFacts | None, ...]


class Resolver:
    """Answers for one view."""

    def __init__(self, view: ImageView, cataloger: str) -> None:
        self._files = Lookup(view, cataloger)
        self._families: dict[str, list[FileFacts]] = defaultdict(list)
        for found in self._files.found:
            for family in found.facts.detail.get("provides", {}):
                self._families[family].append(found)

    def resolved(self) -> Iterator[Supported]:
        """Yield the files that are evidence of a package, ordered by path, then layer."""
        for found in self._files.found:
            held = [self._first(found, options) for options in found.facts.detail.get("branches", ())]
            options = [one for one in held if one is not None]
            if options:
                facts = Facts([key(option) for option, _ in options], {"rows": [option[0] for option, _ in options]})
                yield Supported(replace(found, facts=facts), tuple(support for _, support in options))

    def _first(self, found: FileFacts, options: list[list[Any]]) -> tuple[list[Any], FileFacts | None] | None:
        for option in options:
            if len(option) == 2:
                return option, None
            support = self._support(found, option)
            if support is not None:
                elsewhere = TABLE[option[0]].elsewhere
                said = support.facts.detail["provides"][elsewhere.family] if elsewhere else ""
                return [option[0], option[1] or said], support
        return None

    def _support(self, found: FileFacts, option: list[Any]) -> FileFacts | None:
        elsewhere = TABLE[option[0]].elsewhere
        if elsewhere is None:
            return None
        directory = to_text(found.path).rpartition("/")[0]
        paths = [f"{directory}/{name}" for name in elsewhere.siblings] if elsewhere.siblings else []
        for library in option[2]:
            near = self._near(found.path, library, self._families[elsewhere.family])
            if near is not None:
                return near
            paths += [f"{directory}/{place}/{library}" for place in _BESIDE]
            paths += [f"{place}/{library}" for place in _DIRECTORIES]
        for path in paths:
            at = self._files.at(to_bytes(normpath("/" + path).lstrip("/")), found)
            if at is not None and elsewhere.family in at.facts.detail.get("provides", {}):
                return at
        return None

    def _near(self, path: bytes, library: str, providers: list[FileFacts]) -> FileFacts | None:
        """Return the provider of that name, or with more numbers behind it, that shares most directories.

        It has to be in the program's own installation or where the loader looks: another one's library
        has another version.
        """
        named = re.compile(re.escape(library.encode()) + rb"(?:\.[0-9.]+)?")
        prefix = path.split(b"/")[:-2]
        best, most = None, -1
        for provider in providers:
            *directories, name = provider.path.split(b"/")
            shared = _shared(prefix, directories)
            if shared > most and named.fullmatch(name) and (shared == len(prefix) or _is_searched(directories)):
                best, most = provider, shared
        return best


def _is_searched(directories: list[bytes]) -> bool:
    return (b"/".join(directories) + b"/").startswith(_LOADED)


def _shared(one: list[bytes], other: list[bytes]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
