"""From the primary store into the archive store."""

from archive import bundle, rows
from archive.history import History
from archive.steps.run import Run
from cargohold import digests
from cargohold.announcement import announcement_key
from cargohold.contracts import ImageArchived
from cargohold.database.connection import Cursor
from cargohold.documents import ANALYSIS, NAMES
from cargohold.documents.analysis import Analysis
from cargohold.errors import InvalidBundle, InvalidDocument, ObjectCorrupt
from cargohold.identifiers import event_id, uuid7
from cargohold.lifecycle import ArchiveStatus, ImageStatus
from cargohold.objects.store import analysis_key


def bundles_of(digest: str) -> str:
    """Return the prefix of all bundles of an image."""
    return f"bundles/{digest}/"


def begin(run: Run) -> None:
    """Set `active` to `archiving`, if the image is what the requester or the rule saw."""
    eligible_at = run.check_rule()

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.image is None or now.image.status is not ImageStatus.ACTIVE:
            if now.image is not None and now.image.request_id == run.request.request_id:
                return  # this very request, by a copy of its message
            raise run.conflict("it is not active")
        run.check_image_unchanged(now.image)
        if eligible_at is not None and eligible_at != now.image.revision:
            raise run.conflict("it changed while its rule was looked at")
        if now.archived is not None and now.archived.status is not ArchiveStatus.ARCHIVED:
            raise run.conflict(f"its archived analysis is {now.archived.status.value}")
        rows.move_image(cursor, run.digest, ImageStatus.ARCHIVING, run.request.request_id)

    run.services.database.run(work)


def release_claims(run: Run) -> None:
    """Delete the claims, so that a push from here on starts an analysis of its own and finds no old one finished."""
    for claim in list(run.services.primary.list(f"claims/{run.digest}/")):
        run.services.primary.delete(claim.key)


def put_bundle(run: Run) -> None:
    """Build the bundle from the rows and documents of now, and put it under a key of its own."""

    def work(cursor: Cursor) -> tuple[rows.ImageRow, History]:
        image = _mine(run, run.situation(cursor))
        # Under the lock on the image's row: whoever adds a reference must wait, and then moves the revision.
        return image, rows.history(cursor, run.digest, image.analyzed_at)

    image, history = run.services.database.run(work)
    analysis = _read_analysis(run, image)
    sources = _sources(run, image, analysis)
    run.begun = image
    run.primary_keys = [analysis_key(run.digest, image.analysis_id, source.document) for source in sources]
    run.primary_keys.append(announcement_key(run.digest, image.analysis_id))  # in the bundle it is the history
    # A fresh key for every attempt: nobody ever overwrites a bundle, or deletes one that is not his.
    key = f"{bundles_of(run.digest)}{run.request.request_id}/{uuid7()}.tar.zst"
    run.manifest, content = bundle.write(image.analysis_id, analysis.catalog_version, sources, history)
    info = run.services.archive.put(key, content, if_absent=True)
    run.bundle = rows.Bundled(key, bytes.fromhex(info.sha256), info.size)


def verify_bundle(run: Run) -> None:
    """Read the bundle back and check every member; raises `InvalidBundle` or `ObjectCorrupt`."""
    assert run.bundle is not None  # noqa: S101 -- put_bundle went before
    with run.services.archive.get(run.bundle.key) as reader:
        verified = bundle.verify(reader, run.bundle.key)
    if verified.manifest != run.manifest:
        raise InvalidBundle(bundle=run.bundle.key, reason="it is not the one that was put")


def commit(run: Run) -> None:
    """Move the image from one table to the other, if nothing has happened to it since the bundle was built."""
    assert run.bundle is not None  # noqa: S101 -- put_bundle went before
    made = run.bundle
    others = [info.key for info in run.services.archive.list(bundles_of(run.digest)) if info.key != made.key]

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.archived is not None and now.archived.bundle_key == made.key:
            return  # committed before, and the connection was lost with the answer
        image = _mine(run, now)
        if image != run.begun:
            raise run.conflict("it changed while its bundle was built")
        if now.archived is not None and now.archived.status is not ArchiveStatus.ARCHIVED:
            raise run.conflict(f"its archived analysis is {now.archived.status.value}")
        references = rows.history(cursor, run.digest, image.analyzed_at).current()
        left = now.archived.primary_keys if now.archived is not None else ()
        rows.write_archived(
            cursor,
            run.digest,
            run.request.request_id,
            run.request.rule_id,
            made,
            references,
            primary_keys=sorted({*left, *run.primary_keys}),
            stale_bundles=others,
        )
        # As of the beginning: a push after it passes, even if it is handled only now.
        rows.bury(cursor, run.digest, image.status_changed_at, "archived")
        rows.remove_image(cursor, run.digest)

    run.services.database.run(work)


def announce(run: Run) -> None:
    """Publish `ImageArchived`, once more on a repetition, under the same id."""

    def work(cursor: Cursor) -> rows.ArchivedRow | None:
        return run.situation(cursor).archived

    archived = run.services.database.run(work)
    if archived is None or archived.request_id != run.request.request_id:
        return
    run.services.messenger.publish(
        ImageArchived(
            event_id=event_id("ImageArchived", run.digest, str(archived.request_id)),
            at=archived.archived_at,
            image=run.digest,
            references=archived.references,
            bundle_key=archived.bundle_key,
            bundle_size=archived.bundle_size,
            correlation_id=run.request.correlation_id,
        )
    )


def give_up(run: Run, error: str) -> None:
    """Make the image active again, with the error, and delete the bundle of this attempt."""

    def work(cursor: Cursor) -> bool:
        now = run.situation(cursor)
        image = now.image
        if image and image.status is ImageStatus.ARCHIVING and image.request_id == run.request.request_id:
            rows.move_image(cursor, run.digest, ImageStatus.ACTIVE, None, error=error)
        return now.archived is None or run.bundle is None or now.archived.bundle_key != run.bundle.key

    unused = run.services.database.run(work)
    if run.bundle is not None and unused:
        run.services.archive.delete(run.bundle.key)


def _mine(run: Run, now: rows.Situation) -> rows.ImageRow:
    image = now.image
    if image is None or image.status is not ImageStatus.ARCHIVING or image.request_id != run.request.request_id:
        raise run.conflict("the transition was cancelled, or another has taken its place")
    return image


def _read_analysis(run: Run, image: rows.ImageRow) -> Analysis:
    key = analysis_key(run.digest, image.analysis_id, ANALYSIS.name)
    with run.services.primary.get(key) as reader:
        if reader.info.size > bundle.HELD:
            raise InvalidDocument(document=ANALYSIS.name, reason=f"it has {reader.info.size} bytes")
        content = reader.read()
    if digests.of(content) != digests.to_text(image.analysis_sha256):
        raise ObjectCorrupt(key=key, expected=image.analysis_sha256.hex(), actual=digests.of(content)[7:])
    return ANALYSIS.read([content])


def _sources(run: Run, image: rows.ImageRow, analysis: Analysis) -> list[bundle.Source]:
    """Return every document that the analysis lists, in the order of `documents.NAMES`, and itself last."""

    def source(document: str, sha256: str, size: int) -> bundle.Source:
        key = analysis_key(run.digest, image.analysis_id, document)
        return bundle.Source(document, sha256, size, lambda: run.services.primary.get(key))

    order = {name: number for number, name in enumerate(NAMES)}
    listed = sorted(analysis.documents, key=lambda entry: (order.get(entry.document, len(order)), entry.document))
    head = run.services.primary.head(analysis_key(run.digest, image.analysis_id, ANALYSIS.name))
    return [source(entry.document, entry.sha256, entry.size) for entry in listed] + [
        source(ANALYSIS.name, image.analysis_sha256.hex(), head.size)
    ]
