"""What the modules of this folder share: the notices that notifications become.

A push names a tag, a digest or both; analyze finds out what is missing. Times are the sender's, since they
make a repeated notification the same as the first one, but never later than now: a clock that runs ahead
would own a tag for ever. A sender without times gives none, and the time of the analysis counts.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from cargohold.contracts import AnalyzeRequest, Reference, ReferenceRemoved, now
from cargohold.digests import is_digest
from cargohold.errors import InvalidMessage
from cargohold.registry.reference import is_repository, is_tag
from cargohold.telemetry import logger

Notice = AnalyzeRequest | ReferenceRemoved


class Model(BaseModel):
    """Part of a notification: fields that are not known are ignored, and values appear in no error."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, defer_build=True)


M = TypeVar("M", bound=Model)


def load(body: bytes) -> Any:
    """Return the JSON value of a body; raises `InvalidMessage`."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidMessage(reason="the notification is not JSON.") from None


def readable(model: type[M], raw: Any) -> M | None:
    """Return what `model` reads in a part of a notification; None, and a line in the log, when it cannot."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        logger.warning("an event of a notification cannot be read", extra={"field": where, "reason": first["msg"]})
        return None


def pushed(
    registry: str, repository: str, *, tag: str | None, digest: str | None, at: datetime | None
) -> AnalyzeRequest | None:
    """Return the request for a push; None, and a line in the log, when it names no image."""
    reference = _reference(registry, repository, tag, digest)
    if reference is None:
        return None
    return AnalyzeRequest(reference=reference.model_copy(update={"pushed_at": _past(at)}), reason="push")


def removed(
    registry: str, repository: str, *, tag: str | None, digest: str | None, at: datetime | None
) -> ReferenceRemoved | None:
    """Return the notice of a deletion: of a tag, or (without one) of a digest with all its tags."""
    reference = _reference(registry, repository, tag, digest)
    if reference is None:
        return None
    return ReferenceRemoved(reference=reference, removed_at=_past(at) or now())


def collapsed(notices: Iterable[Notice | None]) -> list[Notice]:
    """Keep the last notice of each repository, digest and tag, where it stood.

    A push by digest alone is left out when the same digest was pushed by tag.
    """
    last: dict[tuple[str, str, str | None, str], Notice] = {}
    for notice in notices:
        if notice is None:
            continue
        reference = notice.reference
        key = (notice.kind, reference.repository, reference.digest, reference.tag)
        last.pop(key, None)
        last[key] = notice
    tagged = {(kind, repository, digest) for kind, repository, digest, tag in last if tag}
    return [
        notice
        for (kind, repository, digest, tag), notice in last.items()
        if tag or kind != "AnalyzeRequest" or (kind, repository, digest) not in tagged
    ]


def _reference(registry: str, repository: str, tag: str | None, digest: str | None) -> Reference | None:
    if tag and is_digest(tag):  # Harbor and Nexus write the digest where a push has no tag
        tag, digest = None, digest or tag
    named = bool(tag or digest) and is_repository(repository)
    if not named or (tag and not is_tag(tag)) or (digest and not is_digest(digest)):
        logger.warning("an event of a notification names no image")
        return None
    return Reference(registry=registry, repository=repository, tag=tag or "", digest=digest or None)


def _past(at: datetime | None) -> datetime | None:
    return min(at, now()) if at is not None else None
