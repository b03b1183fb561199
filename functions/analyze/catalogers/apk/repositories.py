"""The Alpine release, as `etc/apk/repositories` implies it when no os-release says so."""

import re

_RELEASE = re.compile(r"/alpine/(?:v(\d{1,4}\.\d{1,4})|(edge))(?:/|\s|$)")


def release(text: str) -> str:
    """Return the release of the first Alpine repository (`3.19`, `edge`), or ""."""
    for line in text.split("\n"):
        if line.lstrip().startswith("#"):
            continue
        match = _RELEASE.search(line)
        if match:
            return match[1] or match[2]
    return ""
