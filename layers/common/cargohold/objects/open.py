"""Opens an object store by its URL. `docs/configuration.md` lists the URLs and their options."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cargohold.errors import InvalidConfiguration
from cargohold.objects.store import ObjectStore, checked_key
from cargohold.objects.wrappers.compressed import CompressedStore
from cargohold.objects.wrappers.joined import JoinedStore
from cargohold.objects.wrappers.retried import RetriedStore
from cargohold.settings import ArchiveStoreSettings, DatabaseSettings, StoreSettings, load

_ROLE = "cargohold_objects"


def open_store(url: str, former: str = "") -> ObjectStore:
    """Return the store of `url`, compressed and retried; joined with `former` while objects move from there.

    URLs: `postgres:` and `postgres:prefix` (in the database of DATABASE_URL, as its role
    cargohold_objects), `s3://bucket/prefix?sse=…&kms_key_id=…&storage_class=…&endpoint=…&region=…`,
    `swift://container/prefix?credentials=…&segments=…`, `file:///path`, `memory:`. Raises
    `InvalidConfiguration`.
    """
    store = CompressedStore(RetriedStore(open_driver(url)))
    return JoinedStore(store, open_store(former)) if former else store


def open_primary(settings: StoreSettings) -> ObjectStore:
    """Return the store of documents. Raises `InvalidConfiguration`."""
    return open_store(settings.object_store, settings.object_store_former)


def open_archive(settings: ArchiveStoreSettings) -> ObjectStore:
    """Return the store of bundles. Raises `InvalidConfiguration`."""
    return open_store(settings.archive_store, settings.archive_store_former)


def drivers() -> dict[str, str]:
    """Return the form of each driver's URL, by scheme."""
    return {name: form for name, (form, _) in _DRIVERS.items()}


def open_driver(url: str) -> ObjectStore:
    """Return the bare driver of `url`; see `open_store`."""
    scheme, separator, rest = url.partition(":")
    if not separator or scheme not in _DRIVERS:
        raise _invalid(url, f"the URL begins with none of {', '.join(f'{name}:' for name in sorted(_DRIVERS))}")
    return _DRIVERS[scheme][1](url, rest)


def _memory(url: str, rest: str) -> ObjectStore:
    from cargohold.objects.drivers.memory import MemoryStore

    if rest:
        raise _invalid(url, "memory: takes nothing after it")
    return MemoryStore()


def _file(url: str, rest: str) -> ObjectStore:  # noqa: ARG001 -- one signature for all
    from cargohold.objects.drivers.file import FileStore

    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/") or parts.query:
        raise _invalid(url, "a file store is file:/// and an absolute path")
    return FileStore(Path(unquote(parts.path)))


def _postgres(url: str, rest: str) -> ObjectStore:  # noqa: ARG001
    from cargohold.database.connection import Database
    from cargohold.objects.drivers.postgres import PostgresStore

    settings = load(DatabaseSettings).model_copy(update={"database_role": _ROLE})
    prefix = rest.strip("/")
    return PostgresStore(
        Database(settings, application_name="cargohold-objects"), checked_key(prefix) if prefix else ""
    )


def _s3(url: str, rest: str) -> ObjectStore:  # noqa: ARG001
    from cargohold.objects.drivers.s3 import S3Options, S3Store

    bucket, prefix, options = _parts(url, S3Options)
    return S3Store(bucket, prefix, S3Options(**options))


def _swift(url: str, rest: str) -> ObjectStore:  # noqa: ARG001
    from cargohold.objects.drivers.swift.store import SwiftOptions, SwiftStore

    container, prefix, options = _parts(url, SwiftOptions)
    return SwiftStore(container, prefix, SwiftOptions(**options))


def _parts(url: str, options: type[Any]) -> tuple[str, str, dict[str, str]]:
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    unknown = given.keys() - {field.name for field in fields(options)}
    if unknown:
        raise _invalid(url, f"unknown options: {', '.join(sorted(unknown))}")
    if not parts.netloc:
        raise _invalid(url, "the name after // is missing")
    return parts.netloc, _prefix(parts.path), given


def _prefix(path: str) -> str:
    prefix = path.strip("/")
    return checked_key(prefix) if prefix else ""


def _invalid(url: str, reason: str) -> InvalidConfiguration:
    return InvalidConfiguration(setting="object store URL", reason=f"{url!r}: {reason}")


_DRIVERS: dict[str, tuple[str, Callable[[str, str], ObjectStore]]] = {
    "postgres": ("postgres:[PREFIX]", _postgres),
    "s3": ("s3://BUCKET[/PREFIX][?endpoint=&region=&sse=&kms_key_id=&storage_class=]", _s3),
    "swift": ("swift://CONTAINER[/PREFIX][?credentials=&segments=]", _swift),
    "file": ("file:///PATH", _file),
    "memory": ("memory:", _memory),
}
