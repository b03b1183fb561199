"""The commands that made an image's layers (OCI image-spec, config.md, `history`)."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

_LONGEST = 1000  # characters; every package of a layer repeats its command


def created_by(config: bytes, layers: int, redact: Callable[[str], str] = str) -> tuple[str, ...]:
    """Return the command of each layer, base first, as `redact` leaves it, "" where it is not known."""
    history = _history(config)
    commands = [""] * layers
    for entry, layer in made_layers(config, layers).items():
        command = history[entry].get("created_by")
        commands[layer] = redact(command)[:_LONGEST] if isinstance(command, str) else ""
    return tuple(commands)


def made_layers(config: bytes, layers: int) -> dict[int, int]:
    """Return which entry of the history made which layer.

    Entries with `empty_layer` made none. When the others are not as many as the layers, nothing says which
    is whose, and the result is empty.
    """
    made = [entry for entry, item in _history(config).items() if item.get("empty_layer") is not True]
    return {entry: layer for layer, entry in enumerate(made)} if len(made) == layers else {}


def _history(config: bytes) -> dict[int, Mapping[str, Any]]:
    try:
        document = orjson.loads(config)
    except ValueError:
        return {}
    history = document.get("history") if isinstance(document, Mapping) else None
    if not isinstance(history, list):
        return {}
    return {entry: item for entry, item in enumerate(history) if isinstance(item, Mapping)}
