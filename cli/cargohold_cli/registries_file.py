"""Changes to the registries document that leave the rest of its text, comments too, as it is.

In YAML the lines of an entry are put in or taken out; JSON, which has no comments, is written anew.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from cargohold.errors import InvalidConfiguration, OutputNotWritten
from cargohold.registry.document import parse_registries
from cargohold_cli import yaml_text

Entries = list[dict[str, Any]]


def path_of(url: str) -> Path:
    """Return the file that a `REGISTRIES` URL names; raises `InvalidConfiguration` for what is none."""
    scheme, _, rest = url.partition(":")
    if scheme != "file":
        raise InvalidConfiguration(setting="REGISTRIES", reason=f"the document is kept by '{scheme}': change it there")
    return Path(unquote(urlsplit(url).path) if rest.startswith("//") else rest)


def read(path: Path) -> str:
    """Return the text of a document, "" when there is none; raises `InvalidConfiguration` when it is not valid."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise InvalidConfiguration(setting="REGISTRIES", reason=f"{path} cannot be read") from None
    parse_registries(text)
    return text


def write(path: Path, text: str) -> None:
    """Replace a document, readable by its owner alone; raises `InvalidConfiguration` rather than write a wrong one."""
    parse_registries(text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)  # mkstemp has made it readable by its owner alone
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputNotWritten(path=str(path), reason=error.strerror or type(error).__name__) from None


def with_entry(text: str, entry: dict[str, Any]) -> str:
    """Return a valid document with one more registry, the last."""
    content = _structure(text)
    expected = content | {"registries": [*(content.get("registries") or []), entry]}
    if _is_json(text):
        return _as_json(expected)
    listed = _block_list(text)
    if listed is not None:
        lines = text.splitlines(keepends=True)
        end = _end_line(listed.value[-1])
        head = "".join(lines[:end])
        changed = _ended(head) + _as_yaml([entry], listed.start_mark.column) + "".join(lines[end:])
    elif "registries" not in content:
        changed = _ended(text) + "registries:\n" + _as_yaml([entry], 2)
    else:
        changed = ""
    return changed if _means(changed, expected) else yaml_text.dump(expected)


def without_entry(text: str, position: int) -> str:
    """Return a valid document without its registry at `position`, counted from 0."""
    content = _structure(text)
    entries = content["registries"]
    expected = content | {"registries": [*entries[:position], *entries[position + 1 :]]}
    if _is_json(text):
        return _as_json(expected)
    listed = _block_list(text)
    changed = ""
    if listed is not None and len(entries) > 1:
        lines = text.splitlines(keepends=True)
        start = listed.value[position].start_mark.line
        while start and not lines[start].lstrip().startswith("-"):
            start -= 1
        changed = "".join([*lines[:start], *lines[_end_line(listed.value[position]) :]])
    return changed if _means(changed, expected) else yaml_text.dump(expected)


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _structure(text: str) -> dict[str, Any]:
    content: dict[str, Any] = (json.loads(text) if _is_json(text) else yaml.safe_load(text)) or {}
    return content


def _means(text: str, expected: dict[str, Any]) -> bool:
    try:
        return bool(text) and _structure(text) == expected
    except (yaml.YAMLError, ValueError):
        return False


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _as_yaml(entries: Entries, indent: int) -> str:
    return "".join(" " * indent + line for line in yaml_text.dump(entries).splitlines(keepends=True))


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _block_list(text: str) -> Any:
    """Return the node of `registries` when it is a list that is written entry below entry."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(document, yaml.MappingNode):
        return None
    for key, value in document.value:
        if key.value == "registries" and isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
            return value
    return None


def _end_line(node: Any) -> int:
    """Return the line after the last one that holds something of a node."""
    end: int = max(mark.line + (1 if mark.column else 0) for mark in _ends(node))
    return end


def _ends(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        yield node.end_mark
        return
    for part in node.value:
        for inner in part if isinstance(part, tuple) else (part,):
            yield from _ends(inner)
