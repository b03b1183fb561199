"""Bundles out of the archive into files, and from files into the archive.

An import is an archiving whose documents come from elsewhere: the bundle is put under a key of its own and
read back before a row names it, so a death leaves at most a bundle that the next archiving removes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from archive import bundle, rows
from archive.bundled_row import check_storable, packages_of, write_row
from archive.steps.archiving import bundles_of
from archive.steps.run import Services
from archive.stored import verify_stored
from cargohold.database.connection import Cursor
from cargohold.errors import ArchiveUnknown, InvalidBundle, ObjectCorrupt, TransitionConflict
from cargohold.identifiers import uuid7
from cargohold.lifecycle import ArchiveStatus, ImageStatus

Open = Callable[[], AbstractContextManager[Iterable[bytes]]]

_IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: `new` is False when the archive had this analysis already."""

    digest: str
    new: bool


def export(services: Services, digest: str, write: Callable[[bytes], object]) -> bundle.Verified:
    """Give the bytes of a bundle to `write`, verified on their way: they count only when this returns.

    Raises `ArchiveUnknown`, and what reading a bundle raises.
    """

    def work(cursor: Cursor) -> rows.Situation:
        return rows.read(cursor, digest)

    archived = services.database.run(work).archived
    if archived is None:
        raise ArchiveUnknown(digest=digest)

    def copied(parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            write(part)
            yield part

    return verify_stored(services.archive, digest, archived, copied)


def import_bundle(services: Services, name: str, open_file: Open) -> Imported:
    """Put the bundle of a file, called `name` in messages, into the archive.

    An image that is in the primary store stays there as well. Raises `InvalidBundle`, and
    `TransitionConflict` when the archive has another analysis of the image or a transition is under way.
    """
    with open_file() as parts:
        verified = bundle.verify(parts, name)
    check_storable(verified, name)
    digest = verified.manifest.image
    if not _wanted(services, verified):
        return Imported(digest, new=False)
    request_id = uuid7()
    key = f"{bundles_of(digest)}{request_id}/{uuid7()}.tar.zst"
    with open_file() as parts:
        info = services.archive.put(key, parts, if_absent=True)
    made = rows.Bundled(key, bytes.fromhex(info.sha256), info.size)
    try:
        _read_back(services, key, verified)
        others = [info.key for info in services.archive.list(bundles_of(digest)) if info.key != key]

        def work(cursor: Cursor) -> bool:
            now = rows.read(cursor, digest)
            if now.archived is not None and now.archived.bundle_key == key:
                return True  # committed before, and the connection was lost with the answer
            if not _fits(now, verified):
                return False
            write_row(cursor, verified, made, request_id, others, packages=packages_of(verified.analysis))
            if now.image is None:
                rows.bury(cursor, digest, verified.history.analyzed_at, "archived")
            return True

        new = services.database.run(work)
    except (InvalidBundle, ObjectCorrupt, TransitionConflict):
        services.archive.delete(key)
        raise
    if not new:
        services.archive.delete(key)
    return Imported(digest, new)


def _read_back(services: Services, key: str, verified: bundle.Verified) -> None:
    with services.archive.get(key) as reader:
        if bundle.verify(reader, key).manifest != verified.manifest:
            raise InvalidBundle(bundle=key, reason="it is not the one that was put")


def _wanted(services: Services, verified: bundle.Verified) -> bool:
    """Look before anything is put; it is looked again under the lock."""

    def work(cursor: Cursor) -> bool:
        return _fits(rows.read(cursor, verified.manifest.image), verified)

    return services.database.run(work)


def _fits(now: rows.Situation, verified: bundle.Verified) -> bool:
    """Tell whether the bundle is news. Raises `TransitionConflict`."""
    digest = verified.manifest.image
    if now.image is not None and now.image.status is not ImageStatus.ACTIVE:
        raise TransitionConflict(digest=digest, transition=_IMPORT, reason=f"it is {now.image.status.value}")
    if now.archived is None:
        return True
    if now.archived.status is not ArchiveStatus.ARCHIVED:
        raise TransitionConflict(digest=digest, transition=_IMPORT, reason=f"it is {now.archived.status.value}")
    if now.archived.analysis_id != verified.manifest.analysis_id:
        raise TransitionConflict(digest=digest, transition=_IMPORT, reason="the archive has another analysis of it")
    return False
