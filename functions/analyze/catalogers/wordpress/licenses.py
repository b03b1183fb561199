"""What licences of the GPL family are called in WordPress's headers.

Source: "License" of the plugin handbook: "GPLv2 or later" and its like, beside SPDX's identifiers.
"""

import re

from analyze.catalogers.spdx import expression

_GPL = re.compile(
    r"(?:the )?(?:gnu )?(?P<family>a|l)?(?:gpl|general public license)[ ,-]*(?:version |v\.? ?)?"
    r"(?P<version>[123](?:\.[01])?)"
    r"(?P<later>\+|,? ?\(?or (?:any )?(?:later|newer|above|higher)(?: version)?\)?)?",
    re.IGNORECASE,
)


def licensed(value: str) -> str:
    """Return the SPDX expression that a License header surely is, or ""."""
    match = _GPL.fullmatch(value[:100].strip())
    if match is None:
        return expression(value)
    version = match["version"] if "." in match["version"] else match["version"] + ".0"
    family = (match["family"] or "").upper() + "GPL"
    return expression(f"{family}-{version}-{'or-later' if match['later'] else 'only'}")
