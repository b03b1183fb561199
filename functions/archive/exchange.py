"""Bundles out of the archive into files, and from files into the archive.

An import is an archiving whose documents come from elsewhere: the bundle is put under a key of its own and
read back before a row names it, so a death leaves at most a bundle that the next archiving removes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import orjson

from archive import bundle, rows
from archive.steps.archiving import bundles_of
from archive.steps.run import Services
from archive.stored import verify_stored
from cargohold import digests
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
    if "\0" in verified.history.model_dump_json() or "\\u0000" in verified.history.model_dump_json():
        raise InvalidBundle(bundle=name, reason="a name in its history has a NUL")
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
            _write(cursor, verified, made, request_id, others)
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


def _write(
    cursor: Cursor, verified: bundle.Verified, made: rows.Bundled, request_id: object, others: list[str]
) -> None:
    analysis, history = verified.analysis, verified.history
    shown = [one.model_dump(mode="json", exclude_none=True) for one in history.current()]
    cursor.execute(
        """
        INSERT INTO archived_image (
            digest, status, request_id, bundle_key, bundle_sha256, bundle_size, analysis_id, catalog_version, os,
            architecture, distro_id, distro_version, package_count, "references", primary_keys, stale_bundles,
            analyzed_at)
        VALUES (%(digest)s, 'archived', %(request_id)s, %(key)s, %(sha256)s, %(size)s, %(analysis_id)s,
            %(catalog_version)s, %(os)s, %(architecture)s, %(distro_id)s, %(distro_version)s, %(packages)s,
            %(references)s, '{}', %(others)s, %(analyzed_at)s)
        """,
        {
            "digest": digests.to_bytes(verified.manifest.image),
            "request_id": request_id,
            "key": made.key,
            "sha256": made.sha256,
            "size": made.size,
            "analysis_id": verified.manifest.analysis_id,
            "catalog_version": verified.manifest.catalog_version,
            "os": _fit(analysis.os),
            "architecture": _fit(analysis.architecture),
            "distro_id": _fit(analysis.distro.id),
            "distro_version": _fit(analysis.distro.version_id or analysis.distro.build_id),
            "packages": min(sum(max(0, count) for count in analysis.packages.values()), 2**31 - 1),
            "references": orjson.dumps(shown).decode(),
            "others": others,
            "analyzed_at": history.analyzed_at,
        },
    )


def _fit(text: str) -> str:
    return text.replace("\0", "")[:200]
