"""A stack of the template on moto, with what its functions meet: images, notifications, failures, the archive."""

import hashlib
import io
import json
import re
import shutil
import tarfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest

from cargohold.objects.open import open_store
from tests.harness import aws_calls
from tests.harness.aws_calls import Call
from tests.harness.sam import ROOT
from tests.harness.template import Stack

REGION, ACCOUNT = "eu-central-1", "123456789012"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"

_REFERENCE = re.compile(r"<(\w+)\.(\w+)>")


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def layer(**files: bytes) -> bytes:
    """Return a tar of files by their names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@dataclass
class AwsWorld:
    """`transformed` is the template, `moto` and `registry` where those are, `url` the database's."""

    transformed: dict[str, Any]
    moto: str
    registry: str
    url: str
    directory: Path
    calls: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))

    @cached_property
    def stack(self) -> Stack:
        """The stack with all its functions; its resources are made in moto by the way."""
        for bucket in ("objectsbucket", "archivebucket"):
            location = {"LocationConstraint": REGION}
            self.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
        for queue in ("Analyze", "Persist", "Archive", "Reconcile"):
            self.client("sqs").create_queue(QueueName=f"{queue}Queue")
        self.client("events").create_event_bus(Name="EventBus")
        local = {"name": "example", "host": self.registry, "insecure_http": True, "allow_private": True}
        hook = {"token": "0123456789abcdef0123456789abcdef", "authorization": "Bearer notification-secret"}
        document = json.dumps({"registries": [local | {"hook": hook}]})
        secret = self.client("secretsmanager").create_secret(Name="registries", SecretString=document)["ARN"]
        return Stack(self.transformed, {"RegistriesSecret": secret})

    @property
    def _credentials(self) -> dict[str, str]:
        regions = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        return regions | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.moto,
        }

    def client(self, service: str) -> Any:
        """Return a client of moto's, whose calls are nobody's."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.Session(region_name=REGION, **keys).client(service, endpoint_url=self.moto)

    def physical(self, value: Any) -> str:
        """Return a value of the template with what moto has in the place of references."""
        return _REFERENCE.sub(self._referenced, str(value))

    def _referenced(self, match: re.Match[str]) -> str:
        name, attribute = match.groups()
        resource = self.stack.resources[name]
        match resource.type, attribute:
            case "AWS::S3::Bucket", "Ref":
                return name.lower()
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{name.lower()}"
            case "AWS::SQS::Queue", "Ref":
                return f"{self.moto}/{ACCOUNT}/{name}"
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
            case "AWS::Events::EventBus", "Ref":
                return name
            case "AWS::Events::EventBus", "Arn":
                return f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"
            case _:
                return match[0]

    def invoke(
        self, function: str, *events: Any, lives_for: float = 900, environment: Mapping[str, str] | None = None
    ) -> list[Any]:
        """Invoke a function in an environment of its own; its calls are added to its role's."""
        properties = self.stack.resources[function].properties
        given = {name: self.physical(value) for name, value in properties["Environment"]["Variables"].items()}
        here = self._credentials | {
            "AWS_USE_DUALSTACK_ENDPOINT": "false",
            "DATABASE_AUTH": "password",
            "DATABASE_URL": self.url if given.get("DATABASE_URL") else "",
            "CACHE_ROOT": str(self.directory / "cache"),
            "SCRATCH_ROOT": str(self.directory / "scratch"),
        }
        (self.directory / "cache").mkdir(exist_ok=True)
        whole = given | here | dict(environment or {})
        invoked = aws_calls.invoke(properties["Handler"], whole, *events, lives_for=lives_for)
        self.calls[properties["Role"].resource] += invoked.calls
        return invoked.answers

    def deliver(self, function: str, *messages: Any, **how: Any) -> None:
        """Give messages to a function one by one, as Lambda does; `how` as in `invoke`."""
        self.invoke(function, *({"Records": [_record(message)]} for message in messages), **how)

    def take(self, queue: str) -> list[dict[str, Any]]:
        """Return the messages that wait in a queue, and remove them."""
        found, sqs, url = [], self.client("sqs"), f"{self.moto}/{ACCOUNT}/{queue}Queue"
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> dict[str, Any]:
        """Ask the API, and return its answer. The body is JSON, or bytes of another `kind`."""
        event = json.loads((ROOT / "events" / "api-images.json").read_text())
        event |= {"rawPath": path, "rawQueryString": "", "queryStringParameters": {}, "body": ""}
        event |= {"body": body.decode() if isinstance(body, bytes) else json.dumps(body)}
        event["requestContext"]["http"] |= {"method": method, "path": path}
        event["headers"] |= {"content-type": kind}
        (answer,) = self.invoke("ApiFunction", event)
        assert answer["statusCode"] < 300, answer
        return dict(answer)

    def push(self, name: str, blob: bytes, *, claimed: bytes | None = None) -> str:
        """Put an image of one layer into the registry and return its digest.

        With `claimed` the config promises the diff ID of that, which the layer then has not.
        """
        repository, _, tag = name.partition(":")
        rootfs = {"type": "layers", "diff_ids": [digest_of(claimed or blob)]}
        config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._blob(repository, config, "application/vnd.oci.image.config.v1+json"),
            "layers": [self._blob(repository, blob, LAYER)],
        }
        return self._manifest(repository, tag, manifest)

    def push_index(self, name: str, *images: str) -> str:
        """Put an index of images of the repository into the registry and return its digest."""
        repository, _, tag = name.partition(":")
        entries = []
        for number, digest in enumerate(images):
            size = len(self._ask_registry("GET", f"/v2/{repository}/manifests/{digest}"))
            platform = {"os": "linux", "architecture": ("amd64", "arm64")[number]}
            entries.append({"mediaType": MANIFEST, "digest": digest, "size": size, "platform": platform})
        return self._manifest(repository, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})

    def _blob(self, repository: str, content: bytes, kind: str) -> dict[str, Any]:
        digest = digest_of(content)
        connection = HTTPConnection(self.registry, timeout=20)
        connection.request("POST", f"/v2/{repository}/blobs/uploads/")
        answer = connection.getresponse()
        answer.read()
        place = (answer.getheader("Location") or "").removeprefix(f"http://{self.registry}")
        connection.request("PUT", f"{place}&digest={digest}", content, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        connection.close()
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def _manifest(self, repository: str, tag: str, manifest: dict[str, Any]) -> str:
        content = json.dumps(manifest).encode()
        self._ask_registry("PUT", f"/v2/{repository}/manifests/{tag}", content, manifest["mediaType"])
        return digest_of(content)

    def _ask_registry(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        connection = HTTPConnection(self.registry, timeout=20)
        connection.request(method, path, body, {"Content-Type": kind} if kind else {"Accept": f"{MANIFEST}, {INDEX}"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 300, content
        return content

    def request(self, tag: str, *, registry: str = "", force: bool = False) -> dict[str, Any]:
        """Return a request to analyze a tag of the registry, or of another one."""
        reference = {"registry": registry or self.registry, "repository": "shop/checkout", "tag": tag}
        return {"kind": "AnalyzeRequest", "reference": reference, "force": force}

    def transition(self, image: str, transition: str) -> dict[str, Any]:
        """Return a request to move an image."""
        named = {"image": image, "transition": transition, "request_id": str(uuid4()), "requested_by": "someone"}
        return {"kind": "TransitionRequest"} | named

    def forget_cache(self) -> None:
        """Remove what is kept on EFS."""
        shutil.rmtree(self.directory / "cache")

    def leave_behind(self, image: str, *, claimed: bool = False) -> None:
        """Put a document that is two months old and that no row knows, with a claim on it; and half an upload."""
        analysis_id = _old_identifier()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(boto3, "DEFAULT_SESSION", None)
            for name, value in self._credentials.items():
                patch.setenv(name, value)
            store = open_store("s3://objectsbucket")
            store.put(f"analyses/{image}/{analysis_id}/analysis", [b"{}"])
            claim = {"analysis_id": str(analysis_id) if claimed else "", "deadline": later(-60)}
            store.put(f"claims/{image}/1/000007", [json.dumps(claim).encode()])
        self.client("s3").create_multipart_upload(Bucket="objectsbucket", Key=f"analyses/{image}/half")

    def put_into_ecr(self, name: str) -> None:
        """Put an index into ECR."""
        repository, _, tag = name.partition(":")
        ecr = self.client("ecr")
        ecr.create_repository(repositoryName=repository)
        entry = {"mediaType": MANIFEST, "digest": digest_of(b"child"), "size": 5}
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
        ecr.put_image(repositoryName=repository, imageManifest=index, imageManifestMediaType=INDEX, imageTag=tag)

    def objects(self, prefix: str, bucket: str = "objectsbucket") -> list[str]:
        """Return the keys under a prefix."""
        listed = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]


def _record(message: Any) -> dict[str, Any]:
    return {
        "messageId": str(uuid4()),
        "receiptHandle": "receipt",
        "body": json.dumps(message),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
    }


def _old_identifier() -> UUID:
    """Return a UUID of version 7 that was made two months ago."""
    at = int((datetime.now(UTC) - timedelta(days=60)).timestamp() * 1000)
    return UUID(int=at << 80 | 7 << 76 | 2 << 62 | uuid4().int & (1 << 62) - 1)


def event(name: str) -> dict[str, Any]:
    """Return a sample of `events/`."""
    found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return found


def later(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
