"""The commands that made an image's layers (OCI image-spec, config.md, `history`)."""

from collections.abc import Mapping
from typing import Any

import orjson

_LONGEST = 1000  # characters; every package of a layer repeats its command


def created_by(config: bytes, layers: int) -> tuple[str, ...]:
    """Return the command of each layer, base first, "" where it is not known.

    Entries with `empty_layer` made no layer. When the others are not as many as the layers, nothing
    says which is whose, and none is used.
    """
    unknown = ("",) * layers
    try:
        document = orjson.loads(config)
    except ValueError:
        return unknown
    history = document.get("history") if isinstance(document, Mapping) else None
    if not isinstance(history, list):
        return unknown
    made = [_command(item) for item in history if isinstance(item, Mapping) and item.get("empty_layer") is not True]
    return tuple(made) if len(made) == layers else unknown


def _command(item: Mapping[str, Any]) -> str:
    command = item.get("created_by")
    return command[:_LONGEST] if isinstance(command, str) else ""
