"""What a cataloger is, what it sees and what it returns.

The *map* half, `extract`, sees one file and nothing else, so its result is memoised by content. The
*reduce* half, `assemble`, sees the whole image and is cheap. Catalogers import this module, `model`,
`purl` and `errors`, and open no file themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from cargohold.model import Distro, Package, Relationship, Scope


@dataclass(frozen=True, slots=True)
class Patterns:
    """Which files a cataloger wants: any of these. Paths are bytes, without a leading "/".

    `basenames` match a whole base name, `extensions` what follows the last dot of it (lower case,
    without the dot), `paths` are regular expressions over the whole path, `magic` are the first bytes
    of the content, `contents` the classes of content (`text`, `script`, `binary`, `elf`, `pe`, `zip`) of
    which every file is wanted, empty ones apart. Cheap kinds first: a regular expression is tried only
    when nothing else matched. A file over `max_size` bytes is an unknown. `keep` says whether the raw
    bytes of small files stay in the layer record; a cataloger that wants every file has to decline.

    Two questions spare a cataloger of `contents` files of which `extract` would return None: `passes_by`
    tells so of a path, by class, and `glance` of bytes that are at hand as a whole, when it is false.
    """

    basenames: frozenset[bytes] = frozenset()
    extensions: frozenset[bytes] = frozenset()
    paths: tuple[bytes, ...] = ()
    magic: tuple[bytes, ...] = ()
    contents: frozenset[str] = frozenset()
    max_size: int = 16 << 20
    keep: bool = True
    passes_by: Mapping[str, Callable[[bytes], bool]] = field(default_factory=dict)
    glance: Callable[[memoryview], bool] | None = None

    @property
    def by_content(self) -> bool:
        """Tell whether bytes decide, and not the path alone: a file is then wanted under every name it has."""
        return bool(self.magic or self.contents)


class LayerFile(Protocol):
    """One regular file of a layer, shared by all catalogers that want it."""

    path: bytes  # canonical, without a leading "/"
    size: int

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes, or fewer when the file is shorter."""

    def read(self, limit: int) -> bytes:
        """Return the content; raises `ValueError` when it is longer than `limit` bytes."""

    def open(self) -> BinaryIO:
        """Return a seekable stream, in memory or in scratch. Raises `ScratchExhausted`."""


@dataclass(slots=True)
class Facts:
    """What one file says, as JSON values.

    `identity`: one dictionary a package, with at least `name` and `version` (strings), small: it is
    compared over layers to find origins and hidden packages. `detail`: everything else, keyed as the
    cataloger likes. `unknowns`: reasons why part of the file could not be read.
    """

    identity: list[dict[str, Any]] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)
    unknowns: list[str] = field(default_factory=list)


@dataclass(slots=True)  # not frozen, which takes three times the time to make, and nobody changes one
class FileFacts:
    """Facts with where they are from. `path` has no leading "/"; hard and symbolic links give one each.

    `made` is where packages stay that were made of them, one place for each of `facts.identity`, see `prototypes`;
    None where these facts serve one image alone.
    """

    path: bytes
    layer: int
    entry: int
    visible: bool
    digest: str
    facts: Facts
    made: list[tuple[tuple[Any, ...], Package] | None] | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Finding:
    """A package and the file whose facts it comes from; `key` is its entry of `facts.identity`.

    The assembler fills in `id`, `origin_layer`, `created_by` and the digests of locations. `prototype` is what the
    package is a copy of, with the same type, name, version, purl, paths and metadata, and so with the same id.
    """

    package: Package
    evidence: FileFacts
    key: dict[str, Any]
    prototype: Package | None = None


class ImageView(Protocol):
    """One image as a cataloger sees it when assembling: visible files by default, hidden ones when `scope` says so."""

    scope: Scope
    distro: Distro | None

    def facts(self, cataloger: str) -> Iterator[FileFacts]:
        """Yield a cataloger's facts in this view's scope, ordered by path, then layer."""

    def facts_at(self, cataloger: str, path: bytes, *, seen_from: int | None = None) -> FileFacts | None:
        """Return a cataloger's facts of the file that `path` leads to, through symbolic links.

        In the merged image, or as layers 0 to `seen_from` alone merge it.
        """

    def exists(self, path: bytes) -> bool:
        """Tell whether `path` leads to something visible."""

    def resolve(self, path: bytes) -> bytes | None:
        """Return the real path that `path` leads to in the merged image, or None."""

    def children(self, directory: bytes) -> Sequence[bytes]:
        """Return the base names in a directory of the merged image, sorted."""


class Cataloger(Protocol):
    """A source of packages."""

    @property
    def name(self) -> str:
        """Return the name of the cataloger, and of its section in layer records."""

    @property
    def version(self) -> int:
        """Return a number to bump when what `extract` returns for any file changes; a test notices."""

    def patterns(self) -> Patterns:
        """Return what the cataloger wants to see."""

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one file; None when it turns out to be of no interest.

        Bad content gives `Facts` with unknowns, never an exception: one that escapes is a bug and is
        recorded as one. Memory is bounded by the file's size limit.
        """

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make packages of a view. The only part that may depend on paths."""

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:
        """Return relations among this cataloger's packages (`dependency-of`), by package id."""
