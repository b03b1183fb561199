"""The setting `CONTENT_SEARCH`: a JSON array of searches."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from analyze.catalogers.contents import ContentSearch, check
from cargohold.errors import InvalidConfiguration


class _Search(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
    expression: Annotated[str, Field(min_length=1, max_length=2000)]
    paths: Annotated[tuple[str, ...], Field(min_length=1)]
    text: bool = False


def parse_searches(text: str) -> tuple[ContentSearch, ...]:
    """Return the searches that `text` lists. Raises `InvalidConfiguration`."""
    try:
        parsed = TypeAdapter(list[_Search]).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))} {first['msg']}".strip()
        raise InvalidConfiguration(setting="CONTENT_SEARCH", reason=reason) from None
    searches = tuple(ContentSearch(one.name, one.expression, one.paths, one.text) for one in parsed)
    for search in searches:
        if reason := check(search):
            raise InvalidConfiguration(setting="CONTENT_SEARCH", reason=f"{search.name}: {reason}")
    if len({search.name for search in searches}) < len(searches):
        raise InvalidConfiguration(setting="CONTENT_SEARCH", reason="two searches have the same name")
    return searches
