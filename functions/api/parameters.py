"""Parameters that several routes take."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any, Literal, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, AwareDatetime

from api.formats import SCOPES
from api.queries.packages import PackageFilter
from api.queries.paging import DEFAULT_LIMIT, MAX_LIMIT
from api.queries.versions import is_range, parse_range
from cargohold.model import Scope

Answer = TypeVar("Answer")

DIGEST = r"^sha256:[0-9a-f]{64}$"
_NO_NUL = r"^[^\u0000]*$"
RULE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
LENGTH = 512


def text(description: str, *, length: int = LENGTH) -> Query:
    """Return a parameter with text to look for."""
    return Query(min_length=1, max_length=length, pattern=_NO_NUL, description=description)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range") from None


# The database knows fewer time zones than ISO 8601 allows.
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
PackageType = Annotated[
    str | None, Query(alias="type", min_length=1, max_length=64, pattern=_NO_NUL, description="deb, npm, python, ...")
]
Name = Annotated[str | None, text("name of the package")]
Version = Annotated[
    str | None, text("its version, or a range in the order of its type, which is needed then: >=1.2,<2")
]
Purl = Annotated[str | None, text("its purl; without qualifiers, whatever they are", length=2048)]
Source = Annotated[str | None, text("name of the source package that it was built from")]
Contains = Annotated[str | None, text("part of its name")]
License = Annotated[
    str | None,
    Query(
        alias="license",
        min_length=1,
        max_length=LENGTH,
        pattern=_NO_NUL,
        description="a licence that it has, as its evidence states it",
    ),
]
Digest = Annotated[str, Path(pattern=DIGEST, description="digest of the image")]
RuleName = Annotated[str, Path(pattern=RULE_NAME, description="name of the rule")]
DigestQuery = Annotated[str | None, Query(pattern=DIGEST, description="digest of an image")]

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description=f"items of a page; {DEFAULT_LIMIT} unless said")]
After = Annotated[
    str | None, Query(max_length=4096, pattern=_NO_NUL, description="`next` of the page before, to go on after it")
]


ScopeName = Annotated[
    Literal["visible", "hidden", "declared", "all"], Query(description="which packages: hidden ones are deleted ones")
]


def scopes(name: str) -> tuple[Scope, ...]:
    """Return the scopes that a name means."""
    return SCOPES[name]


_PACKAGES = {
    "name": Name,
    "version": Version,
    "package_type": PackageType,
    "purl": Purl,
    "source": Source,
    "contains": Contains,
    "license_name": License,
}


def of_packages(route: Callable[..., Answer]) -> Callable[..., Answer]:
    """Give a route the parameters that say which packages, and its function what they say, as `asked`.

    The route raises `InvalidQuery`.
    """

    @wraps(route)
    def taking(**given: Any) -> Answer:
        return route(asked=_filter(**{name: given.pop(name) for name in _PACKAGES}), **given)

    own = signature(route)
    keyword = Parameter.KEYWORD_ONLY
    shared = [Parameter(name, keyword, default=None, annotation=kind) for name, kind in _PACKAGES.items()]
    others = {name: one.replace(kind=keyword) for name, one in own.parameters.items() if name != "asked"}
    digest = [others.pop("digest")] if "digest" in others else []
    vars(taking)["__signature__"] = own.replace(parameters=[*digest, *shared, *others.values()])
    return taking


def _filter(
    name: str | None,
    version: str | None,
    package_type: str | None,
    purl: str | None,
    source: str | None,
    contains: str | None,
    license_name: str | None,
) -> PackageFilter:
    """Return which packages are asked for. Raises `InvalidQuery`."""
    ranged = version is not None and is_range(version)
    return PackageFilter(
        name=name,
        version=None if ranged else version,
        type=package_type,
        purl=purl,
        source=source,
        contains=contains,
        license=license_name,
        versions=parse_range(version) if version is not None and ranged else (),
    )
