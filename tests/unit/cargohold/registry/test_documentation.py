"""docs/registries.md knows every field, and its example is one."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from cargohold.errors import InvalidConfiguration
from cargohold.registry.document import Hook, Reconcile, Registry, parse_registries

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "registries.md").read_text()
EXAMPLE = next(text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if text.startswith("registries"))


def test_every_field_is_explained() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", PAGE, re.MULTILINE))))
    assert named >= {*Registry.model_fields, *Hook.model_fields, *Reconcile.model_fields}


def test_the_example_is_a_document() -> None:
    named = parse_registries(EXAMPLE).named("internal")
    assert named is not None
    assert named.hook is not None
    assert named.allow_private
    assert parse_registries(yaml.safe_dump({"registries": []})).registries == ()


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        (EXAMPLE, True),
        ("registries: []", True),
        ("auths: {a.example.com: {auth: dXNlcjpwYXNzd29yZA==}}\ncredHelpers: {b.example.com: ecr-login}", True),
        ("registries: [{host: a.example.com, reconcile: {every_days: 7, tags: ['v*']}, max_image_bytes: 1}]", True),
        ("registries: [{host: a.example.com, pasword: x}]", False),
        ("registries: [{name: x}]", False),
        ("registries: [{host: a.example.com, name: x, hook: {token: short}}]", False),
        ("registries: [{host: a.example.com, reconcile: {every_days: -1}}]", False),
        ("credHelpers: {b.example.com: osxkeychain}", False),
    ],
)
def test_the_schema_says_what_the_reader_says(document: str, valid: bool) -> None:
    schema = json.loads((DOCS / "registries.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(document)) is valid
    if valid:
        parse_registries(document)
    else:
        with pytest.raises(InvalidConfiguration):
            parse_registries(document)
