"""Bundles into the archive: their parts are uploaded, and archive is asked to import what they make."""

from base64 import b64decode
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import BaseModel, ConfigDict, Field

from api.requests import caller
from api.routing import new_router
from api.services import bundles, services
from cargohold.contracts import ImportRequest
from cargohold.errors import ImportUnknown, InvalidRequest, ObjectNotFound
from cargohold.identifiers import made_at, uuid7
from cargohold.uploads import OPEN_FOR, PART, PARTS, PREFIX, Outcome, is_open, outcome_key, part_key

router = new_router()
TAG = ["archives"]

ImportId = Annotated[UUID, Path(description="id of the import")]
Number = Annotated[int, Path(ge=1, le=PARTS, description="number of the part; the first one is 1")]


class ImportBegun(BaseModel):
    """Where to upload a bundle: parts of `part_size` bytes, the last one shorter, until `open_until`."""

    import_id: UUID
    part_size: int
    open_until: datetime


class PartTaken(BaseModel):
    """A part is stored. Sent again, it is replaced."""

    number: int
    size: int


class Upload(BaseModel):
    """What was uploaded: so many parts, and the size and SHA-256 (hexadecimal) of them all."""

    model_config = ConfigDict(extra="forbid")

    parts: Annotated[int, Field(ge=1, le=PARTS)]
    size: Annotated[int, Field(ge=1, le=PART * PARTS)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ImportRequested(BaseModel):
    """The message was sent; `GET` of the import tells what becomes of it."""

    import_id: UUID
    correlation_id: str


class ImportState(BaseModel):
    """An import. `known` is one of an analysis that the archive had; `code` and `message` say why one failed."""

    import_id: UUID
    state: Literal["waiting", "imported", "known", "failed"]
    digest: str | None = None
    code: str = ""
    message: str = ""


@router.post(
    "/v1/imports",
    tags=TAG,
    summary="Begin to import a bundle",
    description="Its parts are uploaded one by one, then the import is asked for. What is abandoned is removed.",
    operation_id="beginImport",
    status_code=201,
)
def begin() -> ImportBegun:
    """Begin an import."""
    import_id = uuid7()
    return ImportBegun(import_id=import_id, part_size=PART, open_until=made_at(import_id) + OPEN_FOR)


@router.put(
    "/v1/imports/<import_id>/parts/<number>",
    tags=TAG,
    summary="Upload a part of a bundle",
    description="Bytes, of type application/octet-stream. In any order, and as often as it takes.",
    operation_id="uploadPart",
)
def upload(import_id: ImportId, number: Number) -> PartTaken:
    """Store a part."""
    _check_open(import_id)
    content = _content(router.current_event.raw_event)
    bundles().put(part_key(import_id, number), [content])
    return PartTaken(number=number, size=len(content))


@router.post(
    "/v1/imports/<import_id>",
    tags=TAG,
    summary="Import an uploaded bundle",
    description="It is verified before it counts. An image that the archive has already is left as it is.",
    operation_id="importBundle",
    status_code=202,
)
def request(import_id: ImportId, body: Annotated[Upload, Body()]) -> ImportRequested:
    """Ask for the import."""
    _check_open(import_id)
    there = {info.key for info in bundles().list(f"{PREFIX}{import_id}/")}
    missing = [number for number in range(1, body.parts + 1) if part_key(import_id, number) not in there]
    if missing and outcome_key(import_id) not in there:
        raise InvalidRequest(reason=f"part {missing[0]} was not uploaded")
    message = ImportRequest(
        upload_id=import_id,
        parts=body.parts,
        size=body.size,
        sha256=body.sha256,
        requested_by=caller(router.current_event.raw_event),
        correlation_id=str(import_id),
    )
    services().messenger.send("archive", message)
    return ImportRequested(import_id=import_id, correlation_id=message.correlation_id)


@router.get(
    "/v1/imports/<import_id>",
    tags=TAG,
    summary="Get an import",
    description="What became of it can be read for three days.",
    operation_id="getImport",
)
def get(import_id: ImportId) -> ImportState:
    """Get an import."""
    try:
        with bundles().get(outcome_key(import_id)) as reader:
            outcome = Outcome.model_validate_json(reader.read())
    except ObjectNotFound:
        if next(bundles().list(f"{PREFIX}{import_id}/"), None) is None:
            raise ImportUnknown(import_id=import_id) from None
        return ImportState(import_id=import_id, state="waiting")
    state: Literal["imported", "known", "failed"] = "failed"
    if not outcome.code:
        state = "imported" if outcome.new else "known"
    return ImportState(
        import_id=import_id, state=state, digest=outcome.digest, code=outcome.code, message=outcome.message
    )


def _check_open(import_id: UUID) -> None:
    if not is_open(import_id):
        raise ImportUnknown(import_id=import_id)


def _content(event: dict[str, Any]) -> bytes:
    content = b64decode(event["body"])
    if not 0 < len(content) <= PART:
        raise InvalidRequest(reason=f"a part has 1 to {PART} bytes")
    return content
