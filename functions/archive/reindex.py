"""The archive's rows from its bundles, for a database that was lost. An operator runs it, as the schema's owner.

A bundle's key tells which request made it and when; the rest is in the bundle. Of several bundles of
an image the newest whole one counts, as after an archiving: older ones are left to the clean-up, and
damaged ones are named and stay.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Generic, TypeVar
from uuid import UUID

from archive import bundle, rows
from archive.bundled_row import check_storable, write_row
from archive.history import History, KnownReference, ReferenceEvent
from cargohold import documents
from cargohold.contracts import AnalysisReady, Reference, ReferenceRemoved
from cargohold.database.connection import Cursor
from cargohold.digests import is_digest
from cargohold.errors import CargoholdError, InvalidBundle, InvalidDocument, ObjectCold, ObjectCorrupt, ObjectNotFound
from cargohold.identifiers import made_at
from cargohold.objects.store import ObjectStore

T = TypeVar("T")

# What is wrong with one bundle and says nothing about the others.
_DAMAGE = (InvalidBundle, InvalidDocument, ObjectCold, ObjectCorrupt, ObjectNotFound)


@dataclass(slots=True)
class Bundles(Generic[T]):
    """What the bundles of one image gave. `packages` is what the caller made of the document."""

    image: str
    verified: bundle.Verified | None = None
    made: rows.Bundled | None = None
    packages: T | None = None
    older: list[str] = field(default_factory=list)
    damaged: list[tuple[str, CargoholdError]] = field(default_factory=list)


def bundles(store: ObjectStore) -> Iterator[tuple[str, list[str]]]:
    """Yield each image of the archive with the keys of its bundles, the newest first; other objects are passed over."""
    keys = (info.key for info in store.list("bundles/") if _is_bundle(info.key))
    for image, found in groupby(keys, key=lambda key: key.split("/")[1]):
        yield image, sorted(found, key=lambda key: _put_by(key).bytes, reverse=True)


def read(store: ObjectStore, image: str, keys: Iterable[str], collect: Callable[[Iterable[bytes]], T]) -> "Bundles[T]":
    """Read the newest whole bundle of an image to its end. Raises `StoreUnavailable`, `StoreForbidden`."""
    found: Bundles[T] = Bundles(image)

    def take(parts: Iterable[bytes]) -> None:
        found.packages = collect(parts)

    for key in keys:
        if found.verified is not None:
            found.older.append(key)
            continue
        try:
            with store.get(key) as reader:
                verified = bundle.verify(reader, key, {documents.PACKAGES.name: take})
                info = reader.info
            if verified.manifest.image != image:
                raise InvalidBundle(bundle=key, reason="it is of another image")
            check_storable(verified, key)
        except _DAMAGE as error:
            found.damaged.append((key, error))
            continue
        found.verified, found.made = verified, rows.Bundled(key, bytes.fromhex(info.sha256), info.size)
    return found


def known(cursor: Cursor, image: str) -> bool:
    """Tell whether there is nothing to write: the archive has a row of the image, or it was deleted."""
    now = rows.read(cursor, image)
    return now.archived is not None or (now.tombstone is not None and now.tombstone.reason == "deleted")


def write(cursor: Cursor, found: Bundles[T], packages: int) -> None:
    """Write the row of the archive and the tombstone. Times are those of the request and of the bundle."""
    if found.verified is None or found.made is None:
        return
    request_id, put_by = UUID(found.made.key.split("/")[2]), _put_by(found.made.key)
    write_row(
        cursor,
        found.verified,
        found.made,
        request_id,
        found.older,
        packages=packages,
        archived_at=made_at(put_by),
    )
    rows.bury(cursor, found.image, made_at(request_id), "archived")


def references_of(verified: bundle.Verified) -> tuple[AnalysisReady, list[ReferenceRemoved]]:
    """Return what persist was once told of an image's references: its pushes as one result, and removals."""
    manifest, history = verified.manifest, verified.history
    pushes = [_pushed(known, known.pushed_at) for known in history.references]
    pushes += [_pushed(event, event.at) for event in history.events if event.event == "pushed"]
    result = AnalysisReady(
        analysis_id=manifest.analysis_id,
        image=manifest.image,
        parents=history.parents,
        references=tuple(pushes),
        documents=(),
        catalog_version=manifest.catalog_version,
        origin="reindex",
    )
    return result, _removals(history)


def first_seen(verified: bundle.Verified) -> list[tuple[str, str, str, str, datetime]]:
    """Return registry, repository, tag, digest and first sighting of each reference."""
    return [
        (known.registry, known.repository, known.tag, known.digest, known.first_seen)
        for known in verified.history.references
    ]


def _removals(history: History) -> list[ReferenceRemoved]:
    events = [event for event in history.events if event.event == "removed"]
    told = {(event.registry, event.repository, event.at) for event in events}
    removals = [
        ReferenceRemoved(
            reference=Reference(
                registry=event.registry, repository=event.repository, tag=event.tag, digest=event.digest
            ),
            removed_at=event.at,
        )
        for event in events
    ]
    # A tag that was removed by its name alone: the event names no digest, so it is in no history.
    removals += [
        ReferenceRemoved(
            reference=Reference(registry=known.registry, repository=known.repository, tag=known.tag),
            removed_at=known.removed_at,
        )
        for known in history.references
        if known.removed_at is not None
        and known.tag
        and (known.registry, known.repository, known.removed_at) not in told
    ]
    return removals


def _pushed(named: KnownReference | ReferenceEvent, at: datetime) -> Reference:
    return Reference(
        registry=named.registry, repository=named.repository, tag=named.tag, digest=named.digest, pushed_at=at
    )


def _is_bundle(key: str) -> bool:
    try:
        _, image, request_id, name = key.split("/")
        return (
            is_digest(image)
            and UUID(request_id).version == 7
            and name.endswith(".tar.zst")
            and _put_by(key).version == 7
        )
    except ValueError:
        return False


def _put_by(key: str) -> UUID:
    return UUID(key.rpartition("/")[2].removesuffix(".tar.zst"))
