"""Objects in Amazon S3, or in a store that speaks its protocol.

Up to 8 MiB an object is one request and its SHA-256 is metadata. Above it is uploaded in parts, and
as metadata must be sent first, its SHA-256 is in a trailer (`objects/trailer.py`).
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import Any

from cargohold.errors import ObjectCorrupt, ObjectExists, ObjectNotFound, StoreUnavailable
from cargohold.objects.drivers.s3_errors import translated
from cargohold.objects.store import CHUNK, ObjectInfo, ObjectReader, ObjectStore, Warmth, checked_key
from cargohold.objects.streams import Hashed, VerifiedReader, chunked, without_end
from cargohold.objects.trailer import SIZE, Trailer, decode

PART = 8 << 20
READ_TIMEOUT = 60  # seconds without a byte

_SHA256 = "cargohold-sha256"
_IN_TRAILER = "in-trailer"
_COLD = {"GLACIER", "DEEP_ARCHIVE"}
_READABLE_DAYS = 7  # of a copy restored from a cold class


@dataclass(frozen=True, slots=True)
class S3Options:
    """Options of an `s3:` URL; empty means the bucket's or the SDK's default."""

    sse: str = ""
    kms_key_id: str = ""
    storage_class: str = ""
    endpoint: str = ""
    region: str = ""


class S3Store(ObjectStore):
    """See `ObjectStore`. `prefix` is put before every key. Raises `StoreForbidden` beside the port's errors."""

    def __init__(self, bucket: str, prefix: str = "", options: S3Options | None = None) -> None:
        import boto3
        from botocore.config import Config

        options = options or S3Options()
        compatible = {"s3": {"addressing_style": "path"}, "request_checksum_calculation": "when_required"}
        self._client = boto3.client(
            "s3",
            endpoint_url=options.endpoint or None,
            region_name=options.region or None,
            config=Config(
                retries={"mode": "standard", "max_attempts": 3},
                connect_timeout=10,
                read_timeout=READ_TIMEOUT,
                max_pool_connections=16,
                **(compatible if options.endpoint else {}),
            ),
        )
        self._endpoint = options.endpoint
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self.name = f"s3://{bucket}/{prefix}".rstrip("/")
        wanted = {
            "ServerSideEncryption": options.sse,
            "SSEKMSKeyId": options.kms_key_id,
            "StorageClass": options.storage_class,
        }
        self._how = {name: value for name, value in wanted.items() if value}

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        stored = self._stored(key)
        condition = {"IfNoneMatch": "*"} if if_absent else {}
        hashed = Hashed(content)
        parts = chunked(hashed, PART)
        first = next(parts, b"")
        second = next(parts, None)
        if second is None:
            digest = hashed.sha256  # of `first`
            with self._translated(key):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=stored,
                    Body=first,
                    Metadata={_SHA256: digest},
                    ChecksumAlgorithm="SHA256",  # a bucket with Object Lock wants to be told
                    ChecksumSHA256=b64encode(bytes.fromhex(digest)).decode(),
                    **self._how,
                    **condition,
                )
        else:
            if if_absent and self._exists(key):
                raise ObjectExists(key=self.at(key))  # before an upload that would be in vain
            self._upload(key, chain((first, second), parts), hashed, condition)
        return hashed.info(key)

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        with self._translated(key):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._stored(key))
        with answer["Body"] as body:
            parts = self._parts(key, body, answer["ContentLength"])
            if answer["Metadata"].get(_SHA256) == _IN_TRAILER:
                parts = without_end(parts, SIZE)
                info = self._info_of_trailer(key, answer["ContentLength"])
            else:
                info = self._info_of_metadata(key, answer)
            yield VerifiedReader(info, parts, self.name)

    def head(self, key: str) -> ObjectInfo:
        answer = self._head(key)
        if answer["Metadata"].get(_SHA256) == _IN_TRAILER:
            return self._info_of_trailer(key, answer["ContentLength"])
        return self._info_of_metadata(key, answer)

    def delete(self, key: str) -> None:
        with self._translated(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._stored(key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        pages = iter(
            self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix + prefix)
        )
        while True:
            with self._translated(prefix):
                page = next(pages, None)
            if page is None:
                return
            for entry in page.get("Contents", ()):
                yield ObjectInfo(entry["Key"][len(self._prefix) :], entry["Size"], "")

    def tail(self, key: str, size: int) -> bytes:
        last, in_trailer = self._last(key, size + SIZE)
        return (last[:-SIZE] if in_trailer else last)[-size:]

    def link(self, key: str, seconds: int) -> str | None:
        # Signed here: the object is asked for by nobody before the address is.
        address: str = self._signer.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": self._stored(key)}, ExpiresIn=seconds
        )
        return address

    @cached_property
    def _signer(self) -> Any:
        """A client whose addresses name the bucket's region: the others are redirected while a bucket is young."""
        import boto3
        from botocore.config import Config

        address = self._client.meta.endpoint_url
        how = {"addressing_style": "virtual" if ".amazonaws.com" in address else "path"}
        options = {"endpoint_url": self._endpoint} if self._endpoint else {}
        region = self._client.meta.region_name
        return boto3.client("s3", region_name=region, config=Config(signature_version="s3v4", s3=how), **options)

    def sweep(self, older_than: timedelta) -> int:
        """Abort uploads in parts that nobody completed."""
        swept = 0
        with self._translated(""):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            for upload in (upload for page in pages for upload in page.get("Uploads", ())):
                if upload["Initiated"] < datetime.now(UTC) - older_than:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    swept += 1
        return swept

    def warm(self, keys: Iterable[str]) -> Warmth:
        # Every one is asked for, also after the first that is not readable yet.
        readable = [self._warm(key) for key in keys]
        return Warmth.READABLE if all(readable) else Warmth.WARMING

    def _warm(self, key: str) -> bool:
        answer = self._head(key)
        if answer.get("StorageClass") not in _COLD and "ArchiveStatus" not in answer:
            return True
        restore = answer.get("Restore", "")
        if restore:
            return 'ongoing-request="false"' in restore
        days = {} if "ArchiveStatus" in answer else {"Days": _READABLE_DAYS}
        request = days | {"GlacierJobParameters": {"Tier": "Standard"}}
        with self._translated(key):
            try:
                self._client.restore_object(Bucket=self._bucket, Key=self._stored(key), RestoreRequest=request)
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] != "RestoreAlreadyInProgress":
                    raise
        return False

    def _upload(self, key: str, parts: Iterable[bytes], hashed: Hashed, condition: dict[str, str]) -> None:
        target = {"Bucket": self._bucket, "Key": self._stored(key)}
        with self._translated(key):
            upload = self._client.create_multipart_upload(
                **target,
                Metadata={_SHA256: _IN_TRAILER},
                ContentType="application/octet-stream",
                ChecksumAlgorithm="SHA256",
                **self._how,
            )
        target["UploadId"] = upload["UploadId"]
        sent: list[dict[str, Any]] = []
        try:
            for body in self._with_trailer(parts, hashed):
                number, checksum = len(sent) + 1, b64encode(sha256(body).digest()).decode()
                with self._translated(key):
                    answer = self._client.upload_part(**target, PartNumber=number, Body=body, ChecksumSHA256=checksum)
                sent.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
            with self._translated(key):
                self._client.complete_multipart_upload(**target, MultipartUpload={"Parts": sent}, **condition)
        except BaseException:
            self._abort(key, target)
            raise

    def _with_trailer(self, parts: Iterable[bytes], hashed: Hashed) -> Iterator[bytes]:
        # At most 10,000 parts: their size grows, so that there is no limit worth the name.
        joined: list[bytes] = []
        number = 1
        for part in parts:
            if sum(map(len, joined)) >= PART << (number // 1000):
                yield b"".join(joined)
                joined.clear()
                number += 1
            joined.append(part)
        joined.append(Trailer(hashed.size, hashed.sha256).encode())
        yield b"".join(joined)

    def _abort(self, key: str, target: dict[str, str]) -> None:
        try:
            with self._translated(key):
                self._client.abort_multipart_upload(**target)
        except (StoreUnavailable, ObjectNotFound):
            return  # swept later, or complete; the error under way is the one to report

    def _exists(self, key: str) -> bool:
        try:
            self._head(key)
        except ObjectNotFound:
            return False
        return True

    def _head(self, key: str) -> dict[str, Any]:
        with self._translated(key):
            answer: dict[str, Any] = self._client.head_object(Bucket=self._bucket, Key=self._stored(key))
        return answer

    def _last(self, key: str, size: int) -> tuple[bytes, bool]:
        with self._translated(key):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._stored(key), Range=f"bytes=-{size}")
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] == "InvalidRange":
                    return b"", False  # of an empty object
                raise
        with answer["Body"] as body:
            return b"".join(self._parts(key, body, answer["ContentLength"])), answer["Metadata"].get(
                _SHA256
            ) == _IN_TRAILER

    def _info_of_trailer(self, key: str, length: int) -> ObjectInfo:
        trailer = decode(self._last(key, SIZE)[0])
        if trailer is None or trailer.size != length - SIZE:
            raise ObjectCorrupt(key=self.at(key), expected=f"a trailer for {length - SIZE} bytes", actual="none")
        return ObjectInfo(key, trailer.size, trailer.sha256)

    def _info_of_metadata(self, key: str, answer: dict[str, Any]) -> ObjectInfo:
        digest = answer["Metadata"].get(_SHA256)
        if digest is None:
            raise ObjectCorrupt(key=self.at(key), expected=f"the metadata {_SHA256}", actual="none")
        return ObjectInfo(key, answer["ContentLength"], digest)

    def _parts(self, key: str, body: Any, length: int) -> Iterator[bytes]:
        size = 0
        while True:
            with self._translated(key):
                part = body.read(CHUNK)
            if not part:
                break
            size += len(part)
            yield part
        if size < length:  # the connection, not the object
            raise StoreUnavailable(store=self.name, reason=f"{key} broke off after {size} of {length} bytes")

    def _stored(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _translated(self, key: str) -> Any:
        return translated(self.name, key)
