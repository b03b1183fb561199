"""Functions are set up as their code expects, in every shape of the stack."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.harness.sam import ROOT
from tests.harness.template import Reference, Resource, Stack

from cargohold import settings

GROUPS: dict[str, type[settings.Settings]] = {
    "AnalyzeFunction": settings.AnalyzeSettings,
    "PersistFunction": settings.PersistSettings,
    "PersistScheduleFunction": settings.PersistSettings,
    "ArchiveFunction": settings.ArchiveSettings,
    "ArchiveScheduleFunction": settings.ArchiveScheduleSettings,
    "ApiFunction": settings.ApiSettings,
    "IntakeFunction": settings.IntakeSettings,
    "ReconcileFunction": settings.ReconcileSettings,
    "MigrateFunction": settings.DatabaseSettings,
}
WITH_REGISTRIES = {"IntakeFunction"}  # without a registries document they would have nothing to do


def functions(stack: Stack) -> list[Resource]:
    return stack.of_type("AWS::Lambda::Function")


def variables(function: Resource) -> dict[str, Any]:
    found: dict[str, Any] = function.properties["Environment"]["Variables"]
    return found


def aliases(group: type[settings.Settings]) -> set[str]:
    return {field.alias for field in group.model_fields.values() if field.alias}


def test_every_setting_is_given_and_valid(stack: Stack) -> None:
    expected = set(GROUPS) if stack.parameters["RegistriesSecret"] else set(GROUPS) - WITH_REGISTRIES
    assert {function.name for function in functions(stack)} == expected
    for function in functions(stack):
        given, group = variables(function), GROUPS[function.name]
        assert aliases(group) <= set(given), function.name
        settings.load(group, {name: str(value) for name, value in given.items()})


def test_no_variable_is_given_that_nothing_reads(stack: Stack) -> None:
    known = set().union(*map(aliases, GROUPS.values())) | {"AWS_USE_DUALSTACK_ENDPOINT", "POWERTOOLS_LOG_LEVEL"}
    for function in functions(stack):
        assert set(variables(function)) <= known


def test_every_function_says_what_it_costs_and_leaves_a_trace(stack: Stack) -> None:
    for function in functions(stack):
        properties = function.properties
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == [stack.parameters["Architecture"]]
        assert 128 <= properties["MemorySize"] <= 10240
        assert 3 < properties["Timeout"] <= 900
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert {"Key": "application", "Value": "cargohold"} in properties["Tags"]


def test_logs_expire(stack: Stack) -> None:
    groups = {group.name: group for group in stack.of_type("AWS::Logs::LogGroup")}
    for function in functions(stack):
        group = groups.pop(function.properties["LoggingConfig"]["LogGroup"].resource)
        assert group.properties["LogGroupName"] == f"/aws/lambda/{function.properties['FunctionName']}"
        assert group.properties["RetentionInDays"] > 0
    (requests,) = groups.values()
    assert requests.properties["RetentionInDays"] > 0
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage")
    assert stage.properties["AccessLogSettings"]["DestinationArn"] == Reference(requests.name, "Arn")


def test_a_function_with_a_file_system_is_in_the_network_and_waits_for_every_mount_target(stack: Stack) -> None:
    targets = {target.name for target in stack.of_type("AWS::EFS::MountTarget")}
    mounting = [function for function in functions(stack) if function.properties.get("FileSystemConfigs")]
    assert bool(mounting) == (stack.parameters["LayerCache"] == "enabled")
    for function in mounting:
        needed, frontier = set(), {function.name}
        while frontier:
            needed |= frontier
            frontier = set().union(*(stack.resources[name].needs for name in frontier if name in stack.resources))
            frontier -= needed
        assert targets
        assert targets <= needed
        mounted = [stack.resources[target].properties["SubnetId"] for target in targets]
        assert all(subnet in mounted for subnet in function.properties["VpcConfig"]["SubnetIds"])
        (config,) = function.properties["FileSystemConfigs"]
        assert variables(function)["CACHE_ROOT"] == config["LocalMountPath"]


def test_the_cache_keeps_its_quota_and_no_downloads_unless_asked(transformed: dict[str, Any]) -> None:
    asked = Stack(transformed, {"LayerCacheBytes": 1 << 30, "LayerCacheBlobBytes": 1 << 29})
    for stack, quotas in ((Stack(transformed), (20 << 30, 0)), (asked, (1 << 30, 1 << 29))):
        found = variables(stack.resources["AnalyzeFunction"])
        assert (int(found["CACHE_BYTES"]), int(found["CACHE_BLOB_BYTES"])) == quotas


def test_no_snapshot_start_where_it_cannot_be(stack: Stack) -> None:
    for function in functions(stack):
        ephemeral = function.properties.get("EphemeralStorage", {"Size": 512})["Size"]
        if function.properties.get("FileSystemConfigs") or ephemeral > 512:
            assert "SnapStart" not in function.properties


def test_scratch_fits_the_disk(stack: Stack) -> None:
    analyze = stack.resources["AnalyzeFunction"]
    disk = analyze.properties["EphemeralStorage"]["Size"] << 20
    scratch = int(variables(analyze)["SCRATCH_BYTES"])

    assert variables(analyze)["SCRATCH_ROOT"].startswith("/tmp/")
    assert disk - scratch >= 512 << 20


def test_variables_fit(stack: Stack) -> None:
    for function in functions(stack):
        size = sum(len(name) + len(str(value)) for name, value in variables(function).items())
        assert size < 3 << 10  # of 4 KB that Lambda allows; names that AWS makes are longer than ours here


def test_handlers_exist_and_are_built(transformed: dict[str, Any]) -> None:
    whole = Stack(transformed, {"RegistriesSecret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x"})
    targets = re.findall(r"build-(\w+)", (ROOT / "functions" / "Makefile").read_text(encoding="utf-8"))
    assert sorted(targets) == sorted(function.name for function in functions(whole))
    for function in functions(whole):
        module, _, name = function.properties["Handler"].rpartition(".")
        spec = find_spec(module)
        assert spec is not None, module
        assert spec.origin is not None
        assert f"def {name}(" in Path(spec.origin).read_text(encoding="utf-8")


def test_database_connections_are_capped(stack: Stack) -> None:
    """Aurora allows some 270 connections at 2 GiB (1 ACU); caps leave room for people and the API."""
    caps = [
        mapping.properties["ScalingConfig"]["MaximumConcurrency"]
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping")
        if mapping.properties["FunctionName"].resource != "AnalyzeFunction"
    ]
    assert sum(caps) <= 100
