"""Objects in OpenStack Swift.

Up to 8 MiB an object is one request; above it is segments and a manifest, which is put last. SHA-256 is
metadata of both. Swift has no atomic "put if absent": see `_settled`.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import md5
from itertools import chain
from typing import Any
from uuid import uuid4

import swiftclient.client as swift
from swiftclient.exceptions import ClientException

from cargohold.errors import (
    CargoholdError,
    InvalidConfiguration,
    ObjectCorrupt,
    ObjectExists,
    ObjectNotFound,
    StoreUnavailable,
)
from cargohold.objects.drivers.swift.account import Account
from cargohold.objects.drivers.swift.credentials import find_credentials
from cargohold.objects.drivers.swift.errors import translated
from cargohold.objects.drivers.swift.segments import SEGMENT, Segments, listed
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, checked_key
from cargohold.objects.streams import Hashed, VerifiedReader, chunked
from cargohold.objects.wrappers.retried import again

SETTLING = 0.5  # seconds, and three times as long as the put itself took

_SHA256 = "x-object-meta-cargohold-sha256"
_UPLOAD = "x-object-meta-cargohold-upload"
_LONGEST_PREFIX = 400  # a name may have 1024 bytes: prefix, key, upload, number of the segment


@dataclass(frozen=True, slots=True)
class SwiftOptions:
    """Options of a `swift:` URL. `segments` is the container of segments, `<container>_segments` by default."""

    credentials: str = ""
    segments: str = ""


class SwiftStore(ObjectStore):
    """See `ObjectStore`. `prefix` is put before every key. Raises `StoreForbidden` beside the port's errors."""

    if_absent_waits = True

    def __init__(self, container: str, prefix: str = "", options: SwiftOptions | None = None) -> None:
        if len(prefix) > _LONGEST_PREFIX:
            raise InvalidConfiguration(
                setting="object store URL", reason=f"the prefix has over {_LONGEST_PREFIX} bytes"
            )
        options = options or SwiftOptions()
        self._container = container
        self._prefix = f"{prefix}/" if prefix else ""
        self.name = f"swift://{container}/{prefix}".rstrip("/")
        self._account = Account(find_credentials(options.credentials), self.name)
        self._segments = Segments(self._account, self.name, options.segments or f"{container}_segments", container)

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        stored = self._stored(key)
        upload = str(uuid4())
        hashed = Hashed(content)
        parts = chunked(hashed, SEGMENT)
        first = next(parts, b"")
        second = next(parts, None)
        if second is None:
            options = {"contents": first, "etag": md5(first, usedforsecurity=False).hexdigest()}
            self._place(key, upload, hashed, options, if_absent=if_absent)
            return hashed.info(key)
        if if_absent and self._exists(key):
            raise ObjectExists(key=self.at(key))  # before an upload that would be in vain
        manifest = self._segments.upload(key, f"{stored}/{upload}", chain((first, second), parts))
        try:
            options = {"contents": json.dumps(manifest).encode(), "query_string": "multipart-manifest=put"}
            again(lambda: self._place(key, upload, hashed, options, if_absent=if_absent))
        except ObjectExists:
            # After other errors the manifest may have been taken all the same: `sweep` will know.
            with suppress(CargoholdError):
                self._segments.discard(key, (entry["path"] for entry in manifest))
            raise
        return hashed.info(key)

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        with ExitStack() as stack:
            with self._asking(key):
                opened = self._account.reading(self._container, self._stored(key))
                headers, body = stack.enter_context(opened)
            info = self._info(key, headers)
            yield VerifiedReader(info, self._parts(key, info, body), self.name)

    def head(self, key: str) -> ObjectInfo:
        return self._info(key, self._head(key))

    def delete(self, key: str) -> None:
        stored = self._stored(key)
        try:
            large = "x-static-large-object" in self._head(key)
            paths = self._segments.of_manifest(key, stored) if large else []
            with translated(self.name, key):
                self._account.call(swift.delete_object, self._container, stored)
        except ObjectNotFound:
            return
        # After the object, so that none is ever found with a part of its segments.
        self._segments.discard(key, paths)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        try:
            for entry in listed(self._account, self.name, self._container, self._prefix + prefix):
                yield ObjectInfo(entry["name"][len(self._prefix) :], entry["bytes"], "")
        except ObjectNotFound:
            self._check_container()

    def tail(self, key: str, size: int) -> bytes:
        with self._asking(key):
            try:
                headers = {"Range": f"bytes=-{size}"}
                _, last = self._account.call(swift.get_object, self._container, self._stored(key), headers=headers)
            except ClientException as error:
                if error.http_status == 416:
                    return b""  # of an empty object
                raise
        return bytes(last)

    def link(self, key: str, seconds: int) -> str | None:
        return self._account.link(self._container, self._stored(key), seconds)

    def sweep(self, older_than: timedelta) -> int:
        """Delete the segments of uploads that no manifest names: of puts that were killed, and of replaced objects."""
        swept = 0
        for name, upload, paths in self._segments.uploads(self._prefix, older_than):
            key = name[len(self._prefix) :]
            with suppress(ObjectNotFound):
                if self._head(key).get(_UPLOAD) == upload:
                    continue
            self._segments.discard(key, paths)
            swept += len(paths)
        return swept

    def _place(self, key: str, upload: str, hashed: Hashed, options: dict[str, Any], *, if_absent: bool) -> None:
        headers = {_SHA256: hashed.sha256, _UPLOAD: upload} | ({"If-None-Match": "*"} if if_absent else {})
        options = options | {"headers": headers, "content_type": "application/octet-stream"}
        began = time.monotonic()
        try:
            with self._asking(key):
                self._account.call(swift.put_object, self._container, self._stored(key), **options)
        except ObjectExists:
            # An attempt before this one may have succeeded without our hearing of it.
            if again(lambda: self._head(key)).get(_UPLOAD) != upload:
                raise
        if if_absent:
            self._settled(key, upload, time.monotonic() - began)

    def _settled(self, key: str, upload: str, took: float) -> None:
        """Raise `ObjectExists` unless our put is the one that lasts.

        Swift looks for `If-None-Match: *` when a put begins and not when it ends, so that two at once can both
        succeed, and the later one stays. So each waits for longer than a put takes and then looks whose it is.
        Source of the idea: Lamport, "A Fast Mutual Exclusion Algorithm", 1987, which owes it to Fischer.
        """
        time.sleep(max(SETTLING, 3 * took))
        with suppress(ObjectNotFound):  # deleted since: it was ours to delete
            if self._head(key).get(_UPLOAD) != upload:
                raise ObjectExists(key=self.at(key))

    def _exists(self, key: str) -> bool:
        try:
            self._head(key)
        except ObjectNotFound:
            return False
        return True

    def _head(self, key: str) -> dict[str, str]:
        with self._asking(key):
            headers: dict[str, str] = self._account.call(
                swift.head_object, self._container, self._stored(key), headers={"X-Newest": "true"}
            )
        return headers

    def _info(self, key: str, headers: dict[str, str]) -> ObjectInfo:
        digest = headers.get(_SHA256)
        if digest is None:
            raise ObjectCorrupt(key=self.at(key), expected=f"the metadata {_SHA256}", actual="none")
        return ObjectInfo(key, int(headers["content-length"]), digest)

    def _parts(self, key: str, info: ObjectInfo, body: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        while True:
            with translated(self.name, key):
                part = next(body, b"")
            if not part:
                break
            size += len(part)
            yield part
        if size < info.size:
            raise StoreUnavailable(store=self.name, reason=f"{key} broke off after {size} of {info.size} bytes")

    @contextmanager
    def _asking(self, key: str) -> Iterator[None]:
        try:
            with translated(self.name, key):
                yield
        except ObjectNotFound:
            self._check_container()
            raise

    def _check_container(self) -> None:
        # Swift answers 404 for both, and a store that is not there must not look like an empty one.
        try:
            with translated(self.name, ""):
                self._account.call(swift.head_container, self._container)
        except ObjectNotFound:
            reason = "there is no such container; make it with `swift post`"
            raise InvalidConfiguration(setting=f"swift://{self._container}", reason=reason) from None

    def _stored(self, key: str) -> str:
        return self._prefix + checked_key(key)
