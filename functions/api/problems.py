"""Errors as the API answers them: problem details (RFC 9457) with our codes and the request's id."""

from typing import Annotated, Any

import orjson
from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from cargohold import errors

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "5"  # seconds; a database that resumes takes up to 30

_STATUS: dict[int, tuple[type[errors.CargoholdError], ...]] = {
    400: (
        errors.InvalidDigest,
        errors.InvalidReference,
        errors.InvalidQuery,
        errors.InvalidRequest,
        errors.InvalidRule,
    ),
    401: (errors.Unauthenticated,),
    404: (
        errors.ImageUnknown,
        errors.ArchiveUnknown,
        errors.ContentUnknown,
        errors.DocumentUnknown,
        errors.ImportUnknown,
        errors.RuleUnknown,
        errors.RouteUnknown,
        errors.NotCollected,
        errors.ObjectNotFound,
    ),
    405: (errors.MethodNotAllowed,),
    409: (errors.AmbiguousName, errors.RuleExists, errors.TransitionConflict),
    413: (errors.AnswerTooLarge,),
    416: (errors.RangeNotSatisfiable,),
    503: (errors.DatabaseUnavailable, errors.StoreUnavailable, errors.ObjectCold),
}
STATUS = {kind: status for status, kinds in _STATUS.items() for kind in kinds}


class WrongPart(BaseModel):
    """A part of a request that is not as it should be."""

    where: Annotated[str, Field(description="query.limit, path.digest, body.reference, ...")]
    reason: str


class Problem(BaseModel):
    """What went wrong. `code` is one of docs/errors.md, and stable."""

    type: Annotated[str, Field(description="urn:cargohold:error: and the code")]
    title: str
    status: int
    detail: str
    code: str
    request_id: Annotated[str, Field(description="of this request, as the function's log has it")] = ""
    errors: Annotated[tuple[WrongPart, ...], Field(description="which parts of the request are wrong")] = ()


def answer(
    error: errors.CargoholdError,
    request_id: str,
    *,
    parts: tuple[WrongPart, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response[str]:
    """Return the response that tells of `error`. What is not the sender's fault names no detail of ours."""
    status = STATUS.get(type(error), 500)
    expected = type(error) in STATUS
    problem = Problem(
        type=f"urn:cargohold:error:{error.code}",
        title=error.code.replace("_", " ").capitalize(),
        status=status,
        detail=error.message if expected and status != 503 else _DETAIL[status],
        code=error.code,
        request_id=request_id,
        errors=parts,
    )
    if isinstance(error, errors.RangeNotSatisfiable):
        headers = {"Content-Range": f"bytes */{error.fields['size']}"}
    more = {"Cache-Control": "no-store"} | (headers or {}) | ({"Retry-After": RETRY_AFTER} if status == 503 else {})
    return Response(status, MEDIA_TYPE, orjson.dumps(problem.model_dump()).decode(), more)


_DETAIL: dict[int, str] = {
    500: "Something is wrong on our side; the log of this request says what.",
    503: "Not available now, and worth another try: a database that sleeps takes half a minute to wake.",
}


def parts_of(found: Any) -> tuple[WrongPart, ...]:
    """Return what a validation found wrong, without the values that were sent."""
    return tuple(
        WrongPart(where=".".join(map(str, error.get("loc", ()))), reason=str(error.get("msg", error.get("type", ""))))
        for error in found
    )
