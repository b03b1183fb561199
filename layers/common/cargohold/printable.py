"""Text out of images, for terminals."""


def printable(text: str) -> str:
    """Return `text` with control characters made visible: names come out of hostile images."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
