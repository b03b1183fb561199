"""From what a person types to a digest: a digest, the beginning of one, or a reference."""

import re

from api.queries.references import LIVE
from cargohold.database.connection import Cursor
from cargohold.digests import is_digest, to_bytes, to_text
from cargohold.errors import AmbiguousName, ArchiveUnknown, ImageUnknown

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})")


def find_image(cursor: Cursor, text: str) -> str:
    """Return the digest of the one image that `text` means. Raises `ImageUnknown`, `AmbiguousName`."""
    return _one(text, _candidates(cursor, "image", text) or _by_reference(cursor, text), ImageUnknown(digest=text))


def find_archive(cursor: Cursor, text: str) -> str:
    """Return the digest of the one archived image that `text` means. Raises `ArchiveUnknown`, `AmbiguousName`."""
    found = _candidates(cursor, "archived_image", text) or _by_former_reference(cursor, text)
    return _one(text, found, ArchiveUnknown(digest=text))


def _one(text: str, found: list[str], unknown: ImageUnknown | ArchiveUnknown) -> str:
    if not found:
        raise unknown
    if len(found) > 1:
        raise AmbiguousName(name=text, found=", ".join(found[:3]) + ("…" if len(found) > 3 else ""))
    return found[0]


def _candidates(cursor: Cursor, table: str, text: str) -> list[str]:
    match = _PREFIX.fullmatch(text)
    if match is None:
        return []
    if is_digest(text):
        low = high = to_bytes(text)
    else:
        low, high = bytes.fromhex(match[1].ljust(64, "0")), bytes.fromhex(match[1].ljust(64, "f"))
    cursor.execute(
        f"SELECT digest FROM {table} WHERE digest BETWEEN %s AND %s ORDER BY digest LIMIT 4",  # noqa: S608 -- constant
        (low, high),
    )
    return [to_text(row[0]) for row in cursor.fetchall()]


def _split(text: str) -> tuple[str, str]:
    name, colon, tag = text.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (text, "")


def _by_reference(cursor: Cursor, text: str) -> list[str]:
    name, tag = _split(text)
    cursor.execute(
        f"""
        WITH named AS (
            SELECT r.digest FROM reference r WHERE {LIVE} AND (%(tag)s = '' OR r.tag = %(tag)s)
              AND (r.repository = %(name)s OR r.registry || '/' || r.repository = %(name)s)
        )
        SELECT i.digest FROM image i WHERE i.digest IN (
            SELECT digest FROM named
            UNION SELECT x.image_digest FROM image_index x JOIN named n ON n.digest = x.index_digest)
        ORDER BY i.digest LIMIT 4""",  # noqa: S608 -- constants only
        {"name": name, "tag": tag},
    )
    return [to_text(row[0]) for row in cursor.fetchall()]


def _by_former_reference(cursor: Cursor, text: str) -> list[str]:
    name, tag = _split(text)
    cursor.execute(
        """
        SELECT a.digest FROM archived_image a WHERE EXISTS (
            SELECT FROM jsonb_to_recordset(a."references") r (registry text, repository text, tag text)
            WHERE (%(tag)s = '' OR coalesce(r.tag, '') = %(tag)s)
              AND (r.repository = %(name)s OR r.registry || '/' || r.repository = %(name)s))
        ORDER BY a.digest LIMIT 4""",
        {"name": name, "tag": tag},
    )
    return [to_text(row[0]) for row in cursor.fetchall()]
