"""YAML as people read and change it."""

import re
from typing import Any

import yaml

_BREAKS = re.compile("[\x85\u2028\u2029]")


def dump(content: Any) -> str:
    """Return a value as YAML, its keys in their order, and text as it is where that can be read back.

    PyYAML writes the line breaks of Unicode into a quoted text as they are, and reads them as blanks: YAML 1.2
    folds lines in such texts (6.5). Everything beyond ASCII is escaped then.
    """
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return yaml.safe_dump(content, sort_keys=False) if _BREAKS.search(text) else text
