"""Parameters combine into stacks that work, or are refused."""

import json
from typing import Any

import pytest
import yaml
from tests.harness.sam import ROOT
from tests.harness.template import Stack, referenced, statements
from tests.template.conftest import ELSEWHERE, NETWORK, SWIFT

from cargohold.objects.drivers.s3 import S3Store
from cargohold.objects.open import open_driver

NAMES = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::Events::EventBus": "Name",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
}
NAMED = {"BucketName", "QueueName", "RoleName", "ManagedPolicyName", "TopicName", "AlarmName", "DBClusterIdentifier"}


def test_nothing_refers_to_what_is_not_there(stack: Stack) -> None:
    for resource in stack.resources.values():
        assert set(referenced(resource.properties)) <= set(stack.resources), resource.name
        assert resource.needs <= set(stack.resources), resource.name


def test_the_dashboard_is_json_and_shows_every_queue(stack: Stack) -> None:
    (dashboard,) = stack.of_type("AWS::CloudWatch::Dashboard")
    body = json.loads(dashboard.properties["DashboardBody"])
    queues = {queue.name for queue in stack.of_type("AWS::SQS::Queue")}

    assert len(body["widgets"]) == 9
    assert queues <= set(referenced(dashboard.properties))


def test_two_stacks_fit_into_one_account(stack: Stack) -> None:
    for resource in stack.resources.values():
        if resource.type in NAMES:
            assert "some-stack" in resource.properties[NAMES[resource.type]]
        if resource.type != "AWS::RDS::DBInstance":
            assert not NAMED & set(resource.properties), resource.name


@pytest.mark.trap("B14")
def test_analyze_is_in_the_network_for_its_cache_only(stack: Stack) -> None:
    inside = "VpcConfig" in stack.resources["AnalyzeFunction"].properties

    assert inside == (stack.parameters["LayerCache"] == "enabled")


@pytest.mark.trap("B14")
def test_functions_in_the_network_have_the_way_out_that_was_asked_for(stack: Stack) -> None:
    inside = [f for f in stack.of_type("AWS::Lambda::Function") if "VpcConfig" in f.properties]
    ways = {
        "ipv6": bool(stack.of_type("AWS::EC2::EgressOnlyInternetGateway")),
        "nat": bool(stack.of_type("AWS::EC2::NatGateway")),
        "endpoints": "SqsEndpoint" in stack.resources,
    }
    asked = [] if stack.parameters["Egress"] == "existing" else [stack.parameters["Egress"]]
    assert [way for way, there in ways.items() if there] == (asked if inside else [])
    for function in stack.of_type("AWS::Lambda::Function"):
        ipv6 = function in inside and stack.parameters["Egress"] == "ipv6"
        assert function.properties["Environment"]["Variables"]["AWS_USE_DUALSTACK_ENDPOINT"] == str(ipv6).lower()
        if function in inside:
            assert function.properties["VpcConfig"]["Ipv6AllowedForDualStack"] is ipv6


def test_endpoints_are_those_of_the_services_that_are_called_from_inside(stack: Stack) -> None:
    services = {
        endpoint.properties["ServiceName"].removeprefix("com.amazonaws.eu-central-1.")
        for endpoint in stack.of_type("AWS::EC2::VPCEndpoint")
    }
    expected: set[str] = set()
    if stack.of_type("AWS::EC2::VPC"):
        expected.add("s3")
        if stack.parameters["Egress"] == "endpoints":
            # Reconcile lists ECR and reads the registries document, wherever analyze is.
            expected |= {"sqs", "events", "ecr.api"}
            expected |= {"ecr.dkr"} if stack.parameters["LayerCache"] == "enabled" else set()
            expected |= {"secretsmanager"} if stack.parameters["RegistriesSecret"] else set()
    assert services == expected


def test_no_network_is_made_for_nobody(stack: Stack) -> None:
    inside = any("VpcConfig" in function.properties for function in stack.of_type("AWS::Lambda::Function"))

    assert bool(stack.of_type("AWS::EC2::VPC")) == (inside and stack.parameters["Egress"] != "existing")


def test_in_an_existing_network_everything_is_in_it_and_nothing_of_it_is_changed(transformed: dict[str, Any]) -> None:
    stack = Stack(transformed, NETWORK)
    subnets = [NETWORK["ExistingSubnetA"], NETWORK["ExistingSubnetB"]]

    for function in stack.of_type("AWS::Lambda::Function"):
        assert function.properties["VpcConfig"]["SubnetIds"] == subnets
    assert [target.properties["SubnetId"] for target in stack.of_type("AWS::EFS::MountTarget")] == subnets
    assert stack.resources["DatabaseSubnets"].properties["SubnetIds"] == subnets
    groups = stack.of_type("AWS::EC2::SecurityGroup")
    assert {group.properties["VpcId"] for group in groups} == {NETWORK["ExistingVpc"]}
    kinds = {
        kind.rpartition("::")[2] for kind in (resource.type for resource in stack.resources.values()) if "EC2" in kind
    }
    assert kinds == {"SecurityGroup"}


def test_these_shapes_are_accepted(stack: Stack) -> None:
    assert stack.refusals() == []


@pytest.mark.trap("B14")
def test_objects_in_a_database_that_analyze_cannot_reach_are_refused(transformed: dict[str, Any]) -> None:
    (refusal,) = Stack(transformed, {"ObjectStore": "postgres:", "LayerCache": "disabled"}).refusals()

    assert "LayerCache" in refusal


@pytest.mark.parametrize(
    ("parameters", "missing"),
    [
        ({"ObjectStore": "swift://documents"}, "SwiftSecret"),
        ({"FormerObjectStore": "swift://documents"}, "SwiftSecret"),
        ({"ObjectStore": "swift://documents", "SwiftSecret": SWIFT, "Egress": "endpoints"}, "Egress"),
        ({"FormerObjectStore": "postgres:", "LayerCache": "disabled"}, "LayerCache"),
        ({"ArchiveStore": "swift://bundles"}, "SwiftSecret"),
        ({"FormerArchiveStore": "swift://bundles", "SwiftSecret": SWIFT, "Egress": "endpoints"}, "Egress"),
        ({"ExistingArchiveRegion": "us-west-2"}, "Name it"),
        ({**ELSEWHERE, "Egress": "endpoints"}, "Egress"),
        ({**ELSEWHERE, "ArchiveStore": "swift://b", "SwiftSecret": SWIFT}, "ArchiveStore s3"),
        (NETWORK | {"ExistingSubnetB": ""}, "ExistingSubnetB must be set"),
        (NETWORK | {"ExistingSubnetB": NETWORK["ExistingSubnetA"]}, "two subnets"),
        (NETWORK | {"Egress": "nat"}, "Egress existing"),
    ],
)
def test_what_functions_cannot_reach_is_refused(
    transformed: dict[str, Any], parameters: dict[str, Any], missing: str
) -> None:
    (refusal,) = Stack(transformed, parameters).refusals()

    assert missing in refusal


@pytest.mark.parametrize(
    ("parameters", "urls"),
    [
        ({}, ("s3://", "")),
        ({"ObjectStore": "postgres:", "FormerObjectStore": "s3"}, ("postgres:", "s3://")),
        (
            {"FormerObjectStore": "swift://d/p", "SwiftSecret": SWIFT},
            ("s3://", f"swift://d/p?credentials=secretsmanager:{SWIFT}"),
        ),
    ],
)
def test_where_documents_are_and_were(
    transformed: dict[str, Any], parameters: dict[str, Any], urls: tuple[str, str]
) -> None:
    stack = Stack(transformed, parameters)
    for name in ("AnalyzeFunction", "PersistFunction", "ArchiveFunction", "ApiFunction"):
        variables = stack.resources[name].properties["Environment"]["Variables"]
        found = (str(variables["OBJECT_STORE"]), str(variables["OBJECT_STORE_FORMER"]))
        assert all(value.startswith(url) and bool(value) == bool(url) for value, url in zip(found, urls, strict=True))


@pytest.mark.parametrize(
    ("parameters", "urls"),
    [
        ({}, ("s3://<ArchiveBucket.Ref>", "")),
        (
            {"ArchiveStore": "swift://b/p", "FormerArchiveStore": "s3", "SwiftSecret": SWIFT},
            (f"swift://b/p?credentials=secretsmanager:{SWIFT}", "s3://<ArchiveBucket.Ref>"),
        ),
        ({"ExistingArchiveBucket": "b"}, ("s3://b?region=&endpoint=", "")),
        (
            {**ELSEWHERE, "FormerArchiveStore": "s3"},
            (
                f"s3://bundles?region=us-west-2&endpoint={ELSEWHERE['ExistingArchiveEndpoint']}",
                "s3://<ArchiveBucket.Ref>",
            ),
        ),
        (
            {"FormerArchiveStore": "swift://b", "SwiftSecret": SWIFT},
            ("s3://<ArchiveBucket.Ref>", f"swift://b?credentials=secretsmanager:{SWIFT}"),
        ),
    ],
)
def test_where_bundles_are_and_were(
    transformed: dict[str, Any], parameters: dict[str, Any], urls: tuple[str, str]
) -> None:
    stack = Stack(transformed, parameters)
    variables = stack.resources["ArchiveFunction"].properties["Environment"]["Variables"]

    assert (variables["ARCHIVE_STORE"], variables["ARCHIVE_STORE_FORMER"]) == urls
    actions = {
        action
        for right in statements(stack.resources["ArchiveRole"].properties["Policies"][0]["PolicyDocument"])
        if any("ArchiveBucket" in str(resource) for resource in right["Resource"])
        for action in right["Action"]
    }
    assert ("s3:PutObject" in actions) == any("ArchiveBucket" in url for url in urls)


@pytest.mark.parametrize("role", ["ArchiveRole", "ApiRole"])
def test_rights_on_an_existing_bucket_are_on_that_one_and_its_key(transformed: dict[str, Any], role: str) -> None:
    def rights(parameters: dict[str, Any]) -> dict[str, dict[str, Any]]:
        document = Stack(transformed, parameters).resources[role].properties["Policies"][0]["PolicyDocument"]
        return {right["Sid"]: right for right in statements(document)}

    own, there = rights({}), rights(ELSEWHERE)
    assert not [sid for sid in own if sid.startswith("Existing")]
    assert not {"Archive", "Bundles", "Uploads"} & there.keys()
    bucket = "arn:aws:s3:::bundles"
    expected = {"Archive": [bucket], "Bundles": [f"{bucket}/*"], "Uploads": [f"{bucket}/uploads/*"]}
    for sid, resources in expected.items():
        assert (sid in own) == (f"Existing{sid}" in there)
        if sid in own:
            assert there[f"Existing{sid}"]["Action"] == own[sid]["Action"]
            assert there[f"Existing{sid}"]["Resource"] == resources
    assert there["ExistingKey"]["Resource"] == [ELSEWHERE["ExistingArchiveKey"]]
    assert "ExistingKey" not in rights({"ExistingArchiveBucket": "b"})


def test_the_url_of_an_existing_bucket_opens(transformed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for parameters, region in (({"ExistingArchiveBucket": "bundles"}, "eu-central-1"), (ELSEWHERE, "us-west-2")):
        variables = Stack(transformed, parameters).resources["ArchiveFunction"].properties["Environment"]["Variables"]
        store = open_driver(str(variables["ARCHIVE_STORE"]))
        assert isinstance(store, S3Store)
        assert store.name == "s3://bundles"
        assert store._client.meta.region_name == region
        assert ("vpce" in store._client.meta.endpoint_url) == ("ExistingArchiveEndpoint" in parameters)


def test_defaults_cost_next_to_nothing_when_idle(default_stack: Stack) -> None:
    billed_by_the_hour = {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::RDS::DBProxy"}
    for resource in default_stack.resources.values():
        assert resource.type not in billed_by_the_hour
        assert resource.properties.get("VpcEndpointType") != "Interface"
    scaling = default_stack.resources["DatabaseCluster"].properties["ServerlessV2ScalingConfiguration"]
    assert scaling["MinCapacity"] == 0
    assert default_stack.parameters["Architecture"] == "arm64"


def test_every_parameter_is_explained_and_used() -> None:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    template = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a safe loader that knows CloudFormation's tags
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in interface for name in group["Parameters"]]
    manual = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

    assert sorted(grouped) == sorted(template["Parameters"])
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"]
        assert f"`{name}`" in manual
        assert text.count(name) >= 3


def test_the_template_has_no_yaml_aliases_which_cloudformation_refuses() -> None:
    events = yaml.parse((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=yaml.SafeLoader)

    assert not [event for event in events if isinstance(event, yaml.AliasEvent)]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their operands."""


def _operand(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _operand)
