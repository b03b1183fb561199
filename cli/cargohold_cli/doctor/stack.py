"""A deployed stack, seen from here with the credentials that AWS's tools find.

What only a function can see is asked of one: the migrate function says how far the database is, and the API,
by a signed request as every client's, whether it answers. Whoever runs this needs to read CloudFormation,
Lambda, SQS, EFS and CloudWatch, to invoke that function and the API, and for the probes to write below
`doctor/` in both buckets; a right that is missing is named and no failure.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any, get_args

import orjson

from cargohold import __version__
from cargohold.database.migrate import SchemaState
from cargohold.errors import EndpointFailed, InvalidConfiguration, StoreForbidden
from cargohold.objects.open import open_store
from cargohold.registry.configuration import load_registries
from cargohold.registry.document import Registries
from cargohold_cli.client import connect
from cargohold_cli.doctor import queues, registries
from cargohold_cli.doctor.finding import Finding, attempt, failed, ok, skipped, warning
from cargohold_cli.doctor.here import MIGRATE, schema_findings
from cargohold_cli.doctor.probes import probe_store

Check = Callable[[], Iterator[Finding]]

_STORE = "look at the bucket's policy and key, and at the rights to them"
_RIGHTS = "run this with the rights that docs/operations.md lists"
_STORES = {"ObjectsBucket": "object store", "ArchiveBucket": "archive store"}


class Stack:
    """The stack `name` in `region` (by default the configured one)."""

    def __init__(self, name: str, region: str | None = None) -> None:
        import boto3

        self._name = name
        self._session = boto3.Session(region_name=region)
        if self._session.region_name is None:
            raise InvalidConfiguration(setting="AWS_REGION", reason="it is needed to find the stack; --region sets it")

    def examine(self) -> Iterator[Finding]:
        """Yield what is found; without the stack nothing else is looked for."""
        described = list(self._guarded("stack", self._stack))
        yield from described
        if "_description" not in vars(self):
            return
        for check, work in (
            ("functions", self._functions),
            ("event sources", self._event_sources),
            ("database", self._database),
            ("API", self._api),
            ("queues", self._queues),
            ("stores", self._buckets),
            ("layer cache", self._cache),
            ("alarms", self._alarms),
            ("registries", self._registries),
        ):
            yield from self._guarded(check, work)

    def _guarded(self, check: str, work: Check) -> Iterator[Finding]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield from work()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if "AccessDenied" in code or code == "UnauthorizedOperation":
                yield warning(
                    check, f"not looked at: {error}", "run this with the rights that docs/operations.md lists"
                )
            else:
                yield failed(check, str(error), "look at the name of the stack, the account and the region")
        except BotoCoreError as error:
            yield failed(check, str(error), "configure AWS credentials and a region")

    def _client(self, service: str) -> Any:
        return self._session.client(service)

    @cached_property
    def _description(self) -> dict[str, Any]:
        found: dict[str, Any] = self._client("cloudformation").describe_stacks(StackName=self._name)["Stacks"][0]
        return found

    @cached_property
    def _parameters(self) -> dict[str, str]:
        return {each["ParameterKey"]: each["ParameterValue"] for each in self._description.get("Parameters", [])}

    @cached_property
    def _resources(self) -> list[dict[str, str]]:
        pages = self._client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self._name)
        return [each for page in pages for each in page["StackResourceSummaries"] if each.get("PhysicalResourceId")]

    def _of_type(self, kind: str) -> dict[str, str]:
        """Return the physical names of resources, by their logical ones."""
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in self._resources
            if each["ResourceType"] == kind
        }

    def _stack(self) -> Iterator[Finding]:
        status = self._description["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
            yield ok("stack", f"{self._name}: {status}")
        elif status == "UPDATE_ROLLBACK_COMPLETE":
            yield warning("stack", f"{self._name}: {status}", "its last update failed: see the stack's events")
        elif status.endswith("_IN_PROGRESS"):
            yield warning("stack", f"{self._name}: {status}", "wait until CloudFormation has finished")
        else:
            yield failed("stack", f"{self._name}: {status}", "see the stack's events for the first failure")

    def _functions(self) -> Iterator[Finding]:
        client = self._client("lambda")
        found = self._of_type("AWS::Lambda::Function")
        for logical, name in found.items():
            configuration = client.get_function_configuration(FunctionName=name)
            state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
            if state in ("Active", "Inactive") and update == "Successful":
                continue  # Inactive: idle for weeks, and woken by the next event
            reason = configuration.get("StateReason") or configuration.get("LastUpdateStatusReason") or ""
            yield failed(f"function {logical}", f"{state}, last update {update} {reason}".rstrip(), "deploy again")
            found = {key: value for key, value in found.items() if key != logical}
        yield ok("functions", f"{len(found)} can be invoked")

    def _event_sources(self) -> Iterator[Finding]:
        client = self._client("lambda")
        stopped = []
        mappings = self._of_type("AWS::Lambda::EventSourceMapping")
        for logical, identifier in mappings.items():
            if client.get_event_source_mapping(UUID=identifier)["State"] in ("Disabled", "Disabling"):
                stopped.append(logical)
                yield failed(
                    f"event source {logical}",
                    "disabled: its queue is not worked on",
                    f"`aws lambda update-event-source-mapping --uuid {identifier} --enabled`",
                )
        yield ok("event sources", f"{len(mappings) - len(stopped)} enabled")

    def _database(self) -> Iterator[Finding]:
        name = self._of_type("AWS::Lambda::Function").get("MigrateFunction")
        if name is None:
            yield skipped("database", "the stack has no migrate function")
            return
        answer = self._client("lambda").invoke(FunctionName=name, Payload=b'{"check": true}')
        payload = orjson.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError") or not isinstance(payload, dict) or "pending" not in payload:
            said = payload.get("errorMessage", "") if isinstance(payload, dict) else str(payload)
            yield failed("database", f"the migrate function says: {said}", f"see its log; {MIGRATE}")
            return
        yield ok("database", "it answers the migrate function")
        yield from schema_findings(SchemaState(payload["pending"], payload["newer"]))

    def _api(self) -> Iterator[Finding]:
        outputs = {each["OutputKey"]: each["OutputValue"] for each in self._description.get("Outputs", [])}
        url = outputs.get("ApiUrl")
        if url is None:
            yield skipped("API", "the stack has no output ApiUrl")
            return
        yield from attempt("API", "see the log of the API function, and HttpApi's", partial(self._ask, url))

    def _ask(self, url: str) -> Iterator[Finding]:
        try:
            version = connect(url).json("/v1/status").get("version")
        except EndpointFailed as error:
            if error.fields.get("reason") != "HTTP status 403":
                raise
            yield warning("API", f"{url}: you may not ask it: {error.message}", _RIGHTS)
            return
        if not isinstance(version, str):
            raise EndpointFailed(endpoint=url, reason="it names no release")
        if version == __version__:
            yield ok("API", f"{url} answers, and so does its database")
        else:
            yield warning(
                "API", f"{url} is of release {version}, this command of {__version__}", "deploy, or update it"
            )

    def _queues(self) -> Iterator[Finding]:
        for logical, url in sorted(self._of_type("AWS::SQS::Queue").items()):
            attributes = self._client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            waiting = int(attributes["ApproximateNumberOfMessages"])
            if logical.endswith("Dlq"):
                yield queues.judge_dead(f"given up in {logical}", attributes["QueueArn"], waiting)
            else:
                at_work = attributes["ApproximateNumberOfMessagesNotVisible"]
                yield ok(f"queue {logical}", f"{waiting} waiting, {at_work} at work")

    def _buckets(self) -> Iterator[Finding]:
        buckets = self._of_type("AWS::S3::Bucket")
        for logical, check in _STORES.items():
            if logical in buckets:
                yield from attempt(check, _STORE, partial(self._bucket, check, buckets[logical]))

    def _bucket(self, check: str, name: str) -> Iterator[Finding]:
        store = open_store(f"s3://{name}?region={self._session.region_name}")
        try:
            yield from probe_store(check, store, f"s3://{name}")
        except StoreForbidden as error:
            yield warning(check, f"you may not try it: {error.message}", _RIGHTS)

    def _cache(self) -> Iterator[Finding]:
        systems = self._of_type("AWS::EFS::FileSystem")
        if not systems:
            yield skipped("layer cache", "LayerCache is disabled")
        for identifier in systems.values():
            targets = self._client("efs").describe_mount_targets(FileSystemId=identifier)["MountTargets"]
            away = [each["MountTargetId"] for each in targets if each["LifeCycleState"] != "available"]
            if not targets or away:
                yield failed(
                    "layer cache",
                    f"{identifier}: {', '.join(away) or 'it has no mount target'}: not available",
                    "analyze fails before its code runs: deploy again, or LayerCache=disabled until it is back",
                )
            else:
                yield ok("layer cache", f"{identifier}: {len(targets)} mount targets")

    def _alarms(self) -> Iterator[Finding]:
        # CloudFormation names what has no name: stack, logical name, random characters.
        ours = re.compile(rf"{re.escape(self._name)}-[A-Za-z0-9]+-[A-Za-z0-9]+")
        pages = self._client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{self._name}-")
        alarms = [each for page in pages for each in page["MetricAlarms"] if ours.fullmatch(each["AlarmName"])]
        raised = [each for each in alarms if each["StateValue"] == "ALARM"]
        for alarm in raised:
            advice = "docs/operations.md says for each alarm what to do"
            yield failed(f"alarm {alarm['AlarmName']}", alarm.get("AlarmDescription", ""), advice)
        if not raised:
            yield ok("alarms", f"none of {len(alarms)} is raised")
        if not self._parameters.get("AlarmTopic"):
            yield warning("alarm topic", "alarms tell nobody", "set AlarmTopic to an SNS topic that somebody reads")

    def _registries(self) -> Iterator[Finding]:
        secret = self._parameters.get("RegistriesSecret", "")
        url = f"secretsmanager:{secret}" if secret else ""
        yield from attempt("registries", "correct the secret that RegistriesSecret names", lambda: self._reach(url))

    def _reach(self, url: str) -> Iterator[Finding]:
        document: Registries = load_registries(url)
        yield from registries.check_answers(document)
        inside = self._parameters.get("LayerCache", "enabled") == "enabled"
        if not inside and self._parameters.get("ExistingDatabaseSecret"):
            return  # nothing runs inside the VPC
        egress = self._parameters.get("Egress", "ipv6")
        for choice in get_args(registries.Egress):
            if choice == egress:
                yield from registries.check_way_out(document, choice)
        if egress == "existing" and document.registries:
            yield skipped(
                "way out", "what a VPC of yours reaches cannot be seen from here; they must be reached by IPv4"
            )
