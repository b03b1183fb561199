"""Claims: a hundred simultaneous pushes of a digest give one analysis.

A claim is an object `claims/<image>/<version>/<n>` written if-absent, with the analysis id and a deadline.
The version is the catalog's, with the digest of options that are not the defaults (`<number>-<digest>`). The
holder of the highest `n` owns the image's analysis; a claim whose deadline has passed without an analysis is
taken over by writing `n + 1`. Transitions (archive, delete) delete claims.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from cargohold import documents
from cargohold.contracts import DocumentKey, now
from cargohold.errors import ObjectExists, ObjectNotFound
from cargohold.objects.store import ObjectStore, analysis_key


@dataclass(frozen=True, slots=True)
class Claim:
    """Who analyzes an image. `mine` tells whether it is the caller."""

    number: int
    analysis_id: UUID
    deadline: datetime
    mine: bool = False


def claim(store: ObjectStore, image: str, version: str, analysis_id: UUID, deadline: datetime, *, anew: bool) -> Claim:
    """Claim the analysis of `image`, or return who holds it.

    With `anew` a finished or abandoned claim is taken over too; one whose holder is still at work never is.
    """
    prefix = f"claims/{image}/{version}/"
    while True:
        current = _newest(store, prefix)
        if current is not None and not _free(store, image, current, analysis_id, anew=anew):
            return current
        number = 0 if current is None else current.number + 1
        body = orjson.dumps({"analysis_id": str(analysis_id), "deadline": deadline.isoformat()})
        try:
            store.put(f"{prefix}{number:06}", [body], if_absent=True)
        except ObjectExists:
            continue
        return Claim(number, analysis_id, deadline, mine=True)


def finished(store: ObjectStore, image: str, analysis_id: UUID) -> tuple[DocumentKey, ...] | None:
    """Return the documents of an analysis when all are written, None otherwise."""
    key = analysis_key(image, analysis_id, documents.ANALYSIS.name)
    try:
        with store.get(key) as reader:
            analysis = documents.ANALYSIS.read(reader)
            head = reader.info
    except ObjectNotFound:
        return None
    listed = tuple(
        DocumentKey(
            document=entry.document,
            key=analysis_key(image, analysis_id, entry.document),
            sha256=entry.sha256,
            size=entry.size,
        )
        for entry in analysis.documents
    )
    return (*listed, DocumentKey(document=documents.ANALYSIS.name, key=key, sha256=head.sha256, size=head.size))


def release(store: ObjectStore, image: str, version: str, held: Claim) -> None:
    """Give a claim back after a failure, so that the next request need not wait for its deadline."""
    store.delete(f"claims/{image}/{version}/{held.number:06}")


def _newest(store: ObjectStore, prefix: str) -> Claim | None:
    newest = max(store.list(prefix), key=lambda info: info.key, default=None)
    if newest is None:
        return None
    try:
        with store.get(newest.key) as reader:
            body = orjson.loads(reader.read())
    except ObjectNotFound:  # released between the listing and the read
        return _newest(store, prefix)
    number = int(newest.key.removeprefix(prefix))
    return Claim(number, UUID(body["analysis_id"]), datetime.fromisoformat(body["deadline"]))


def _free(store: ObjectStore, image: str, current: Claim, analysis_id: UUID, *, anew: bool) -> bool:
    if current.analysis_id == analysis_id:
        return False
    if anew:
        return current.deadline <= now() or finished(store, image, current.analysis_id) is not None
    return current.deadline <= now() and finished(store, image, current.analysis_id) is None
