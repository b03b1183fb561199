"""A bundle in the archive store, held against its row: for a restore, an export and an audit alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from archive import bundle
from archive.rows import ArchivedRow
from cargohold.errors import CargoholdError, InvalidBundle, ObjectCold, ObjectCorrupt, ObjectNotFound
from cargohold.objects.store import ObjectStore

Through = Callable[[Iterable[bytes]], Iterable[bytes]]


class Condition(StrEnum):
    """How a bundle was found."""

    WHOLE = "whole"
    DAMAGED = "damaged"
    MISSING = "missing"
    COLD = "cold"  # there, and not to be read before it is restored


@dataclass(frozen=True, slots=True)
class Found:
    """What looking at a bundle gave; `damage` says what is wrong with one that is damaged or missing."""

    condition: Condition
    damage: str = ""


def verify_stored(
    store: ObjectStore, digest: str, archived: ArchivedRow, through: Through = lambda parts: parts
) -> bundle.Verified:
    """Read a bundle to its end and check it against its row; its bytes pass `through`.

    Raises `InvalidBundle`, `ObjectCorrupt`, `ObjectNotFound`, `ObjectCold`, `StoreUnavailable`.
    """
    key = archived.bundle_key
    with store.get(key) as reader:
        if reader.info.sha256 != archived.bundle_sha256.hex():
            raise ObjectCorrupt(key=key, expected=archived.bundle_sha256.hex(), actual=reader.info.sha256)
        verified = bundle.verify(through(reader), key)
    if (verified.manifest.image, verified.manifest.analysis_id) != (digest, archived.analysis_id):
        raise InvalidBundle(bundle=key, reason="it is of another analysis")
    return verified


def look_at(store: ObjectStore, digest: str, archived: ArchivedRow) -> Found:
    """Return how the bundle of a row is. Raises what says nothing about it: `StoreUnavailable`, `StoreForbidden`."""
    try:
        verify_stored(store, digest, archived)
    except ObjectCold:
        return Found(Condition.COLD)
    except ObjectNotFound as error:
        return Found(Condition.MISSING, said(error))
    except (InvalidBundle, ObjectCorrupt) as error:
        return Found(Condition.DAMAGED, said(error))
    return Found(Condition.WHOLE)


def said(error: CargoholdError) -> str:
    """Return an error as rows keep it."""
    return f"{error.code}: {error.message}".replace("\0", "")[:2000]
