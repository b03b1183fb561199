"""The archive in S3: cold classes are asked for and waited for, and locked buckets keep every version."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.harness.analyses import digest
from tests.harness.moto import moto_server
from tests.harness.rows import execute, one
from tests.harness.sam import ROOT
from tests.harness.transitions import RUN, World

from archive.audit import audit
from archive.resume import resume
from cargohold.contracts import ScheduledRun
from cargohold.database.connection import Database
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.open import open_store

REGION = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def s3(aws: str) -> Any:
    return boto3.client("s3", endpoint_url=aws, region_name="eu-west-1")


def in_bucket(s3: Any, aws: str, name: str, database: Database, url: str, **options: Any) -> World:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=REGION, **options)
    store = open_store(f"s3://{name}/kept?endpoint={aws}&region=eu-west-1")
    return World(database, url, MemoryStore(), store)


@pytest.fixture
def cold(s3: Any, aws: str, database: Database, database_url: str) -> Iterator[World]:
    world = in_bucket(s3, aws, "cold-bundles", database, database_url)
    yield world
    world.close()
    for key in world.keys(world.archive):
        world.archive.delete(key)
    s3.delete_bucket(Bucket="cold-bundles")


def freeze(s3: Any, storage_class: str) -> str:
    """Move the bundle to a class, as the lifecycle rule does, and return its key."""
    (entry,) = s3.list_objects_v2(Bucket="cold-bundles")["Contents"]
    key: str = entry["Key"]
    s3.copy_object(
        Bucket="cold-bundles",
        Key=key,
        CopySource={"Bucket": "cold-bundles", "Key": key},
        StorageClass=storage_class,
        MetadataDirective="COPY",
    )
    return key


def continued(key: str) -> ScheduledRun:
    return ScheduledRun(job="archive-continue", cursor=key)


@pytest.mark.trap("B16")
@pytest.mark.parametrize(("storage_class", "by"), [("GLACIER", "event"), ("DEEP_ARCHIVE", "schedule")])
def test_a_cold_bundle_is_asked_for_waited_for_and_restored(cold: World, s3: Any, storage_class: str, by: str) -> None:
    ready = cold.push()
    cold.do(Transition.ARCHIVE)
    key = freeze(s3, storage_class)
    head = s3.head_object(Bucket="cold-bundles", Key=key)
    assert head["StorageClass"] == storage_class
    assert "Restore" not in head

    request = cold.request(Transition.RESTORE)
    outcome = cold.deliver(request)
    assert not outcome.finished
    assert cold.status() == (None, "restoring")
    assert "Restore" in s3.head_object(Bucket="cold-bundles", Key=key)
    if by == "schedule":
        execute(cold.database, "UPDATE archived_image SET status_changed_at = now() - interval '5 hours'")
        assert resume(cold.database, cold.messenger, RUN) == 1
    else:  # what the rule in the template makes of S3's event
        event = json.loads((ROOT / "events" / "s3-restore-completed.json").read_text(encoding="utf-8"))
        assert resume(cold.database, cold.messenger, continued(event["detail"]["object"]["key"])) == 0, "another's"
        assert resume(cold.database, cold.messenger, continued(key)) == 1
    cold.settle()
    assert cold.status() == ("active", "archived")
    assert cold.in_primary(ready)


def test_a_restore_that_waits_can_be_cancelled(cold: World, s3: Any) -> None:
    cold.push()
    cold.do(Transition.ARCHIVE)
    freeze(s3, "GLACIER")
    cold.deliver(cold.request(Transition.RESTORE))
    cold.do(Transition.CANCEL)
    assert cold.status() == (None, "archived")


def test_an_instant_class_is_read_as_it_is(cold: World, s3: Any) -> None:
    ready = cold.push()
    cold.do(Transition.ARCHIVE)
    freeze(s3, "GLACIER_IR")
    cold.do(Transition.RESTORE)
    assert cold.in_primary(ready)


def test_an_audit_looks_at_cold_bundles_and_asks_for_nothing(cold: World, s3: Any) -> None:
    cold.push()
    cold.do(Transition.ARCHIVE)
    key = freeze(s3, "DEEP_ARCHIVE")
    report = audit(cold.services(), ScheduledRun(job="archive-audit", execution_id="x"))
    assert (report.cold, report.damaged, report.finished) == (1, 0, True)
    assert "Restore" not in s3.head_object(Bucket="cold-bundles", Key=key)


def test_a_locked_bucket_keeps_every_version_and_stops_nothing(
    s3: Any, aws: str, database: Database, database_url: str
) -> None:
    """Whoever takes over the function can delete nothing for good: what it deletes gets a marker."""
    world = in_bucket(s3, aws, "locked-bundles", database, database_url, ObjectLockEnabledForBucket=True)
    s3.put_object_lock_configuration(
        Bucket="locked-bundles",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    image = digest("locked")
    world.push(image=image)
    world.do(Transition.ARCHIVE, image=image)
    world.push(400, image=image, reason="manual")
    world.do(Transition.ARCHIVE, image=image)  # the older bundle is deleted
    assert one(world.database, "SELECT stale_bundles FROM archived_image") == []
    assert len(world.keys(world.archive)) == 1
    world.do(Transition.DELETE_ARCHIVE, image=image)
    assert not world.keys(world.archive)
    versions = s3.list_object_versions(Bucket="locked-bundles")
    assert len(versions["Versions"]) == 2
    assert len(versions["DeleteMarkers"]) == 2
    for version in versions["Versions"]:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket="locked-bundles", Key=version["Key"], VersionId=version["VersionId"])
    world.close()


def test_bundles_live_at_another_endpoint_and_in_another_region(
    s3: Any, aws: str, database: Database, database_url: str
) -> None:
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration=REGION)
    with moto_server() as elsewhere:
        there = boto3.client("s3", endpoint_url=elsewhere, region_name="ap-southeast-2")
        there.create_bucket(Bucket="bundles", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
        primary = open_store(f"s3://documents?endpoint={aws}&region=eu-west-1")
        archive = open_store(f"s3://bundles/of/us?endpoint={elsewhere}&region=ap-southeast-2&storage_class=GLACIER_IR")
        world = World(database, database_url, primary, archive)
        ready = world.push()
        world.do(Transition.ARCHIVE)
        assert not world.in_primary(ready)
        (bundle,) = there.list_objects_v2(Bucket="bundles")["Contents"]
        assert bundle["Key"].startswith("of/us/bundles/")
        assert bundle["StorageClass"] == "GLACIER_IR"
        assert "bundles" not in {one["Name"] for one in s3.list_buckets()["Buckets"]}
        world.do(Transition.RESTORE)
        assert world.in_primary(ready)
        world.close()
