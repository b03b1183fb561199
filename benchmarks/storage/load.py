"""Loads a fleet in bulk: the rows that persist would write, by COPY. A test holds the two against each other."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from benchmarks.storage.analyses import LAYER_SIZE, MEDIA_TYPE, SECRET, analysis_id, created
from benchmarks.storage.fleet import REGISTRY, Fleet, Image
from benchmarks.storage.packages import model

from cargohold.database.connection import Cursor, Database
from cargohold.database.copy import copy_rows
from cargohold.database.media_types import to_column
from persist import secrets
from persist.packages import COLUMNS, analysis_hour, package_row
from persist.secrets import SecretRow

CHUNK = 5_000  # images a transaction
KEPT = timedelta(days=90)  # attempts and the history of references
_IMAGE = (
    "id", "digest", "media_type", "os", "architecture", "distro_id", "distro_version", "size", "uncompressed_size",
    "file_count", "package_count", "layer_chain_id", "status_changed_at", "analysis_id", "analysis_sha256",
    "catalog_version", "created_at", "analyzed_at",
)  # fmt: skip
_REFERENCE = ("registry", "repository", "tag", "digest", "first_seen", "pushed_at")
_EVENT = ("registry", "repository", "tag", "digest", "event", "at")
_ATTEMPT = (
    "analysis_id", "registry", "repository", "tag", "digest", "status", "final", "started_at", "finished_at",
)  # fmt: skip


class Loader:
    """The rows of images in the order of their time. Ids follow the fleet's numbers, from 1."""

    def __init__(self, database: Database, fleet: Fleet, *, until: datetime) -> None:
        self.images = 0
        self.newest_image: dict[int, int] = {}  # by the number of a set: the id of the newest image that has it
        self._database, self._fleet = database, fleet
        self._kept_from = until - KEPT
        self._packages = self._sets = 0
        self._layers: dict[bytes, int] = {}
        self._seen: dict[int, tuple[datetime, datetime]] = {}
        self._latest: dict[str, tuple[datetime, datetime, bytes]] = {}

    def load(self, images: Iterator[Image], count: int) -> None:
        """Load the next `count` images."""
        left = count
        while chunk := list(islice(images, min(CHUNK, left))):
            with self._database.transaction() as cursor:
                # Foreign keys hold by construction; checking each row of millions is what takes the time.
                cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
                cursor.execute("SET LOCAL synchronous_commit = off")
                self._chunk(cursor, chunk)
            left -= len(chunk)

    def finish(self) -> None:
        """Write what changes from image to image as it is at the end, and let the server count on from here."""
        with self._database.transaction() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            copy_rows(
                cursor,
                "package_set_seen",
                ("set_id", "first_seen", "last_seen"),
                ((number + 1, first, last) for number, (first, last) in self._seen.items()),
            )
            rows = ((REGISTRY, name, "latest", digest, first, at) for name, (first, at, digest) in self._latest.items())
            copy_rows(cursor, "reference", _REFERENCE, rows)
            for table in ("package", "package_set", "layer", "layer_chain", "image"):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
                )

    def _chunk(self, cursor: Cursor, chunk: Sequence[Image]) -> None:
        self._new_packages(cursor, chunk[0].at)
        self._new_sets(cursor)
        layers = [pair for image in chunk for pair in image.layers]
        new = {pair: None for pair in layers if pair[0] not in self._layers}
        rows = [(len(self._layers) + place, *pair) for place, pair in enumerate(new, start=1)]
        copy_rows(cursor, "layer", ("id", "diff_id", "blob_digest"), rows)
        self._layers |= {diff_id: identifier for identifier, diff_id, _ in rows}
        copy_rows(
            cursor,
            "layer_chain",
            ("id", "sha256", "layers"),
            ((image.number + 1, image.chain, [self._layers[diff] for diff, _ in image.layers]) for image in chunk),
        )
        copy_rows(cursor, "image", _IMAGE, map(_image, chunk))
        links = [
            (image.number + 1, found.cataloger, found.scope, found.number) for image in chunk for found in image.sets
        ]
        copy_rows(
            cursor,
            "image_package_set",
            ("image_id", "cataloger", "scope", "set_id"),
            ((image, cataloger, scope, number + 1) for image, cataloger, scope, number in links),
        )
        copy_rows(cursor, "secret", ("image_id", *SecretRow._fields), _secrets(chunk))
        copy_rows(
            cursor,
            "image_index",
            ("index_digest", "image_digest", "first_seen"),
            ((image.parent, image.digest, image.at) for image in chunk if image.parent),
        )
        copy_rows(cursor, "reference", _REFERENCE, self._references(chunk))
        kept = [image for image in chunk if image.at >= self._kept_from]
        events = [(REGISTRY, i.repository, tag, i.parent or i.digest, "pushed", i.at) for i in kept for tag in i.tags]
        copy_rows(cursor, "reference_event", _EVENT, events)
        attempts = (
            (analysis_id(i), REGISTRY, i.repository, i.tags[0], i.digest, "analyzed", True, i.at, i.at) for i in kept
        )
        copy_rows(cursor, "attempt", _ATTEMPT, attempts)
        for image in chunk:
            hour = analysis_hour(image.at)
            for found in image.sets:
                first, last = self._seen.get(found.number, (hour, hour))
                self._seen[found.number] = min(first, hour), max(last, hour)
                self.newest_image[found.number] = image.number + 1
        self.images += len(chunk)

    def _new_packages(self, cursor: Cursor, at: datetime) -> None:
        new = self._fleet.pool.rows[self._packages :]
        rows = (
            (self._packages + place, *package_row(model(*row)).stored(at)) for place, row in enumerate(new, start=1)
        )
        copy_rows(cursor, "package", ("id", *COLUMNS), rows)
        self._packages += len(new)

    def _new_sets(self, cursor: Cursor) -> None:
        new = self._fleet.sets[self._sets :]
        rows = ((found.number + 1, found.sha256, found.scope, found.members) for found in new)
        copy_rows(cursor, "package_set", ("id", "sha256", "scope", "members"), rows)
        self._sets += len(new)

    def _references(self, chunk: Sequence[Image]) -> Iterator[tuple[Any, ...]]:
        for image in chunk:
            digest = image.parent or image.digest
            yield REGISTRY, image.repository, image.tags[0], digest, image.at, image.at
            if "latest" in image.tags:
                first, at, before = self._latest.get(image.repository, (image.at, image.at, b""))
                if before:  # a digest that lost a tag keeps a row of its own
                    yield REGISTRY, image.repository, "", before, at, at
                self._latest[image.repository] = first, image.at, digest


def _image(image: Image) -> tuple[Any, ...]:
    layers = len(image.layers)
    return (
        image.number + 1, image.digest, to_column(MEDIA_TYPE), "linux", "amd64", *image.distro, LAYER_SIZE * layers,
        3 * LAYER_SIZE * layers, 3_000, image.visible, image.number + 1, image.at, analysis_id(image),
        sha256(b"analysis" + image.digest).digest(), 1, created(image), image.at,
    )  # fmt: skip


def _secrets(chunk: Sequence[Image]) -> Iterator[tuple[Any, ...]]:
    for image in chunk:
        for row in secrets.collect([SECRET] * image.secrets):
            yield image.number + 1, *row
