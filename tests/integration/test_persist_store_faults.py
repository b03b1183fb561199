"""What persist does when the object store fails: rows are whole or absent, and the error names store and object."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis
from tests.harness.faulty_http import Fault, Faulty, between
from tests.harness.rows import one, rows

from cargohold.contracts import AnalysisReady, ImageAnalysisFailed, ImageAnalyzed
from cargohold.database.connection import Database
from cargohold.errors import CargoholdError, ObjectCorrupt, StoreForbidden, StoreUnavailable
from cargohold.objects.drivers import s3
from cargohold.objects.open import open_store
from cargohold.objects.wrappers import retried
from persist.messages import Dependencies, handle_message

EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


@dataclass
class Place:
    """Persist with its documents in S3, behind a proxy that can fail."""

    to: Dependencies
    network: Faulty
    bucket: str
    message: AnalysisReady

    @property
    def events(self) -> list[object]:
        assert isinstance(self.to.messenger, RecordingMessenger)
        return list(self.to.messenger.published)


@pytest.fixture
def place(aws: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(s3, "READ_TIMEOUT", 0.5)
    monkeypatch.setattr(retried, "_PAUSE", 0.01)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    bucket = f"persist-{os.urandom(4).hex()}"
    boto3.client("s3", endpoint_url=aws).create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    at = EPOCH + timedelta(minutes=1)
    with between(aws) as network:
        network.expired = (400, EXPIRED)
        store = open_store(f"s3://{bucket}/p?endpoint={network.address}")
        found = [package(f"package-{os.urandom(8).hex()}") for _ in range(500)]
        message = store_analysis(store, digest("image"), analysis_id(at), found, references=(pushed(at),))
        yield Place(Dependencies(database, store, RecordingMessenger()), network, bucket, message)


def nothing_visible(place: Place) -> None:
    for table in ("image", "package", "package_set", "image_package_set", "secret", "reference", "reference_event"):
        assert one(place.to.database, f"SELECT count(*) FROM {table}") == 0, table


def names(error: CargoholdError, place: Place) -> None:
    assert f"s3://{place.bucket}/p" in error.message
    assert f"analyses/{digest('image')}/" in error.message


def goes_on(place: Place) -> None:
    """The store works again: the same message becomes the same rows."""
    place.network.always(Fault.NONE)
    handle_message(place.message, place.to)
    assert len(rows(place.to.database)["packages"]) == 500
    assert isinstance(place.events[-1], ImageAnalyzed)


@pytest.mark.parametrize(
    "fault", [Fault.ERROR, Fault.BUSY, Fault.RESET, Fault.TRUNCATED, Fault.EXPIRED], ids=lambda fault: fault.value
)
def test_what_may_pass_is_left_to_the_queue(place: Place, fault: Fault) -> None:
    place.network.always(fault, "GET")
    with pytest.raises(StoreUnavailable) as caught:
        handle_message(place.message, place.to)
    assert not caught.value.permanent
    names(caught.value, place)
    nothing_visible(place)
    assert place.events == []
    assert one(place.to.database, "SELECT count(*) FROM attempt") == 0, "it has not failed yet"
    goes_on(place)


@pytest.mark.parametrize("fault", [Fault.WRONG, Fault.SHORT], ids=lambda fault: fault.value)
def test_wrong_bytes_are_an_error_and_an_event_and_never_rows(place: Place, fault: Fault) -> None:
    place.network.always(fault, "GET")
    with pytest.raises((ObjectCorrupt, StoreUnavailable)) as caught:
        handle_message(place.message, place.to)
    names(caught.value, place)
    nothing_visible(place)
    if caught.value.permanent:
        (event,) = place.events
        assert isinstance(event, ImageAnalysisFailed)
        assert (event.error_code, event.error_message) == ("object_corrupt", caught.value.message)
        assert one(place.to.database, "SELECT status, final FROM attempt") == ("analysis_failed", True)
    goes_on(place)  # redriven from the DLQ, or pushed again
    assert one(place.to.database, "SELECT status FROM attempt") == "analyzed"


def test_credentials_that_are_refused_are_recorded_for_the_operator(place: Place) -> None:
    place.network.always(Fault.FORBIDDEN, "GET")
    with pytest.raises(StoreForbidden) as caught:
        handle_message(place.message, place.to)
    names(caught.value, place)
    nothing_visible(place)
    assert one(place.to.database, "SELECT error_code FROM attempt") == "store_forbidden"
    goes_on(place)


def test_a_service_that_fails_once_is_not_noticed(place: Place) -> None:
    place.network.times(2, Fault.BUSY, "GET")
    handle_message(place.message, place.to)
    assert len(rows(place.to.database)["packages"]) == 500
