"""Bundles from files into the archive of an API: verified, uploaded in parts, imported there, and waited for."""

import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from cargohold.errors import ArchiveUnknown, EndpointFailed, InvalidBundle
from cargohold.lifecycle import ArchiveStatus
from cargohold_cli import archive_files
from cargohold_cli.client import Client, connect
from cargohold_cli.remote import connect as source

TRIES = 4  # of a part, before the upload is given up
LONGEST = 900  # seconds that an import is waited for
PAUSE = 1.0  # seconds between looks, and before a part is sent again


class Begun(BaseModel):
    """Where the parts go."""

    import_id: UUID
    part_size: int


class State(BaseModel):
    """What became of it."""

    state: Literal["waiting", "imported", "known", "failed"]
    digest: str | None = None
    code: str = ""
    message: str = ""


def import_from(address: str, path: Path) -> tuple[str, bool] | None:
    """Upload a file; return the image's digest, and whether it was news, None when that is not known yet.

    Raises `InvalidBundle` before anything is sent, and the error that the import ended with.
    """
    asked = connect(address)
    manifest = archive_files.verify_file(path).manifest
    with suppress(ArchiveUnknown):
        there = source(address).archive(manifest.image)
        if (there.analysis_id, there.image_status) == (manifest.analysis_id, ArchiveStatus.ARCHIVED):
            return manifest.image, False
    import_id = _uploaded(asked, path)
    deadline = time.monotonic() + LONGEST
    while True:
        found = asked.one(f"/v1/imports/{import_id}", State)
        if found.state == "failed":
            raise asked.error_of(found.code, found.message)
        if found.state != "waiting":
            return str(found.digest), found.state == "imported"
        if time.monotonic() > deadline:
            return None
        time.sleep(PAUSE)


def _uploaded(asked: Client, path: Path) -> UUID:
    """Upload a file and ask for its import; return the import's id."""
    begun = asked.send("POST", "/v1/imports", Begun)
    place, digest, size, number = f"/v1/imports/{begun.import_id}", sha256(), 0, 0
    try:
        with path.open("rb") as stream:
            while part := stream.read(begun.part_size):
                number += 1
                _send(asked, f"{place}/parts/{number}", part)
                digest.update(part)
                size += len(part)
    except OSError as error:
        raise InvalidBundle(bundle=path, reason=error.strerror or str(error)) from error
    asked.send("POST", place, dict[str, str], {"parts": number, "size": size, "sha256": digest.hexdigest()})
    return begun.import_id


def _send(asked: Client, place: str, part: bytes) -> None:
    for attempt in range(1, TRIES):
        try:
            asked.upload(place, part)
        except EndpointFailed:  # a part is replaced by the same bytes
            time.sleep(PAUSE * attempt)
        else:
            return
    asked.upload(place, part)
