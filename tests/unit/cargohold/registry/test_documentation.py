"""docs/registries.md knows every field, and its example is one."""

import re
from pathlib import Path

import yaml

from cargohold.registry.document import Hook, Reconcile, Registry, parse_registries

PAGE = (Path(__file__).parents[4] / "docs/registries.md").read_text()


def test_every_field_is_explained() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", PAGE, re.MULTILINE))))
    assert named >= {*Registry.model_fields, *Hook.model_fields, *Reconcile.model_fields}


def test_the_example_is_a_document() -> None:
    example = next(text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if text.startswith("registries"))
    named = parse_registries(example).named("internal")
    assert named is not None
    assert named.hook is not None
    assert named.allow_private
    assert parse_registries(yaml.safe_dump({"registries": []})).registries == ()
