"""Large objects: segments in a container of their own, and a manifest that names them.

Source: OpenStack Object Storage API, "Static Large Objects". The name of a segment is that of its object,
the id of the upload and a number, so that `sweep` can tell whether any manifest still means it.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import groupby
from typing import Any

import swiftclient.client as swift

from cargohold.errors import CargoholdError, InvalidConfiguration, ObjectNotFound, StoreUnavailable
from cargohold.objects.drivers.swift.account import Account
from cargohold.objects.drivers.swift.errors import translated
from cargohold.objects.streams import chunked
from cargohold.objects.wrappers.retried import again

SEGMENT = 8 << 20

_MOST = 1000  # segments of a manifest: the default limit of Swift
_SEVERAL = _MOST // 4  # of one size; the sizes are 1, 2, 4 and 8 times SEGMENT, 30 GB in all
_EXPIRY = timedelta(days=2)  # of segments whose upload nobody completed


class Segments:
    """The segments of one store's objects, in `container`, which is made when the first one comes."""

    def __init__(self, account: Account, store: str, container: str, objects: str) -> None:
        self._account = account
        self._store = store
        self._container = container
        self._objects = objects

    def upload(self, key: str, name: str, parts: Iterable[bytes]) -> list[dict[str, Any]]:
        """Store `parts`, which are of SEGMENT bytes each, and return the manifest.

        Until the last one is there they expire by themselves, so that an upload that is killed leaves
        nothing; the manifest must be put after this.
        """
        manifest: list[dict[str, Any]] = []
        try:
            for body in _joined(parts):
                self._check(key, len(manifest))
                segment = f"{name}/{len(manifest):06}"
                etag = md5(body, usedforsecurity=False).hexdigest()
                self._put(key, segment, body, etag)
                manifest.append({"path": f"/{self._container}/{segment}", "etag": etag, "size_bytes": len(body)})
            for entry in manifest:
                self._keep(key, _name_of(entry["path"]))
        except BaseException:
            with suppress(CargoholdError):  # they expire; the error under way is the one to report
                self.discard(key, (entry["path"] for entry in manifest))
            raise
        return manifest

    def of_manifest(self, key: str, stored: str) -> list[str]:
        """Return the paths of the segments that the manifest of `stored` names."""
        with translated(self._store, key):
            _, body = self._account.call(swift.get_object, self._objects, stored, query_string="multipart-manifest=get")
        return [entry["name"] for entry in json.loads(body)]

    def discard(self, key: str, paths: Iterable[str]) -> None:
        """Delete segments; those that are gone already are no failure."""
        for path in paths:
            container, _, name = path.lstrip("/").partition("/")
            try:
                with translated(self._store, key):
                    self._account.call(swift.delete_object, container, name)
            except ObjectNotFound:
                continue

    def uploads(self, prefix: str, older_than: timedelta) -> Iterator[tuple[str, str, list[str]]]:
        """Yield name of the object, id and segments of every upload whose last segment is so old."""
        latest = datetime.now(UTC) - older_than
        for upload, entries in groupby(self._listed(prefix), key=lambda entry: entry["name"].rpartition("/")[0]):
            found = list(entries)
            if max(_time(entry["last_modified"]) for entry in found) < latest:
                name, _, identifier = upload.rpartition("/")
                yield name, identifier, [f"/{self._container}/{entry['name']}" for entry in found]

    def _check(self, key: str, segments: int) -> None:
        if segments == _MOST:
            raise InvalidConfiguration(setting=self._store, reason=f"{key} is larger than Swift's manifests allow")

    def _put(self, key: str, segment: str, body: bytes, etag: str) -> None:
        expiry = {"X-Delete-After": str(int(_EXPIRY.total_seconds()))}
        options = {"contents": body, "etag": etag, "headers": expiry, "content_type": "application/octet-stream"}

        def put() -> None:
            with translated(self._store, key):
                self._account.call(swift.put_object, self._container, segment, **options)

        # Here, as a content of this size cannot be sent again from its beginning.
        try:
            again(put)
        except ObjectNotFound:
            self._make_container(key)
            again(put)

    def _keep(self, key: str, segment: str) -> None:
        def keep() -> None:
            with translated(self._store, key):
                # A POST without an expiry removes it.
                self._account.call(swift.post_object, self._container, segment, {})

        try:
            again(keep)
        except ObjectNotFound:
            raise StoreUnavailable(store=self._store, reason=f"a segment of {key} is gone") from None

    def _make_container(self, key: str) -> None:
        with translated(self._store, key):
            headers = self._account.call(swift.head_container, self._objects)
            policy = {name: value for name, value in headers.items() if name == "x-storage-policy"}
            self._account.call(swift.put_container, self._container, headers=policy)

    def _listed(self, prefix: str) -> Iterator[dict[str, Any]]:
        try:
            yield from listed(self._account, self._store, self._container, prefix)
        except ObjectNotFound:
            return  # no large object was ever stored


def listed(account: Account, store: str, container: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a container whose name starts with `prefix`, in order of their names."""
    marker = ""
    while True:
        with translated(store, prefix):
            _, page = account.call(swift.get_container, container, prefix=prefix, marker=marker, limit=1000)
        if not page:
            return
        yield from page
        marker = page[-1]["name"]


def _joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(parts)
    for power in range(4):
        for number, body in enumerate(chunked(rest, SEGMENT << power), 1):
            yield body
            if power < 3 and number == _SEVERAL:
                break
        else:
            return


def _name_of(path: str) -> str:
    return path.lstrip("/").partition("/")[2]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
