"""Bundles that were uploaded through the API: taken into the archive, told of, and swept when they were abandoned."""

from collections.abc import Iterator
from contextlib import contextmanager

from archive.exchange import import_bundle
from archive.steps.run import Services
from cargohold.contracts import ImportRequest
from cargohold.errors import CargoholdError, InvalidBundle, ObjectCorrupt, ObjectNotFound
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore
from cargohold.objects.streams import VerifiedReader
from cargohold.telemetry import logger
from cargohold.uploads import PREFIX, Outcome, is_over, outcome_key, part_key, upload_of


def take(services: Services, request: ImportRequest) -> Outcome:
    """Import an uploaded bundle, as often as the message comes, and return what became of it.

    The parts are deleted when the outcome is written; a death before that repeats the import, which then
    finds its work done. Raises transient errors.
    """
    store, key = services.archive, outcome_key(request.upload_id)
    try:
        with store.get(key) as reader:
            return Outcome.model_validate_json(reader.read())
    except ObjectNotFound:
        outcome = _imported(services, request)
    store.put(key, [outcome.model_dump_json().encode()])
    for number in range(1, request.parts + 1):
        store.delete(part_key(request.upload_id, number))
    logger.info("upload handled", extra={"image": outcome.digest, "new": outcome.new, "code": outcome.code})
    sweep(store)
    return outcome


def sweep(store: ObjectStore) -> int:
    """Delete what is left of uploads that are over, and return how many objects that were."""
    swept = 0
    for info in list(store.list(PREFIX)):
        upload_id = upload_of(info.key)
        if upload_id is None or is_over(upload_id):
            store.delete(info.key)
            swept += 1
    return swept


def _imported(services: Services, request: ImportRequest) -> Outcome:
    name = f"upload {request.upload_id}"

    @contextmanager
    def opened() -> Iterator[ObjectReader]:
        info = ObjectInfo(name, request.size, request.sha256)
        yield VerifiedReader(info, _parts(services.archive, request, name))

    try:
        imported = import_bundle(services, name, opened)
    except CargoholdError as error:
        if not error.permanent:
            raise
        return Outcome(code=error.code, message=error.message)
    return Outcome(digest=imported.digest, new=imported.new)


def _parts(store: ObjectStore, request: ImportRequest, name: str) -> Iterator[bytes]:
    for number in range(1, request.parts + 1):
        try:
            with store.get(part_key(request.upload_id, number)) as reader:
                yield from reader
        except ObjectNotFound:
            raise InvalidBundle(bundle=name, reason=f"its part {number} was not uploaded") from None
        except ObjectCorrupt as error:
            raise InvalidBundle(bundle=name, reason=error.message) from None
