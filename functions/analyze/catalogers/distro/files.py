"""The files that name a distribution: fields as they stand, no conclusion.

Source: os-release(5); lsb_release's /etc/lsb-release; the one-line release files of Red Hat's family; CPE 2.2
and 2.3 for system-release-cpe; BusyBox's banner (`libbb/messages.c`).
"""

import re

from analyze.catalogers.text import clean

_ASSIGNMENT = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_ESCAPED = re.compile(r"\\([\\\"'$`])")
_RELEASE = re.compile(r"(.{1,200}?)\s+release\s+(\d[0-9A-Za-z._-]*)?(?:[^()]*\(([^)]*)\))?", re.IGNORECASE)
_BUSYBOX = re.compile(rb"BusyBox v(\d[0-9A-Za-z.+_-]{0,63})")
_MOST = 200


def assignments(text: str) -> dict[str, str]:
    """Return the variables of os-release or lsb-release, unquoted; of one given twice the last, as a shell has it."""
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        match = _ASSIGNMENT.match(line)
        if match is not None and (len(fields) < _MOST or match[1] in fields):
            fields[match[1]] = unquoted(match[2].strip())
    return fields


def unquoted(value: str) -> str:
    """Return a shell word without its quotes and escapes."""
    quote = value[:1]
    if quote and quote in "\"'":
        value = value[1:-1] if value.endswith(quote) and len(value) > 1 else value[1:]
    return clean(value if quote == "'" else _ESCAPED.sub(r"\1", value))


def first_line(text: str) -> str:
    """Return the first line that is not empty, or ""."""
    return next((clean(line) for line in text.split("\n") if line.strip()), "")


def release(text: str) -> dict[str, str]:
    """Return `text`, `name`, `version` and `codename` of "CentOS Linux release 8.4.2105 (Core)", as far as given."""
    line = first_line(text)[:1000]
    match = _RELEASE.match(line)
    fields = {"text": line}
    if match is not None:
        fields |= {"name": match[1].strip(), "version": match[2] or "", "codename": (match[3] or "").strip()}
    return {key: value for key, value in fields.items() if value}


def cpe(text: str) -> dict[str, str]:
    """Return `cpe`, `vendor`, `product` and `version` of a CPE URI or formatted string."""
    line = first_line(text)
    parts = line.split(":")
    start = {"cpe:/o": 2, "cpe:2.3:o": 3}.get(":".join(parts[:2]) if line.startswith("cpe:/") else ":".join(parts[:3]))
    if start is None or len(parts) < start + 2:
        return {"cpe": line} if line else {}
    fields = {"cpe": line, "vendor": parts[start], "product": parts[start + 1]}
    if len(parts) > start + 2 and parts[start + 2] not in ("", "*", "-"):
        fields["version"] = parts[start + 2]
    return fields


def busybox(data: bytes) -> dict[str, str]:
    """Return `banner` and `version` of a BusyBox executable."""
    match = _BUSYBOX.search(data)
    return {"banner": match[0].decode(), "version": match[1].decode()} if match else {}
