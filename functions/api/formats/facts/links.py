"""Addresses that packages state, those only that every format takes."""

import re
from dataclasses import dataclass
from typing import Any

from api.formats.facts.hashes import Hash, distribution
from cargohold.model import Package

_PATH = r"[A-Za-z0-9._~:/@!$&'()*+,;=-]|%[0-9A-Fa-f]{2}"
_QUERY = r"[A-Za-z0-9._~:/@!$&'()*+,;=?-]|%[0-9A-Fa-f]{2}"
_WEB = re.compile(
    rf"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{{1,5}})?"
    rf"(?:/(?:{_PATH})*)?(?:\?(?:{_QUERY})*)?(?:#(?:{_QUERY})*)?"
)
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Links:
    """Where a package says it is at home, where it came from, where its source is; "" when it does not say."""

    website: str = ""
    distribution: str = ""
    hashes: tuple[Hash, ...] = ()  # of what `distribution` serves, or of the archive when that is not known
    source: str = ""


def web(value: Any) -> str:
    """Return an http(s) URL that is one, or ""."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= _LONGEST and _WEB.fullmatch(text) else ""


def links(package: Package) -> Links:
    """Return the addresses of a package."""
    metadata = package.metadata
    website = web(metadata.get("homepage"))
    repository = metadata.get("url")
    if package.type in ("apk", "alpm", "R-package") and not website:
        website = web(repository[0] if isinstance(repository, list) and repository else repository)
    served = web(metadata.get("resolved")) or web(_of(metadata.get("dist"), "url"))
    source = web(_of(metadata.get("source"), "url")) or web(_of(metadata.get("directUrlOrigin"), "url"))
    if package.type == "npm" and not source:
        source = web(str(repository or "").removeprefix("git+"))
    return Links(website, served, distribution(package), source)


def _of(value: Any, field: str) -> Any:
    return value.get(field) if isinstance(value, dict) else None
