"""The strings of an image's config in which secrets are left (OCI image-spec, config.md)."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

_MOST = 20_000  # strings of one config
_COMMANDS = ("Entrypoint", "Cmd", "Shell", "OnBuild")


def strings(config: bytes) -> Iterator[tuple[str, int | None, str]]:
    """Yield where a string stands, the entry of `history` it is of (None for others), and the string.

    A config that is no JSON object yields nothing.
    """
    try:
        document = orjson.loads(config)
    except ValueError:
        return
    left = _MOST
    for found in _all(document if isinstance(document, dict) else {}):
        yield found
        left -= 1
        if not left:
            return


def _all(document: Mapping[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    settings = document.get("config")
    if isinstance(settings, dict):
        yield from _listed("config.Env", settings.get("Env"))
        for name in _COMMANDS:
            yield from _listed(f"config.{name}", settings.get(name))
        check = settings.get("Healthcheck")
        if isinstance(check, dict):
            yield from _listed("config.Healthcheck.Test", check.get("Test"))
        labels = settings.get("Labels")
        for number, (name, value) in enumerate(labels.items() if isinstance(labels, dict) else ()):
            yield f"config.Labels[{number}]", None, f"{name}={value}"
    history = document.get("history")
    for number, item in enumerate(history if isinstance(history, list) else ()):
        for name in ("created_by", "comment"):
            if isinstance(item, dict) and isinstance(item.get(name), str):
                yield f"history[{number}].{name}", number, item[name]


def _listed(where: str, value: Any) -> Iterator[tuple[str, int | None, str]]:
    if isinstance(value, str):
        yield where, None, value
    for number, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield f"{where}[{number}]", None, item
