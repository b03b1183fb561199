"""`packages`, `relationships`, `files`, `secrets`, `contents` and `unknowns`: one row a line."""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

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


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _compact(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _compact(row: Any) -> dict[str, Any]:
    """Return a dataclass as a dictionary without the fields that hold their default."""
    result = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        if field.default_factory is not MISSING and not value:
            continue
        result[field.name] = _plain(value)
    return result


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


PACKAGES: RowDocument[Package] = RowDocument("packages", 1, _compact, _package)
RELATIONSHIPS: RowDocument[Relationship] = RowDocument("relationships", 1, _compact, _relationship)
FILES: RowDocument[FileRecord] = RowDocument("files", 1, _compact, lambda row: FileRecord(**row))
SECRETS: RowDocument[Secret] = RowDocument("secrets", 1, _compact, lambda row: Secret(**row))
CONTENTS: RowDocument[Content] = RowDocument("contents", 1, _compact, _content)
UNKNOWNS: RowDocument[Unknown] = RowDocument("unknowns", 1, _compact, lambda row: Unknown(**row))
