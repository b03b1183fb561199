"""The generated pages agree with the code."""

import json
import re
from pathlib import Path

import pytest
from docs import api_page, notifications_page, reference
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from api import openapi

DOCS = Path(reference.__file__).parent


def test_error_codes_are_unique() -> None:
    codes = [kind.code for kind in reference.classes()]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("kind", reference.classes(), ids=lambda kind: kind.code)
def test_every_message_can_be_filled_in(kind) -> None:
    fields = set(re.findall(r"{(\w+)}", kind.__doc__))
    assert kind(**dict.fromkeys(fields, "x")).message


def test_error_page_is_current() -> None:
    assert (DOCS / "errors.md").read_text() == reference.error_page(), "run `make docs`"


def test_schema_of_registries_is_current() -> None:
    assert (DOCS / "registries.schema.json").read_text() == reference.registries_schema(), "run `make docs`"


def test_command_page_is_current() -> None:
    assert (DOCS / "cli.md").read_text() == reference.command_page(), "run `make docs`"


def test_the_description_of_the_api_is_current() -> None:
    assert (DOCS / "openapi.json").read_text() == openapi.text(), "run `make docs`"


def test_api_page_is_current() -> None:
    assert (DOCS / "api.md").read_text() == api_page.page(openapi.document()), "run `make docs`"


def test_notifications_and_their_schemas_are_current() -> None:
    assert (DOCS / "notifications.md").read_text() == notifications_page.page(), "run `make docs`"
    published = {path.name: path.read_text() for path in (DOCS / "notifications").iterdir()}
    assert published == notifications_page.schemas(), "run `make docs`"


@pytest.mark.parametrize("event", notifications_page.EVENTS, ids=lambda event: event.__name__)
def test_the_sample_of_a_notification_is_as_its_schema_says(event) -> None:
    schema = json.loads((DOCS / "notifications" / f"{event.__name__}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    sample = json.loads(notifications_page.sample(event))
    validator.validate(sample)
    for name in schema["required"]:
        with pytest.raises(ValidationError):
            validator.validate({key: value for key, value in sample.items() if key != name})
    with pytest.raises(ValidationError):
        validator.validate(sample | {"kind": "Another"})
