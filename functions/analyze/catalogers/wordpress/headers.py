"""The headers of a plugin's main file, or of a theme's style.css.

Source: WordPress's `get_file_data`, `get_plugin_data` and `WP_Theme`; "Header Requirements" of the plugin handbook.
"""

import re

from analyze.catalogers.text import clean, decoded, is_name

SIZE = 8192  # bytes at the beginning of a file that WordPress looks at

_HEADER = re.compile(r"^(?:[ \t]*+<\?php)?[ \t/*#@]*+([A-Za-z][A-Za-z ]{0,30}):(.*)$", re.MULTILINE)
_END = re.compile(r"(?:\*/|\?>).*+\Z", re.DOTALL)
_FIELDS = {
    "plugin name": "plugin",
    "theme name": "theme",
    "version": "version",
    "author": "author",
    "author uri": "authorUri",
    "license": "license",
    "description": "description",
    "plugin uri": "homepage",
    "theme uri": "homepage",
    "template": "template",
    "requires plugins": "requiresPlugins",
}


def headers(head: bytes, kind: str) -> dict[str, str] | None:
    """Return the headers that the beginning of a file has; None unless it names a `kind`, plugin or theme.

    Keys: `name`, `version`, `author`, `authorUri`, `license`, `description`, `homepage`, `template` (a
    theme's parent) and `requiresPlugins` (between commas). Of a header that occurs twice the first counts.
    """
    found: dict[str, str] = {}
    text = decoded(head[:SIZE]).replace("\r", "\n")
    for header, value in _HEADER.findall(text):
        field = _FIELDS.get(header.lower())
        if field is not None and field not in found:
            found[field] = clean(_END.sub("", value))
    name = found.pop(kind, "")
    if not is_name(name):
        return None
    found["name"] = name
    return {field: value for field, value in found.items() if value and field not in ("plugin", "theme")}
