"""Every object driver, bare and wrapped as `open_store` does it, against real services."""

import pytest

from cargohold.objects.check import CHECKS, check
from cargohold.objects.wrappers.compressed import CompressedStore
from cargohold.objects.wrappers.counted import CountedStore
from cargohold.objects.wrappers.retried import RetriedStore


@pytest.mark.parametrize("function", CHECKS, ids=lambda function: function.__name__)
def test_driver(driver, function):
    function(driver, "conformance")


@pytest.mark.parametrize("function", CHECKS, ids=lambda function: function.__name__)
def test_driver_as_it_is_opened(driver, function):
    function(CompressedStore(RetriedStore(CountedStore(driver))), "conformance")


def test_the_suite_leaves_nothing(driver):
    results = list(check(driver))
    assert [result.error for result in results] == [""] * len(CHECKS)
    assert list(driver.list()) == []
