"""Bundles in files: written out of the archive, taken into it, and read to see whether they are whole."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from archive import bundle
from archive.dependencies import open_services
from archive.exchange import export, import_bundle
from archive.rows import read as read_rows
from archive.steps.run import Services
from archive.stored import verify_stored
from cargohold.errors import ArchiveUnknown, InvalidBundle, ObjectCorrupt, OutputNotWritten
from cargohold.objects.store import CHUNK
from cargohold.settings import ArchiveSettings, load
from cargohold_cli import local
from cargohold_cli.endpoint import endpoint
from cargohold_cli.remote import Remote, connect


def services() -> Services:
    """Return the archive's services, with the rights of its role."""
    local.start()
    settings = load(ArchiveSettings)
    return open_services(settings.model_copy(update={"database_role": "cargohold_archive"}))


def export_to(digest: str, path: Path, *, overwrite: bool) -> bundle.Verified:
    """Write a bundle to `path`, `-` for standard output. A file is there whole and verified, or not at all.

    Raises `OutputNotWritten`, and what reading a bundle raises.
    """
    if str(path) == "-":
        verified = _export(digest, sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
        return verified
    if path.exists() and not overwrite:
        raise OutputNotWritten(path=path, reason="it exists; --force replaces it")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as stream:
            verified = _export(digest, stream.write)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputNotWritten(path=path, reason=error.strerror or str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)
    return verified


def import_from(path: Path) -> tuple[str, bool]:
    """Take a file into the archive; return the image's digest, and whether it was news."""
    imported = import_bundle(services(), path.name, lambda: _parts(path))
    return imported.digest, imported.new


def verify_file(path: Path) -> bundle.Verified:
    """Read a file to its end. Raises `InvalidBundle`."""
    with _parts(path) as parts:
        return bundle.verify(parts, path.name)


def verify_archived(digest: str) -> bundle.Verified:
    """Read a bundle of the archive, here or an API's, to its end. Raises what a restore would raise."""
    if endpoint():
        return _export(digest, len)
    to = services()
    archived = to.database.run(lambda cursor: read_rows(cursor, digest)).archived
    if archived is None:
        raise ArchiveUnknown(digest=digest)
    return verify_stored(to.archive, digest, archived)


def _export(digest: str, write: Callable[[bytes], object]) -> bundle.Verified:
    address = endpoint()
    return download(connect(address), digest, write) if address else export(services(), digest, write)


def download(asked: Remote, digest: str, write: Callable[[bytes], object]) -> bundle.Verified:
    """Give the bytes of a bundle of an API to `write`, verified on their way: they count only when this returns."""
    view = asked.archive(digest)
    hashed = sha256()

    def copied() -> Iterator[bytes]:
        for part in asked.bundle(digest, view.bundle_size):
            write(part)
            hashed.update(part)
            yield part

    verified = bundle.verify(copied(), view.bundle_key)
    if hashed.hexdigest() != view.bundle_sha256:
        raise ObjectCorrupt(key=view.bundle_key, expected=view.bundle_sha256, actual=hashed.hexdigest())
    if (verified.manifest.image, verified.manifest.analysis_id) != (digest, view.analysis_id):
        raise InvalidBundle(bundle=view.bundle_key, reason="it is of another analysis")
    return verified


@contextmanager
def _parts(path: Path) -> Iterator[Iterable[bytes]]:
    try:
        with path.open("rb") as stream:
            yield iter(lambda: stream.read(CHUNK), b"")
    except OSError as error:
        raise InvalidBundle(bundle=path, reason=error.strerror or str(error)) from error
