"""Settings come from the environment and name what is wrong."""

import re
from pathlib import Path

import pytest

from cargohold import settings
from cargohold.errors import InvalidConfiguration
from cargohold.settings import AnalyzeSettings, ArchiveSettings, PersistSettings, Settings, load

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_variables_are_read_and_others_ignored() -> None:
    read = load(AnalyzeSettings, {"OBJECT_STORE": "memory:", "CACHE_BYTES": "5", "HOME": "/"})
    assert (read.object_store, read.cache_bytes, read.messaging) == ("memory:", 5, "aws")


@pytest.mark.parametrize(
    ("group", "environment", "named"),
    [
        (AnalyzeSettings, {}, "OBJECT_STORE"),
        (AnalyzeSettings, {"OBJECT_STORE": "memory:", "CACHE_BYTES": "-1"}, "CACHE_BYTES"),
        (PersistSettings, {"OBJECT_STORE": "memory:"}, "DATABASE_URL"),
        (ArchiveSettings, {"OBJECT_STORE": "memory:", "DATABASE_URL": "x"}, "ARCHIVE_STORE"),
    ],
)
def test_the_wrong_variable_is_named(group: type[Settings], environment: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidConfiguration, match=named):
        load(group, environment)


def test_every_variable_is_documented() -> None:
    groups = [kind for kind in vars(settings).values() if isinstance(kind, type) and issubclass(kind, Settings)]
    variables = {field.alias for group in groups for field in group.model_fields.values()}
    documented = set(re.findall(r"^\| `([A-Z_]+)`", DOCUMENTATION.read_text(), re.MULTILINE))
    assert variables <= documented
