"""Text from images and registries, made fit for the database."""

MAX_INTEGER = 2**31 - 1
# A B-tree entry holds 2,704 bytes (PostgreSQL, nbtree.h, BTMaxItemSize), all columns together.
NAME_BYTES = 1_000
VERSION_BYTES = 500
LONG_BYTES = 8_000


def fit(text: str, limit: int) -> str:
    """Return `text` without NUL, which Postgres cannot store, and of at most `limit` bytes in UTF-8."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if len(text) * 4 <= limit:
        return text
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def fit_integer(number: int) -> int:
    """Return `number` within what an `integer` column holds; counts beyond it are hostile."""
    return max(0, min(number, MAX_INTEGER))
