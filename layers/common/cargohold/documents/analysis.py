"""`analysis`: the head of an analysis, a summary of the image and the list of its other documents.

It holds no time and no analysis id: the same image and catalog version give the same bytes.
"""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cargohold.contracts import Digest
from cargohold.errors import InvalidDocument

MOST_BYTES = (2**31 - 1) << 31  # a row of the database holds them, whatever a document says


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class LayerEntry(_Part):
    """One layer, base first. `digest` is "" when the transport has no blobs."""

    digest: str
    diff_id: Digest
    media_type: str
    size: int
    uncompressed_size: int
    entries: int
    created_by: str = ""


class DocumentEntry(_Part):
    """Another document of the analysis: SHA-256 in hexadecimal and size, uncompressed."""

    document: str
    sha256: str
    size: int


class DistroEntry(_Part):
    """The distribution of the merged image; empty strings when there is none."""

    id: str = ""
    version_id: str = ""
    id_like: tuple[str, ...] = ()
    name: str = ""
    version: str = ""
    version_codename: str = ""
    build_id: str = ""
    pretty_name: str = ""
    variant_id: str = ""
    path: str = ""


class Analysis(_Part):
    """The summary of one analysis."""

    schema_version: int = 1
    image: Digest
    media_type: str
    config_digest: str = ""
    catalog_version: int
    options: str = ""  # digest of the options that change results; "" for the defaults
    os: str = ""
    architecture: str = ""
    variant: str = ""
    created: str = ""  # as the config states it
    distro: DistroEntry = Field(default_factory=DistroEntry)
    layers: tuple[LayerEntry, ...]
    packages: dict[str, int] = {}  # by type, visible ones
    files: int = 0
    unknowns: int = 0
    documents: tuple[DocumentEntry, ...]

    @property
    def size(self) -> int:
        """Bytes of the layers as they are transferred, at most `MOST_BYTES`."""
        return _total(layer.size for layer in self.layers)

    @property
    def uncompressed_size(self) -> int:
        """Bytes of the layers' tars, at most `MOST_BYTES`."""
        return _total(layer.uncompressed_size for layer in self.layers)


def _total(sizes: Iterable[int]) -> int:
    return min(sum(max(0, size) for size in sizes), MOST_BYTES)


class AnalysisDocument:
    """The document `analysis`: one JSON object."""

    name = "analysis"
    schema_version = 1

    def write(self, analysis: Analysis) -> Iterator[bytes]:
        """Yield the document's bytes."""
        yield analysis.model_dump_json().encode()

    def read(self, parts: Iterable[bytes]) -> Analysis:
        """Return the analysis; raises `InvalidDocument`."""
        try:
            return Analysis.model_validate_json(b"".join(parts))
        except ValidationError as error:
            raise InvalidDocument(document=self.name, reason=str(error.errors()[0]["msg"])) from None


ANALYSIS = AnalysisDocument()
