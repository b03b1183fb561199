"""Analyses in memory, for tests of formats: chosen ones, and whatever hypothesis comes up with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from api.formats import Request, choose, render
from cargohold.documents.analysis import Analysis, DistroEntry, LayerEntry
from cargohold.model import FileFields, FileRecord, License, Location, Package, Relationship, Scope, Unknown
from tests.harness.analyses import digest

IMAGE = digest("manifest")
LAYERS = (digest("base"), digest("top"))


@dataclass
class MemoryAnalysis:
    """An `AnalysisReader` over lists."""

    analysis: Analysis
    all_packages: Sequence[Package] = ()
    all_relationships: Sequence[Relationship] = ()
    all_files: Sequence[FileRecord] = ()
    all_unknowns: Sequence[Unknown] = ()

    def manifest(self) -> bytes:
        return b'{"schemaVersion":2}'

    def config(self) -> bytes:
        return b'{"config":{"Labels":{"vendor":"example"}}}'

    def packages(self) -> Iterable[Package]:
        return self.all_packages

    def relationships(self) -> Iterable[Relationship]:
        return self.all_relationships

    def files(self) -> Iterable[FileRecord]:
        return self.all_files

    def file_blocks(self) -> Iterable[Sequence[FileFields]]:
        return [[file.fields for file in self.all_files]]

    def unknowns(self) -> Iterable[Unknown]:
        return self.all_unknowns


def head(**fields: Any) -> Analysis:
    """Return the head of an analysis of a Debian image with two layers."""
    given: dict[str, Any] = {
        "image": IMAGE,
        "media_type": "application/vnd.oci.image.manifest.v1+json",
        "config_digest": digest("config"),
        "catalog_version": 7,
        "os": "linux",
        "architecture": "amd64",
        "created": "2025-12-31T23:59:59.123456789Z",
        "distro": DistroEntry(id="debian", version_id="12", pretty_name="Debian 12", path="/etc/os-release"),
        "layers": tuple(
            LayerEntry(
                digest=digest(f"blob {layer}"),
                diff_id=layer,
                media_type="application/vnd.oci.image.layer.v1.tar+gzip",
                size=100,
                uncompressed_size=300,
                entries=3,
            )
            for layer in LAYERS
        ),
        "documents": (),
    }
    return Analysis(**(given | fields))


def numbered(packages: Iterable[Package]) -> list[Package]:
    """Give packages ids by their position."""
    found = list(packages)
    for number, package in enumerate(found):
        package.id = package.id or f"{number:016x}"
    return found


def rendered(reader: MemoryAnalysis, name: str, **request: Any) -> bytes:
    """Return a whole document."""
    return b"".join(render(choose(name), reader, Request(**request)))


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_NAMES = _TEXT.filter(lambda text: bool(text.strip().strip("/")))
_DIGESTS = st.sampled_from([digest("a"), digest("b"), ""])
_PATHS = _NAMES.map(lambda text: "/" + text)
_EXPRESSIONS = st.sampled_from(
    [
        "",
        "MIT",
        "Apache-2.0",
        "GPL-2.0-or-later",
        "MIT OR Apache-2.0",
        "(MIT AND Zlib) OR ISC",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "LicenseRef-own",
        "DocumentRef-x:LicenseRef-y",
    ]
)
_LICENSES = st.builds(
    License, value=_TEXT, spdx_expression=_EXPRESSIONS, type=st.sampled_from(["declared", "concluded"]), path=_TEXT
)
_LOCATIONS = st.builds(
    Location,
    path=_PATHS,
    layer=st.integers(0, len(LAYERS) - 1),
    digest=_DIGESTS,
    evidence=st.sampled_from(["primary", "supporting"]),
)
_PERSON = st.one_of(
    _TEXT, st.builds("{} <{}>".format, _TEXT, st.one_of(_TEXT, st.sampled_from(["a@b.example", "x@y", "a@b@c.d"])))
)
_URL = st.one_of(
    _TEXT,
    st.sampled_from(["https://example.org/a?b=c#d", "http://[::1]/", "https://example.org/ü", "https://a b", "//x"]),
)
_HASH = st.one_of(_TEXT, st.sampled_from(["sha512-" + "A" * 86 + "==", "sha1-AAAA", "a" * 64, "0" * 40]))
_METADATA = st.fixed_dictionaries(
    {},
    optional={
        "author": _PERSON,
        "authorEmail": _PERSON,
        "authors": st.lists(_PERSON, max_size=3),
        "maintainer": _PERSON,
        "vendor": _PERSON,
        "description": st.one_of(_TEXT, st.integers()),
        "homepage": _URL,
        "url": _URL,
        "resolved": _URL,
        "integrity": _HASH,
        "checksum": _HASH,
        "sha512": _HASH,
        "digest": st.lists(st.fixed_dictionaries({"algorithm": st.sampled_from(["sha1", "crc"]), "value": _HASH})),
        "dist": st.one_of(_TEXT, st.fixed_dictionaries({"url": _URL, "shasum": _HASH})),
        "mainModule": _TEXT,
    },
)
_TYPES = ["apk", "binary", "deb", "go-module", "java-archive", "npm", "php-composer", "python", "rpm", "rust-crate"]
_PACKAGES = st.builds(
    Package,
    cataloger=st.sampled_from(["one", "two"]),
    type=st.sampled_from(_TYPES),
    name=_NAMES,
    version=st.one_of(st.just(""), st.just("UNKNOWN"), _TEXT),
    purl=st.sampled_from(["pkg:generic/a@1", "pkg:npm/%40a/b@2"]),
    language=st.sampled_from(["", "python"]),
    namespace=_TEXT,
    architecture=_TEXT,
    source_name=_TEXT,
    source_version=_TEXT,
    scope=st.sampled_from(list(Scope)),
    licenses=st.lists(_LICENSES, max_size=3).map(tuple),
    locations=st.lists(_LOCATIONS, max_size=3).map(tuple),
    files=st.lists(_PATHS, max_size=3).map(tuple),
    origin_layer=st.one_of(st.none(), st.integers(0, len(LAYERS) - 1)),
    created_by=_TEXT,
    metadata=_METADATA,
)
_UNKNOWNS = st.builds(Unknown, path=_TEXT, layer=st.integers(0, 1), cataloger=st.just("one"), reason=_TEXT)
_FILES = st.builds(
    FileRecord,
    path=_PATHS,
    type=st.sampled_from(["file", "directory", "symlink"]),
    mode=st.integers(0, 0o7777),
    uid=st.integers(0, 10),
    gid=st.integers(0, 10),
    size=st.integers(0, 1 << 40),
    layer=st.integers(0, 1),
    digest=_DIGESTS,
    link=_TEXT,
    content=st.sampled_from(["", "elf", "script", "text"]),
)


@st.composite
def analyses(draw: st.DrawFn) -> MemoryAnalysis:
    """Draw an analysis: odd names, no versions, licences as free text, cyclic dependencies, any number of packages."""
    packages = numbered(draw(st.lists(_PACKAGES, max_size=5)))
    relationships: list[Relationship] = []
    if packages:
        ends = st.sampled_from([package.id for package in packages])
        kinds = st.sampled_from(["dependency-of", "contains", "ownership-by-file-overlap"])
        related = st.lists(st.builds(Relationship, parent=ends, child=ends, kind=kinds), max_size=5)
        relationships = list(dict.fromkeys(draw(related)))
    distro = draw(st.builds(DistroEntry, id=st.one_of(st.just(""), _NAMES), version_id=_TEXT, pretty_name=_TEXT))
    created = draw(st.one_of(_TEXT, st.sampled_from(["2020-02-03T04:05:06.7+02:00", "0001-01-01T00:00:00Z"])))
    return MemoryAnalysis(
        head(distro=distro, created=created),
        packages,
        relationships,
        draw(st.lists(_FILES, max_size=4, unique_by=lambda file: file.path)),
        draw(st.lists(_UNKNOWNS, max_size=3, unique=True)),
    )
