"""Archive rules in a file, so that they can be kept and reviewed with other code: YAML, or JSON, which is YAML.

    rules:
      - name: old-builds
        transition: archive
        selector: {repository: shop/*, tag: build-*}
        analysis_age_days: 30

The fields are those of `docs/archive-rules.md`. What `cargohold rules show --all` writes is such a file.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.rules import StoredRule
from cargohold.archive_rules import Rule, parse_rule
from cargohold.errors import InvalidRule
from cargohold_cli.rule_store import Rules

_LARGEST = 4 << 20  # bytes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # as in the API's paths


@dataclass(slots=True)
class Applied:
    """The names of the rules, by what became of them."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def read_file(path: Path) -> dict[str, Rule]:
    """Return the rules of a file by name. Raises `InvalidRule`, naming the rule and the field."""
    import yaml

    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise InvalidRule(reason=f"{path}: {error.strerror}") from None
    if len(text) > _LARGEST:
        raise InvalidRule(reason=f"{path} has more than {_LARGEST} bytes")
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidRule(reason=f"{path}: {' '.join(str(error).split())}") from None
    return parse_rules(content)


def check_name(name: object) -> None:
    """Raise `InvalidRule` unless rules may be called so."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidRule(reason=f"a rule is called by letters, digits, dots, dashes and underscores, not {name!r}")


def parse_rules(content: Any) -> dict[str, Rule]:
    """Return the rules of a file's content by name. Raises `InvalidRule`."""
    listed = content.get("rules") if isinstance(content, dict) and set(content) == {"rules"} else None
    if not isinstance(listed, list):
        raise InvalidRule(reason="a file of rules has one key, `rules`, with a list of them")
    rules: dict[str, Rule] = {}
    for number, entry in enumerate(listed, 1):
        name = entry.get("name") if isinstance(entry, dict) else None
        if name is None:
            raise InvalidRule(reason=f"rule {number} of the file has no name")
        check_name(name)
        if name in rules:
            raise InvalidRule(reason=f"the file has two rules called {name!r}")
        try:
            rules[name] = parse_rule({key: value for key, value in entry.items() if key != "name"})
        except InvalidRule as error:
            raise InvalidRule(reason=f"{name}: {error.fields['reason']}") from None
    return rules


def plan(stored: list[StoredRule], wanted: dict[str, Rule], *, prune: bool) -> Applied:
    """Return what would make the stored rules those of `wanted`; others go only with `prune`."""
    planned = Applied()
    there = {rule.name: rule for rule in stored}
    for name, rule in wanted.items():
        if name not in there:
            planned.added.append(name)
        elif _is(there[name], rule):
            planned.unchanged.append(name)
        else:
            planned.changed.append(name)
    planned.removed = sorted(set(there) - set(wanted)) if prune else []
    return planned


def apply(rules: Rules, wanted: dict[str, Rule], planned: Applied) -> None:
    """Carry out a plan for the same `wanted`."""
    documents = {name: rule.model_dump(mode="json", exclude_none=True) for name, rule in wanted.items()}
    for name in planned.added:
        rules.add(name, documents[name])
    for name in planned.changed:
        rules.replace(name, documents[name])
    for name in planned.removed:
        rules.remove(name)


def text_of(rules: list[StoredRule]) -> str:
    """Return rules as such a file."""
    from cargohold_cli import yaml_text

    listed = [{"name": stored.name} | stored.rule for stored in rules]
    return yaml_text.dump({"rules": listed})


def _is(stored: StoredRule, rule: Rule) -> bool:
    try:
        return stored.enabled == rule.enabled and parse_rule(stored.rule) == rule
    except InvalidRule:
        return False
