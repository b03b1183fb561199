"""What answers over HTTP lets in whom IAM lets in, and waits no longer than API Gateway does."""

import json
from typing import Any

from tests.harness.template import Reference, Resource, Stack

OPEN = {"/hooks/{registry}/{token}"}  # paths that believe by other means than IAM


def routes(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the operations of the HTTP API by path and method."""
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api")
    return {
        f"{method} {path}": operation
        for path, operations in api.properties["Body"]["paths"].items()
        for method, operation in operations.items()
    }


def target(stack: Stack, operation: dict[str, Any]) -> Resource:
    """Return the function that answers an operation."""
    (name,) = operation["x-amazon-apigateway-integration"]["uri"].resources
    return stack.resources[name]


def test_every_route_but_the_open_ones_needs_iam(stack: Stack) -> None:
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api")
    schemes = api.properties["Body"]["components"]["securitySchemes"]
    assert schemes["AWS_IAM"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    for name, operation in routes(stack).items():
        if name.partition(" ")[2] not in OPEN:
            assert operation["security"] == [{"AWS_IAM": []}], name


def test_the_api_is_api_s(stack: Stack) -> None:
    operation = routes(stack)["x-amazon-apigateway-any-method /v1/{proxy+}"]

    assert target(stack, operation).name == "ApiFunction"
    assert operation["x-amazon-apigateway-integration"]["payloadFormatVersion"] == "2.0"


def test_hooks_are_open_when_there_is_somebody_to_believe_and_otherwise_not_there(stack: Stack) -> None:
    path = "/hooks/{registry}/{token}"
    names = [f"{method} {path}" for method in ("post", "options")] if stack.parameters["RegistriesSecret"] else []
    assert [name for name in routes(stack) if name.endswith(path)] == names
    for name in names:
        assert target(stack, routes(stack)[name]).name == "IntakeFunction"
        assert routes(stack)[name]["security"] == [{"NONE": []}]
    if names:
        permissions = [
            permission.properties["SourceArn"]
            for permission in stack.of_type("AWS::Lambda::Permission")
            if permission.properties["FunctionName"].resource == "IntakeFunction"
        ]
        assert len(permissions) == len(names), "nobody but the API invokes it"
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage")
    limits = stage.properties.get("RouteSettings", {})
    assert list(limits) == [f"{method.upper()} {path}" for method, _, path in (name.partition(" ") for name in names)]


def test_who_answers_answers_in_time(stack: Stack) -> None:
    for operation in routes(stack).values():
        assert target(stack, operation).properties["Timeout"] < 30


def test_requests_are_bounded_and_leave_a_line_without_their_path(stack: Stack) -> None:
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage")
    line = stage.properties["AccessLogSettings"]["Format"]

    assert stage.properties["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 100
    assert "$context.path" not in line
    assert set(json.loads(line)) >= {"requestId", "route", "status", "caller"}
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api")
    assert stage.properties["ApiId"] == Reference(api.name)
