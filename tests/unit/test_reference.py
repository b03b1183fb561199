"""The generated pages agree with the code."""

import re
from pathlib import Path

import pytest
from docs import api_page, reference

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
