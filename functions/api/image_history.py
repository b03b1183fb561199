"""How an image was made, as its config tells (OCI image-spec, config.md, `history`)."""

from collections.abc import Collection
from typing import Any

import orjson
from pydantic import BaseModel

HOLDS_A_SECRET = "(a secret was found in this text)"  # noqa: S105 -- says that there is one


class HistoryEntry(BaseModel):
    """One step. `layer` is the number of the layer that it made, null for a step that made none."""

    created: str
    created_by: str
    author: str
    comment: str
    layer: int | None


def history_of(config: bytes, secret: Collection[str]) -> tuple[HistoryEntry, ...]:
    """Return the steps in a config, oldest first.

    `secret` has the places of texts not to show (`history[3].created_by`). What is not as it should be
    is left out.
    """
    try:
        document = orjson.loads(config)
    except ValueError:
        return ()
    steps = document.get("history") if isinstance(document, dict) else None
    entries: list[HistoryEntry] = []
    layer = 0
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict):
            continue
        empty = step.get("empty_layer") is True
        entries.append(
            HistoryEntry(
                layer=None if empty else layer,
                **{name: _text(step, number, name, secret) for name in ("created", "created_by", "author", "comment")},
            )
        )
        layer += not empty
    return tuple(entries)


def _text(step: dict[str, Any], number: int, name: str, secret: Collection[str]) -> str:
    value = step.get(name)
    if f"history[{number}].{name}" in secret:
        return HOLDS_A_SECRET
    return value if isinstance(value, str) else ""
