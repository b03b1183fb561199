"""`packages`, `relationships`, `files`, `secrets`, `contents` and `unknowns`: one row a line."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from cargohold.documents.base import RowDocument
from cargohold.model import (
    Content,
    ContentMatch,
    FileRecord,
    License,
    Location,
    Package,
    Relationship,
    Scope,
    Secret,
    Unknown,
)

T = TypeVar("T")


def _compactor(row_class: type[T]) -> Callable[[T], dict[str, Any]]:
    """Return what makes of a dataclass a dictionary, for orjson, without the fields that hold their default.

    Written as source once a class, as `dataclasses` writes `__init__`: a large image has ten thousand rows of twenty
    fields, and a loop over the fields takes three times as long.
    """
    hints = get_type_hints(row_class)
    names: dict[str, Any] = {}
    always, sometimes = [], []
    for field in fields(row_class):  # type: ignore[arg-type]  # T is a dataclass
        name, value = field.name, "value"
        if (nested := _nested(hints[name])) is not None:
            names[f"compact_{name}"] = _compactor(nested)
            value = f"[compact_{name}(item) for item in value]"
        if field.default is MISSING and field.default_factory is MISSING:
            always.append(f"{name!r}: {value.replace('value', f'row.{name}')}")
            continue
        default = field.default if field.default_factory is MISSING else field.default_factory()
        names[f"default_{name}"] = default
        # Most defaults are what is false of their type, which takes less time to see than that two values are equal.
        differs = "" if default is not None and not default else f" != default_{name}"
        sometimes += [f"    if (value := row.{name}){differs}:", f"        result[{name!r}] = {value}"]
    source = ["def compact(row):", f"    result = {{{', '.join(always)}}}", *sometimes, "    return result"]
    exec("\n".join(source), names)  # noqa: S102 - nothing but the names of our own fields
    compact: Callable[[T], dict[str, Any]] = names["compact"]
    return compact


def _nested(hint: Any) -> type[Any] | None:
    """Return the dataclass of which a field has a tuple; orjson writes other tuples, and enumerations, as they are."""
    item = get_args(hint)[0] if get_origin(hint) is tuple else None
    return item if is_dataclass(item) and isinstance(item, type) else None


def _package(row: dict[str, Any]) -> Package:
    row["scope"] = Scope(row.get("scope", Scope.VISIBLE))
    row["licenses"] = tuple(License(**item) for item in row.get("licenses", ()))
    row["locations"] = tuple(Location(**item) for item in row.get("locations", ()))
    row["files"] = tuple(row.get("files", ()))
    return Package(**row)


def _relationship(row: dict[str, Any]) -> Relationship:
    row["detail"] = tuple(row.get("detail", ()))
    return Relationship(**row)


def _content(row: dict[str, Any]) -> Content:
    row["matches"] = tuple(
        ContentMatch(one["name"], one["count"], tuple(one.get("lines", ())), tuple(one.get("texts", ())))
        for one in row.get("matches", ())
    )
    return Content(**row)


PACKAGES: RowDocument[Package] = RowDocument("packages", 1, _compactor(Package), _package)
RELATIONSHIPS: RowDocument[Relationship] = RowDocument("relationships", 1, _compactor(Relationship), _relationship)
FILES: RowDocument[FileRecord] = RowDocument("files", 1, _compactor(FileRecord), lambda row: FileRecord(**row))
SECRETS: RowDocument[Secret] = RowDocument("secrets", 1, _compactor(Secret), lambda row: Secret(**row))
CONTENTS: RowDocument[Content] = RowDocument("contents", 1, _compactor(Content), _content)
UNKNOWNS: RowDocument[Unknown] = RowDocument("unknowns", 1, _compactor(Unknown), lambda row: Unknown(**row))
