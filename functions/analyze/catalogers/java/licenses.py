"""Licences of Java archives: what manifests, poms and licence files say, as SPDX expressions where they are one.

Manifests and poms name licences by URL or by a title of their own (OSGi Core 3.2.1.10 "Bundle-License",
Maven's "POM Reference"). A licence file tells by its text, or by its name.
"""

import re

from analyze.catalogers.license_text.matching import licenses
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import clean
from cargohold.model import License

_FILE = re.compile(rb"/?(?:META-INF/)?(?:un)?(?:licen[cs]e|copying)[^/]{0,80}", re.IGNORECASE)
_NAME_PARTS = re.compile(r"^(?:licen[cs]e|copying)[-_. ]*|[-_. ]*(?:licen[cs]e)?(?:\.(?:txt|md|html))?$", re.IGNORECASE)


def is_license_file(name: bytes) -> bool:
    """Tell whether an entry's name is that of a licence of the whole archive."""
    return _FILE.fullmatch(name) is not None


def of_file(name: str, data: bytes) -> list[str]:
    """Return the SPDX expressions that a licence file surely stands for: by its text, else by its name."""
    return licenses(data) or [found for found in [_in_name(name.rpartition("/")[2])] if found]


def _in_name(base: str) -> str:
    found = _NAME_PARTS.sub("", base)
    return expression(found) if found else ""


def license_of(record: dict[str, str], path: str) -> License:
    """Return the licence of a record: its `value`, with a `url` where there is one, and a `type`."""
    value = record["value"]
    return License(
        value=value,
        spdx_expression=_expression(value) or _expression(record.get("url", "")),
        type=record.get("type", "declared"),
        path=path,
    )


def _expression(value: str) -> str:
    """Return what a URL, a title or an expression means; OSGi's attributes behind a semicolon are left out."""
    clauses = re.split(r",\s*(?=https?:)", value) if "://" in value else [value]
    found = {expression(clean(clause).partition(";")[0].strip(" \"'")) for clause in clauses}
    return found.pop() if len(found) == 1 else ""
