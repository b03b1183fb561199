"""Parameters that several routes take."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from api.formats import SCOPES
from api.queries.paging import DEFAULT_LIMIT, MAX_LIMIT
from cargohold.model import Scope

_DIGEST = r"^sha256:[0-9a-f]{64}$"
_NO_NUL = r"^[^\u0000]*$"
RULE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
LENGTH = 512

PackageType = Annotated[
    str | None, Query(alias="type", min_length=1, max_length=64, pattern=_NO_NUL, description="deb, npm, python, ...")
]
Digest = Annotated[str, Path(pattern=_DIGEST, description="digest of the image")]
RuleName = Annotated[str, Path(pattern=RULE_NAME, description="name of the rule")]
DigestQuery = Annotated[str | None, Query(pattern=_DIGEST, description="digest of an image")]

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description=f"items of a page; {DEFAULT_LIMIT} unless said")]
After = Annotated[
    str | None, Query(max_length=4096, pattern=_NO_NUL, description="`next` of the page before, to go on after it")
]


def text(description: str, *, length: int = LENGTH) -> Query:
    """Return a parameter with text to look for."""
    return Query(min_length=1, max_length=length, pattern=_NO_NUL, description=description)


ScopeName = Annotated[
    Literal["visible", "hidden", "declared", "all"], Query(description="which packages: hidden ones are deleted ones")
]


def scopes(name: str) -> tuple[Scope, ...]:
    """Return the scopes that a name means."""
    return SCOPES[name]
