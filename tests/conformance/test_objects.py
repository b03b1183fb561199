"""Every object driver, bare and wrapped as `open_store` does it, against real services."""

import pytest

from cargohold.objects.check import CHECKS, check, one_winner
from cargohold.objects.wrappers.compressed import CompressedStore
from cargohold.objects.wrappers.counted import CountedStore
from cargohold.objects.wrappers.retried import RetriedStore


def keeps(driver_url, function):
    """Skip what the store behind an address cannot do, whatever its driver does."""
    if function is one_winner and "endpoint=" in driver_url:
        pytest.skip("Swift's S3 API looks for If-None-Match before a put, not in the same moment")


@pytest.mark.parametrize("function", CHECKS, ids=lambda function: function.__name__)
def test_driver(driver, driver_url, function):
    keeps(driver_url, function)
    function(driver, "conformance")


@pytest.mark.parametrize("function", CHECKS, ids=lambda function: function.__name__)
def test_driver_as_it_is_opened(driver, driver_url, function):
    keeps(driver_url, function)
    function(CompressedStore(RetriedStore(CountedStore(driver))), "conformance")


def test_the_suite_leaves_nothing(driver, driver_url):
    failed = {result.name: result.error for result in check(driver) if result.error}
    if "endpoint=" in driver_url:
        failed.pop("one_winner", None)
    assert failed == {}
    assert list(driver.list()) == []
