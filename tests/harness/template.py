"""CloudFormation's view of a template under given parameters, as far as this project's template goes.

Conditions and `Fn::If` are decided, parameters put in, resources that are not created left out. What
only AWS knows (`Ref` of a resource, `Fn::GetAtt`) stays a `Reference`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}!]+)\}")
_PSEUDO = {
    "AWS::StackName": "some-stack",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = object()

# What Lambda needs to attach a function to a network.
ATTACHING = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "ec2:AssignIpv6Addresses",
    "ec2:UnassignIpv6Addresses",
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that another resource gives: the name of it (attribute `Ref`) or an attribute."""

    resource: str
    attribute: str = "Ref"

    def __str__(self) -> str:
        return f"<{self.resource}.{self.attribute}>"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource that the stack will have."""

    name: str
    type: str
    properties: dict[str, Any]
    document: dict[str, Any]

    @property
    def needs(self) -> set[str]:
        """The resources that are created before this one."""
        explicit = self.document.get("DependsOn", [])
        return {explicit} if isinstance(explicit, str) else set(explicit) | set(referenced(self.properties))


class Stack:
    """A template with its parameters put in."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, Any] | None = None) -> None:
        self._template = template
        defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
        unknown = set(parameters or {}) - set(defaults)
        assert not unknown, f"the template has no parameter {unknown}"
        self.parameters = {**defaults, **(parameters or {})}
        self.resources = {
            name: Resource(name, document["Type"], self.resolve(document.get("Properties", {})), document)
            for name, document in template["Resources"].items()
            if "Condition" not in document or self.condition(document["Condition"])
        }

    def of_type(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.type == kind]

    def condition(self, name: str) -> bool:
        return self.holds(self._template["Conditions"][name])

    def refusals(self) -> list[str]:
        """Return why CloudFormation refuses the parameters: the descriptions of the assertions that fail."""
        return [
            assertion["AssertDescription"]
            for rule in self._template.get("Rules", {}).values()
            if "RuleCondition" not in rule or self.holds(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self.holds(assertion["Assert"])
        ]

    def holds(self, expression: Mapping[str, Any]) -> bool:
        ((function, operand),) = expression.items()
        if function == "Condition":
            return self.condition(operand)
        if function == "Fn::Equals":
            left, right = (str(self.resolve(side)) for side in operand)
            return left == right
        if function == "Fn::Not":
            return not self.holds(operand[0])
        if function == "Fn::And":
            return all(map(self.holds, operand))
        if function == "Fn::Or":
            return any(map(self.holds, operand))
        raise AssertionError(f"{function} is not known here")

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, operand),) = value.items()
            if function == "Ref":
                return self._ref(operand)
            if function == "Fn::If":
                name, then, otherwise = operand
                return self.resolve(then if self.condition(name) else otherwise)
            if function == "Fn::GetAtt":
                resource, attribute = operand if isinstance(operand, list) else operand.split(".", 1)
                return Reference(resource, attribute)
            if function == "Fn::Sub":
                # With variables of its own (`[text, {name: value}]`) as SAM writes it.
                text, own = operand if isinstance(operand, list) else (operand, {})
                for name, item in own.items():
                    text = text.replace(f"${{{name}}}", f"${{{item['Ref']}}}" if isinstance(item, dict) else item)
                return self._substituted(text)
        resolved = ((key, self.resolve(item)) for key, item in value.items())
        return {key: item for key, item in resolved if item is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self.parameters:
            return self.parameters[name]
        return _PSEUDO.get(name) or Reference(name)

    def _substituted(self, text: str) -> Any:
        whole = _VARIABLE.fullmatch(text)
        if whole:
            return self._variable(whole[1])
        names = [name.partition(".")[0] for name in _VARIABLE.findall(text)]
        resources = tuple(name for name in names if name not in self.parameters and name not in _PSEUDO)
        return Text(_VARIABLE.sub(lambda match: str(self._variable(match[1])), text), resources)

    def _variable(self, name: str) -> Any:
        resource, _, attribute = name.partition(".")
        return Reference(resource, attribute) if attribute else self._ref(name)


class Text(str):
    """A text made by `Fn::Sub`; `resources` are those whose values are in it."""

    resources: tuple[str, ...]

    def __new__(cls, value: str, resources: tuple[str, ...]) -> "Text":
        text = super().__new__(cls, value)
        text.resources = resources
        return text


def referenced(value: Any) -> Iterator[str]:
    """Yield the names of the resources that a resolved value refers to."""
    if isinstance(value, Reference):
        yield value.resource
    elif isinstance(value, Text):
        yield from value.resources
    elif isinstance(value, dict):
        for item in value.values():
            yield from referenced(item)
    elif isinstance(value, list):
        for item in value:
            yield from referenced(item)


def statements(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the statements of a policy document with `Action` and `Resource` as lists."""
    for statement in document["Statement"]:
        listed = {
            key: value if isinstance(value, list) else [value]
            for key, value in statement.items()
            if key in ("Action", "Resource")
        }
        yield statement | listed
