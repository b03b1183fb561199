"""What is looked for beside packages: from settings to scanners, with one digest of all that changes results."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from analyze.catalogers.contents import ContentOptions, ContentScanner, ContentSearch
from analyze.catalogers.contract import Cataloger
from analyze.catalogers.secrets import SecretScanner
from analyze.catalogers.secrets.allowed import Allowed, parse_allowed
from cargohold.errors import InvalidConfiguration
from cargohold.settings import AnalyzeSettings


@dataclass(frozen=True)  # no slots: cached_property needs a dictionary
class Options:
    """What to search files for. The defaults search for secrets, and allow none."""

    secrets: bool = True
    allowed: Allowed = field(default_factory=Allowed)
    contents: ContentOptions = field(default_factory=ContentOptions)

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with any option, "" for the defaults."""
        if self == Options():
            return ""
        return _digest([self.secrets, self.allowed.paths, sorted(self.allowed.rules), sorted(self.allowed.values)],
                       _plain(self.contents))  # fmt: skip

    @cached_property
    def secret_scanner(self) -> SecretScanner | None:
        """The scanner for secrets, None when there is to be none."""
        return SecretScanner() if self.secrets else None

    @cached_property
    def content_scanner(self) -> ContentScanner | None:
        """The scanner that retrieves and searches, None when there is nothing to do for it."""
        return ContentScanner(self.contents, _digest(_plain(self.contents))) if self.contents else None

    def scanners(self) -> tuple[Cataloger, ...]:
        """Return what walks over layers beside the catalogers."""
        return tuple(one for one in (self.secret_scanner, self.content_scanner) if one is not None)


def parse_options(settings: AnalyzeSettings) -> Options:
    """Return the options in the settings. Raises `InvalidConfiguration`."""
    try:
        allowed = parse_allowed(settings.secrets_allow)
    except ValueError as error:
        raise InvalidConfiguration(setting="SECRETS_ALLOW", reason=str(error)) from None
    contents = ContentOptions(
        tuple(settings.retrieve.split()), settings.retrieve_bytes, _searches(settings.content_search)
    )
    return Options(settings.secrets == "on", allowed, contents)


def _searches(text: str) -> tuple[ContentSearch, ...]:
    if not text:
        return ()
    from analyze.searches import parse_searches  # hardly anybody searches

    return parse_searches(text)


def _plain(contents: ContentOptions) -> list[object]:
    searches = [[one.name, one.expression, one.paths, one.text] for one in contents.searches]
    return [contents.retrieve, contents.retrieve_bytes, searches]


def _digest(*values: object) -> str:
    return hashlib.sha256(orjson.dumps(values)).hexdigest()[:16]
