"""What to do about one tag, given what the registry and the database say of it. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from intake.reconcile.known import Attempt, Known, Owner

# Failures that lie outside of the image. All others are the image's own and stay until its tag moves.
MAY_HAVE_GONE = frozenset(
    (
        "address_forbidden",
        "database_unavailable",
        "deadline_exceeded",
        "gave_up",
        "image_archived_in_registry",
        "image_not_found",
        "invalid_configuration",
        "layer_unavailable",
        "rate_limited",
        "registry_unavailable",
        "scratch_exhausted",
        "store_forbidden",
        "store_unavailable",
        "unauthorized",
    )
)

# Longer than the queue tries a message, back-offs included: until then it is not for us to try again.
QUEUED = timedelta(hours=2)

# What hangs on an image by the name of its tag: cosign's signatures, attestations and SBOMs (cosign, "Signature
# Spec"), and the index of referrers where a registry has no API for them (OCI distribution-spec, "Referrers Tag
# Schema").
_COMPANION = re.compile(r"sha(?:256|512)-[0-9a-f]{32,128}(?:\.[a-z0-9]+)?")


class Finding(StrEnum):
    """Why a tag is analyzed."""

    MISSED = "missed"  # its push is not known
    RETRY = "retry"  # it failed for a reason that may have gone


def is_companion(tag: str) -> bool:
    """Tell whether a tag names what hangs on another image, and no image."""
    return _COMPANION.fullmatch(tag) is not None


def judge(
    tag: str,
    digest: str,
    known: Known,
    gone: Mapping[str, datetime],
    at: datetime,
    *,
    children: Callable[[], Collection[str]],
    pushed_at: datetime | None = None,
) -> Finding | None:
    """Return why a tag that names `digest` is to be analyzed; None when it is not.

    `pushed_at` is when the registry says that the digest was pushed, if it does: a push after an archiving
    or a deletion is news. `children` asks for the digests in an index, which are needed only where a try of another
    digest failed.
    """
    removed = gone.get(digest)
    if removed is not None and (pushed_at is None or pushed_at <= removed):
        return None
    attempts = [attempt for attempt in known.attempts.get(tag, ()) if attempt.digest not in gone]
    owner = known.tags.get(tag)
    if owner is not None and owner.digest == digest:
        tried = _tried_since(tag, owner, known, gone, at)
        own = bool(tried & {digest, None})
        return Finding.RETRY if own or (tried and not tried.isdisjoint(children())) else None
    latest = next((attempt for attempt in attempts if attempt.digest == digest), None)
    if latest is None or latest.status == "analyzed":
        return Finding.MISSED
    return Finding.RETRY if may_succeed(latest, at) else None


def _tried_since(tag: str, owner: Owner, known: Known, gone: Collection[str], at: datetime) -> set[str | None]:
    """Return the digests whose tries since `owner` had the tag failed, and could go well now.

    They need not be the owner's: its images may be several, with digests of their own, and what the tag named
    for a moment may have been tried after it named the owner. None is of a try that did not come to know its
    digest, with nothing analyzed under the tag since.
    """
    attempts = known.attempts.get(tag, ())
    done = max([owner.pushed_at, *(attempt.started_at for attempt in attempts if attempt.status == "analyzed")])
    return {
        attempt.digest
        for attempt in attempts
        if attempt.digest not in gone
        and attempt.started_at >= (done if attempt.digest is None else owner.pushed_at)
        and may_succeed(attempt, at)
    }


def may_succeed(attempt: Attempt, at: datetime) -> bool:
    """Tell whether a try failed, will not be repeated by itself, and could go well now."""
    if attempt.status == "analyzing":
        return attempt.deadline is not None and attempt.deadline + QUEUED < at
    if attempt.status != "analysis_failed":
        return False
    return attempt.error_code in MAY_HAVE_GONE if attempt.final else attempt.started_at + QUEUED < at


def is_hopeless(tag: str, children: Collection[str], known: Known) -> bool:
    """Tell whether every image of an index that was tried failed for good, and at least one was."""
    tried = [attempt for attempt in known.attempts.get(tag, ()) if attempt.digest in children]
    return bool(tried) and all(
        attempt.status == "analysis_failed" and attempt.final and attempt.error_code not in MAY_HAVE_GONE
        for attempt in tried
    )
