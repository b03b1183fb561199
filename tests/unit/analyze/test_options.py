"""Options come from the settings; what changes results changes their digest, and nothing else does."""

import itertools
import json

import pytest

from analyze.catalogers.secrets.allowed import parse_allowed
from analyze.options import Options, parse_options
from analyze.pipeline import Resources, open_resources
from cargohold.errors import InvalidConfiguration
from cargohold.settings import AnalyzeSettings, load

SEARCH = json.dumps([{"name": "a", "expression": "x+", "paths": ["*"]}])


def options(**environment: str) -> Options:
    return parse_options(load(AnalyzeSettings, {"OBJECT_STORE": "memory:", **environment}))


def test_the_defaults_search_for_secrets_and_have_no_digest() -> None:
    assert options() == Options()
    assert options().digest == ""
    assert [scanner.name for scanner in options().scanners()] == ["secrets"]
    assert options(SECRETS="off").scanners() == ()


def test_every_option_changes_the_digest() -> None:
    different = [
        options(),
        options(SECRETS="off"),
        options(SECRETS_ALLOW="path:/a"),
        options(SECRETS_ALLOW="path:/b"),
        options(SECRETS_ALLOW="rule:private-key"),
        options(SECRETS_ALLOW="value:" + "0" * 16),
        options(RETRIEVE="/a"),
        options(RETRIEVE="/a /b"),
        options(RETRIEVE="/a", RETRIEVE_BYTES="5"),
        options(CONTENT_SEARCH=SEARCH),
        options(CONTENT_SEARCH=SEARCH.replace("x+", "y+")),
        options(CONTENT_SEARCH=SEARCH.replace('"*"', '"*", "a"')),
    ]
    for one, other in itertools.combinations(different, 2):
        assert one.digest != other.digest
    assert options(RETRIEVE="/a\n/b").digest == options(RETRIEVE=" /a  /b ").digest


def test_layers_are_read_again_for_contents_only() -> None:
    def names(**environment: str) -> list[str]:
        return [scanner.name for scanner in options(**environment).scanners()]

    assert names(SECRETS_ALLOW="rule:private-key") == names() == ["secrets"]
    first, second = names(RETRIEVE="/a"), names(RETRIEVE="/b")
    assert first[0] == second[0] == "secrets"
    assert first[1] != second[1]
    assert names(RETRIEVE="/a", SECRETS="off") == first[1:]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRETS", "maybe"),
        ("SECRETS_ALLOW", "rule:no-such-rule"),
        ("SECRETS_ALLOW", "value:xyz"),
        ("SECRETS_ALLOW", "path:"),
        ("SECRETS_ALLOW", "/etc/passwd"),
        ("RETRIEVE_BYTES", "0"),
        ("CONTENT_SEARCH", "{"),
        ("CONTENT_SEARCH", "{}"),
        ("CONTENT_SEARCH", '[{"name": "a b", "expression": "x", "paths": ["*"]}]'),
        ("CONTENT_SEARCH", '[{"name": "a", "expression": "(", "paths": ["*"]}]'),
        ("CONTENT_SEARCH", '[{"name": "a", "expression": "x", "paths": []}]'),
        ("CONTENT_SEARCH", '[{"name": "a", "expression": "x", "paths": ["*"], "other": 1}]'),
        ("CONTENT_SEARCH", "[" + SEARCH[1:-1] + "," + SEARCH[1:-1] + "]"),
    ],
)
def test_what_is_wrong_is_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidConfiguration, match=variable):
        options(**{variable: value})


def test_a_whole_digest_allows_as_its_beginning_does() -> None:
    whole = parse_allowed("value:" + "ab" * 32)
    assert whole == parse_allowed("value:" + "ab" * 8)
    assert whole.covers("any", b"any", "ab" * 8)
    assert not whole.covers("any", b"any", "")


def test_a_claim_is_of_the_options_too() -> None:
    def version(**environment: str) -> str:
        settings = load(AnalyzeSettings, {"OBJECT_STORE": "memory:", **environment})
        resources: Resources = open_resources(settings, None)
        return resources.version

    assert version().isdigit()
    assert version(SECRETS="off").startswith(version() + "-")
    assert version(SECRETS="off") != version(RETRIEVE="/a")
