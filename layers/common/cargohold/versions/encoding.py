"""What all keys are made of. Every piece ends where its own bytes say, so that pieces can be joined."""


def number(digits: str) -> bytes:
    """Return decimal `digits` so that greater numbers sort later: their count, then they; at most 255."""
    digits = digits.lstrip("0")
    return bytes((len(digits),)) + digits.encode("ascii")


def text(characters: str) -> bytes:
    """Return ASCII text so that it sorts as bytes do, a beginning of it first."""
    return characters.encode("ascii") + b"\0"


def descending(count: int) -> bytes:
    """Return a count of 0 to 255 so that greater ones sort first."""
    return bytes((255 - count,))
