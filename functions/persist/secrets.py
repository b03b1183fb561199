"""The rows of an image's secrets: the document's, made to fit."""

from collections.abc import Collection, Iterable
from itertools import islice
from typing import NamedTuple

from cargohold.contracts import AnalysisReady
from cargohold.database.batch import Batch, Statement
from cargohold.database.copy import copy_rows
from cargohold.digests import to_bytes
from cargohold.model import Secret
from persist.text import LONG_BYTES, NAME_BYTES, fit, fit_integer

_DELETE = Statement("DELETE FROM secret WHERE image_id = %(image)s", "image integer")
_IMAGE = Statement("SELECT id FROM image WHERE digest = %(digest)s", "digest bytea")
_MOST = 10_000  # rows of one image: the document has all, and nobody reads so many


class SecretRow(NamedTuple):
    """What `secret` stores of a finding, in its column order, after the image."""

    ordinal: int
    rule: str
    category: str
    title: str
    severity: str
    source: str
    path: str
    layer: int | None
    line: int
    column: int
    snippet: str
    digest: str
    visible: bool
    created_by: str


def collect(secrets: Iterable[Secret]) -> tuple[SecretRow, ...]:
    """Return the rows of an image's secrets, the first 10,000."""
    return tuple(_row(ordinal, secret) for ordinal, secret in enumerate(islice(secrets, _MOST)))


def write(batch: Batch, message: AnalysisReady, rows: Collection[SecretRow], *, before: int | None) -> None:
    """Make `rows` the secrets of the message's image. `before` is the id of its row, None when that is new."""
    if before is not None:
        batch.add(_DELETE, {"image": before})
    if rows:
        ((image_id,),) = batch.fetch(_IMAGE, {"digest": to_bytes(message.image)})
        columns = ("image_id", *SecretRow._fields)
        copy_rows(batch.cursor, "secret", columns, ((image_id, *row) for row in rows))


def _row(ordinal: int, secret: Secret) -> SecretRow:
    return SecretRow(
        ordinal=ordinal,
        rule=fit(secret.rule, 100),
        category=fit(secret.category, 100),
        title=fit(secret.title, NAME_BYTES),
        severity=secret.severity,
        source=secret.source,
        path=fit(secret.path, LONG_BYTES),
        layer=None if secret.layer is None else fit_integer(secret.layer),
        line=fit_integer(secret.line),
        column=fit_integer(secret.column),
        snippet=fit(secret.snippet, NAME_BYTES),
        digest=fit(secret.digest, 64),
        visible=secret.visible,
        created_by=fit(secret.created_by, LONG_BYTES),
    )
