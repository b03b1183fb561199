"""What `template.yaml` says, as far as pages repeat it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

BEGIN, END = "<!-- rights: made by `make docs` -->", "<!-- end of rights -->"
COMMON = ("Log", "Trace", "Environment")

ROOT = Path(__file__).parent.parent


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags: `!Ref X` as {"Ref": "X"}, the others as their values."""


def _tagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag: value}


_Loader.add_multi_constructor("!", _tagged)


@cache
def template() -> dict[str, Any]:
    """Return the template; a tag becomes a dictionary of one key."""
    document: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 -- a safe one
    return document


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a type, by logical name."""
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def alarms() -> dict[str, str]:
    """Return the description of every alarm, by logical name."""
    return {name: each["Properties"]["AlarmDescription"] for name, each in resources("AWS::CloudWatch::Alarm").items()}


@cache
def metrics() -> set[str]:
    """Return the names of all metrics that the code adds; what a name takes from a variable is `*`."""
    return {name for file in _sources() for name in _added(ast.parse(file.read_text()))} | _cache_metrics()


def statements(role: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield the name, the actions and the resource, in words, of each statement of a role that allows something."""
    for written in resources("AWS::IAM::Role")[role]["Properties"]["Policies"]:
        for when, policy in _alternatives(written):
            for statement in policy["PolicyDocument"]["Statement"]:
                for condition, allowed in _alternatives(statement, when):
                    if allowed["Effect"] == "Allow":
                        actions = allowed["Action"]
                        yield (
                            allowed.get("Sid", policy["PolicyName"]),
                            [actions] if isinstance(actions, str) else actions,
                            _words(allowed["Resource"]) + (f" (if {condition})" if condition else ""),
                        )


def _alternatives(written: dict[str, Any], condition: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what may be there, and when: the first whose condition holds counts."""
    if "If" in written:
        name, first, second = written["If"]
        yield from _alternatives(first, name)
        yield from _alternatives(second, condition)
    elif written != {"Ref": "AWS::NoValue"}:
        yield condition, written


def rights() -> str:
    """Return what each role may do beside `COMMON`, as a table."""
    rows = ["| who | what for | actions | on |", "|---|---|---|---|"]
    for role in resources("AWS::IAM::Role"):
        rows += [
            f"| {role.removesuffix('Role')} | {name} | {' '.join(f'`{action}`' for action in actions)} | {resource} |"
            for name, actions, resource in statements(role)
            if name not in COMMON
        ]
    return "\n".join(rows)


def with_rights(page: str) -> str:
    """Return a page with the table of rights between its markers."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{rights()}\n\n{END}{tail}"


def _words(resource: Any) -> str:
    if isinstance(resource, list):
        return ", ".join(map(_words, resource))
    if isinstance(resource, dict):
        [(tag, value)] = resource.items()
        if tag == "If":
            return f"{_words(value[1])} (if {value[0]})" if isinstance(value[1], (str, dict, list)) else str(value[0])
        resource = ".".join(value) if isinstance(value, list) else str(value)
    for noise in ("arn:${AWS::Partition}:", "${AWS::Region}:${AWS::AccountId}:", ".Arn", "${", "}"):
        resource = str(resource).replace(noise, "")
    return f"`{resource}`"


def _sources() -> Iterator[Path]:
    for root in ("functions", "layers/common"):
        yield from sorted((ROOT / root).rglob("*.py"))


def _added(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_metric":
            [name] = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
            yield from _text(name)


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*_text(node.body), *_text(node.orelse))
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


def _cache_metrics() -> set[str]:
    from analyze.cache.metrics import NAMES

    return set(NAMES.values())
