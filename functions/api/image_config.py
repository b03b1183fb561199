"""What an image's config says of how it runs (OCI image-spec, config.md): names of variables, never their values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """The config of an image for people; lists as they are there, ports, volumes, names and labels sorted."""

    user: str = ""
    working_directory: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()  # names
    labels: tuple[tuple[str, str], ...] = ()


def config_facts(config: bytes, redact: Callable[[str], str] = str) -> ConfigFacts:
    """Return the facts in a config, each string as `redact` leaves it; what is not as it should be is left out."""
    try:
        document = orjson.loads(config)
    except ValueError:
        return ConfigFacts()
    settings = document.get("config") if isinstance(document, Mapping) else None
    if not isinstance(settings, Mapping):
        return ConfigFacts()

    def text(name: str) -> str:
        value = settings.get(name)
        return redact(value) if isinstance(value, str) else ""

    def listed(value: Any) -> tuple[str, ...]:
        return tuple(redact(item) for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def keys(name: str) -> tuple[str, ...]:
        value = settings.get(name)
        return tuple(sorted(map(redact, value))) if isinstance(value, Mapping) else ()

    names = settings.get("Env")
    labels = settings.get("Labels")
    return ConfigFacts(
        user=text("User"),
        working_directory=text("WorkingDir"),
        entrypoint=listed(settings.get("Entrypoint")),
        command=listed(settings.get("Cmd")),
        exposed_ports=keys("ExposedPorts"),
        volumes=keys("Volumes"),
        environment=tuple(sorted({redact(item.partition("=")[0]) for item in names if isinstance(item, str)}))
        if isinstance(names, list)
        else (),
        labels=tuple(sorted((redact(name), redact(value)) for name, value in labels.items() if isinstance(value, str)))
        if isinstance(labels, Mapping)
        else (),
    )
