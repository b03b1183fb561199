"""The API keeps to its own description, whatever it is asked: what schemathesis makes of it, on real rows."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.harness import api
from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis
from tests.harness.postgres import PostgresServer

from api.queries.paging import make_cursor
from cargohold.model import License, Scope
from cargohold_cli.web import Application
from persist.messages import handle_message

# With values that find something now and then, or nothing behind the first look is ever reached.
DIGESTS = [digest(f"image {number}") for number in range(3)]
KNOWN: dict[str, list[Any]] = {
    "digest": DIGESTS,
    "image": DIGESTS,
    "content_type": ["os", "npm", "packages", "hidden"],
    "document": ["packages", "files"],
    "repository": ["shop/checkout"],
    "tag": ["v1"],
    "name": ["left-pad", "old", DIGESTS[0][7:20], "shop/checkout:v1"],
    "package": ["left-pad"],
    "contains": ["pad"],
    "after": [make_cursor("images", [EPOCH.isoformat(), b"\0" * 32]), make_cursor("packages", ["left-pad", "1", 1])],
}
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
PLAIN = {"Accept-Encoding": "identity"}  # this client asks for gzip and cannot read it
WHATEVER = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def rows(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The API on three images, an archive rule and a failure."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.new_database())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        more = {"DATABASE_URL": url, "ARCHIVE_STORE": tmp_path_factory.mktemp("archive").as_uri()}
        for name, value in (api.ENVIRONMENT | more).items():
            patch.setenv(name, value)
        client = stack.enter_context(api.client(url))
        for number, name in enumerate(DIGESTS):
            at = EPOCH + timedelta(minutes=number)
            found = [
                package("left-pad", str(number), id=f"a{number}", licenses=(License("MIT", "MIT"),)),
                package("lib", type="deb", cataloger="dpkg", id=f"b{number}", source_name="libsource"),
                package("gone", id=f"c{number}", scope=Scope.HIDDEN),
            ]
            message = store_analysis(
                client.to.store, name, analysis_id(at), found, references=(pushed(at, f"v{number}"),)
            )
            handle_message(message, client.to)
        rule = {"transition": "archive", "analysis_age_days": 90}
        assert client.ask("POST", "/v1/rules", {"name": "old", "rule": rule}).status == 201
        yield


schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", Application())


@schemathesis.hook
def map_path_parameters(context: Any, value: Any) -> Any:
    return _known(value)


@schemathesis.hook
def map_query(context: Any, value: Any) -> Any:
    return _known(value)


def _known(value: Any) -> Any:
    """Return parameters, some of them replaced by one that is known; which, the parameters themselves decide."""
    for name, given in (value or {}).items():
        choice = sum(map(ord, str(given))) % 4
        if name in KNOWN and choice:
            value[name] = KNOWN[name][choice % len(KNOWN[name])]
    return value


@schema.parametrize()
@settings(max_examples=4, deadline=None, suppress_health_check=WHATEVER, phases=[Phase.explicit, Phase.generate])
def test_every_answer_is_as_described(case: Any, rows: None) -> None:
    case.call_and_validate(checks=CHECKS, headers=PLAIN)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=100, deadline=None, suppress_health_check=WHATEVER)
def test_every_answer_is_as_described_for_long(case: Any, rows: None) -> None:
    case.call_and_validate(checks=CHECKS, headers=PLAIN)
