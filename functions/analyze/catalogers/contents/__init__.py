"""Files that a deployment wants kept as they are, and lines that it wants counted.

`detail` has `content`, the Base64 of a retrieved file, and `matches` of each search that has the file among
its own: name, number of lines, numbers of the first lines, and their text where the search says so.

Expressions are those of Rust's regex crate, by way of pydantic: they come from a deployment's settings and
meet what comes from an image, and this engine cannot be made to backtrack.
"""

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.globs import compiled, expression
from cargohold.model import Package, Relationship

_LARGEST = 16 << 20  # of a file that is searched
_LINES = 1000  # numbers kept of one search in one file
_LONGEST = 500  # characters kept of a line


@dataclass(frozen=True, slots=True)
class ContentSearch:
    """Lines that match `expression` in files that one of `paths` (globs) names; `text` keeps the lines too."""

    name: str
    expression: str
    paths: tuple[str, ...]
    text: bool = False


@dataclass(frozen=True, slots=True)
class ContentOptions:
    """What to retrieve (globs) up to which size in bytes, and what to search for."""

    retrieve: tuple[str, ...] = ()
    retrieve_bytes: int = 1 << 20
    searches: tuple[ContentSearch, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.retrieve or self.searches)


class ContentScanner:
    """Reads what `options` name. `digest` is of the options: another one's facts are not this one's."""

    version = 1

    def __init__(self, options: ContentOptions, digest: str) -> None:
        self.name = f"contents-{digest}"
        self._options = options
        self._retrieved = compiled(options.retrieve)
        self._searches = [(search, compiled(search.paths), _matcher(search)) for search in options.searches]

    def patterns(self) -> Patterns:
        """Return the globs of everything that is retrieved or searched."""
        globs = [*self._options.retrieve, *(glob for search in self._options.searches for glob in search.paths)]
        largest = max(_LARGEST, self._options.retrieve_bytes)
        return Patterns(paths=tuple(dict.fromkeys(map(expression, globs))), max_size=largest, keep=False)

    def extract(self, file: LayerFile) -> Facts:
        """Read one file; what is too large to be kept is an unknown."""
        facts = Facts()
        content = file.read(file.size)
        if self._retrieved.fullmatch(file.path):
            if file.size <= self._options.retrieve_bytes:
                facts.detail["content"] = b64encode(content).decode()
            else:
                limit = self._options.retrieve_bytes
                facts.unknowns.append(f"not retrieved: {file.size} bytes are more than {limit}")
        matches = [
            found
            for search, paths, matcher in self._searches
            if paths.fullmatch(file.path) and (found := _lines(search, matcher, content))
        ]
        if matches:
            facts.detail["matches"] = matches
        return facts

    def assemble(self, view: ImageView) -> Iterable[Finding]:  # noqa: ARG002 -- the contract's
        """Return nothing: contents are no packages."""
        return ()

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Return nothing."""
        return ()


def check(search: ContentSearch) -> str:
    """Return why the expression of a search cannot be used, "" when it can."""
    try:
        _matcher(search)
    except SchemaError as error:
        return str(error).replace("\n", " ")
    return ""


def _matcher(search: ContentSearch) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=search.expression))


def _lines(search: ContentSearch, matcher: SchemaValidator, content: bytes) -> dict[str, Any] | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    numbers: list[int] = []
    texts: list[str] = []
    count = 0
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        line = line.rstrip("\n")
        if matcher.isinstance_python(line):
            count += 1
            if count <= _LINES:
                numbers.append(number)
                if search.text:
                    texts.append(line[:_LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}"))
    return {"name": search.name, "count": count, "lines": numbers, "texts": texts} if count else None
