import pytest
from hypothesis import given
from hypothesis import strategies as st

from cargohold.database.media_types import from_column, to_column
from cargohold.registry.client import MANIFEST_TYPES


@pytest.mark.parametrize("media_type", MANIFEST_TYPES)
def test_a_media_type_comes_back(media_type: str) -> None:
    assert from_column(to_column(media_type)) == media_type


@given(st.text())
def test_what_is_neither_ocis_nor_dockers_stays_as_it_is(media_type: str) -> None:
    assert to_column(media_type) == media_type


def test_rows_of_earlier_versions_have_it_in_full() -> None:
    full = "application/vnd.oci.image.manifest.v1+json"
    assert to_column(full) == "oci"
    assert from_column(full) == full
