"""What an analysis found, read from its documents and checked against the message that announced them."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cargohold import documents
from cargohold.contracts import AnalysisReady
from cargohold.documents.analysis import Analysis
from cargohold.errors import InvalidDocument, ObjectCorrupt
from cargohold.objects.store import ObjectStore, analysis_key
from persist import secrets
from persist.chain import Chain, chain_of
from persist.packages import Packages, collect
from persist.secrets import SecretRow

HEAD_BYTES = 32 << 20  # the head lists layers and documents; it is read as a whole


@dataclass(frozen=True, slots=True)
class Content:
    """An analysis, ready to become rows. `sha256` is of the head document."""

    analysis: Analysis
    sha256: bytes
    chain: Chain
    packages: Packages
    secrets: tuple[SecretRow, ...] = ()


def read(store: ObjectStore, message: AnalysisReady) -> Content:
    """Return the content of an analysis; packages stream, their files and metadata are not kept.

    Raises `ObjectNotFound`, `ObjectCorrupt`, `InvalidDocument`, and `StoreUnavailable`.
    """
    head = next((key for key in message.documents if key.document == documents.ANALYSIS.name), None)
    if head is None:
        raise InvalidDocument(document=documents.ANALYSIS.name, reason="the message does not name it")
    if head.size > HEAD_BYTES:
        raise InvalidDocument(document=head.document, reason=f"{head.size} bytes are too many")
    analysis = documents.ANALYSIS.read(_verified(store, head.key, head.sha256))
    if analysis.image != message.image or analysis.catalog_version != message.catalog_version:
        raise InvalidDocument(document=head.document, reason="it is of another image or catalog version")
    listed = {entry.document: entry.sha256 for entry in analysis.documents}
    if documents.PACKAGES.name not in listed:
        raise InvalidDocument(document=documents.PACKAGES.name, reason="the analysis does not list it")

    def parts(document: str) -> Iterator[bytes]:
        return _verified(store, analysis_key(message.image, message.analysis_id, document), listed[document])

    packages = collect(documents.PACKAGES.read(parts(documents.PACKAGES.name)))
    found: tuple[SecretRow, ...] = ()
    if documents.SECRETS.name in listed:  # not searched for, or analyzed before there was such a document
        found = secrets.collect(documents.SECRETS.read(parts(documents.SECRETS.name)))
    return Content(analysis, bytes.fromhex(head.sha256), chain_of(analysis.layers), packages, found)


def _verified(store: ObjectStore, key: str, expected: str) -> Iterator[bytes]:
    # The store checks what was put; this checks that it is what the analysis meant.
    digest = sha256()
    with store.get(key) as reader:
        for part in reader:
            digest.update(part)
            yield part
    if digest.hexdigest() != expected:
        raise ObjectCorrupt(key=store.at(key), expected=expected, actual=digest.hexdigest())
