"""What the scanners found in an image: secrets and contents, as rows of their documents."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from analyze.catalogers.contents import ContentScanner
from analyze.catalogers.contract import FileFacts
from analyze.catalogers.secrets import Row, SecretScanner
from analyze.catalogers.secrets.allowed import Allowed
from analyze.catalogers.secrets.image_config import strings
from analyze.catalogers.secrets.rules import BY_ID
from analyze.image.assemble import ImageAnalysis
from analyze.image.history import made_layers
from cargohold.model import Content, ContentMatch, Secret
from cargohold.paths import to_text


@dataclass(frozen=True, slots=True)
class FoundSecrets:
    """The secrets of an image: those of its config, then of its files by path, layer and line.

    Rows are made when they are asked for: an image may have millions, which take three times what they are made of.
    What a higher layer deleted or replaced is there too, not visible: whoever has the image can still read it.
    """

    of_config: tuple[Secret, ...]
    files: Sequence[FileFacts]  # by path as text, those of one path with the visible first
    allowed: Allowed
    commands: Sequence[str]  # that made the layers

    def __iter__(self) -> Iterator[Secret]:
        """Yield the rows, as often as they are asked for."""
        yield from self.of_config
        for path, files in groupby(self.files, key=_path):
            yield from sorted(self._of_path(path, files), key=lambda one: (one.layer, one.line, one.column))

    def _of_path(self, path: str, files: Iterable[FileFacts]) -> Iterator[Secret]:
        known = set()
        for facts in files:
            for row in _allowed(facts, self.allowed):
                key = (facts.digest, *row)
                if facts.visible or key not in known:
                    known.add(key)
                    secret = _secret(row, path, "file", facts.layer, self.commands[facts.layer])
                    yield secret if facts.visible else replace(secret, visible=False)


def find_secrets(result: ImageAnalysis, config: bytes, scanner: SecretScanner, allowed: Allowed) -> FoundSecrets:
    """Return the secrets of an image but for those that are allowed."""
    commands = result.created_by
    of_config: list[Secret] = []
    layers = made_layers(config, len(commands))
    for where, entry, text in strings(config):
        for row in scanner.search_text(text):
            if not allowed.covers(row[0], b"", row[4]):
                layer = layers.get(entry) if entry is not None else None
                of_config.append(_secret(row, where, "config", layer, commands[layer] if layer is not None else ""))
    of_config.sort(key=lambda one: (one.path, -1 if one.layer is None else one.layer, one.line, one.column))
    files = sorted([*result.visible.facts(scanner.name), *result.hidden.facts(scanner.name)], key=_path)
    return FoundSecrets(tuple(of_config), files, allowed, commands)


def find_contents(result: ImageAnalysis, scanner: ContentScanner) -> tuple[Content, ...]:
    """Return what was retrieved and found in the visible files of an image, by path."""
    return tuple(_contents(result.visible.facts(scanner.name)))


def _contents(found: Iterable[FileFacts]) -> Iterator[Content]:
    for facts in found:
        content, matches = facts.facts.detail.get("content"), facts.facts.detail.get("matches", ())
        if content is not None or matches:
            yield Content(
                path=_path(facts),
                layer=facts.layer,
                digest=facts.digest,
                retrieved=content is not None,
                content=content or "",
                matches=tuple(
                    ContentMatch(one["name"], one["count"], tuple(one["lines"]), tuple(one["texts"])) for one in matches
                ),
            )


def _allowed(facts: FileFacts, allowed: Allowed) -> Iterator[Row]:
    for row in facts.facts.detail.get("secrets", ()):
        # A newer release that shares the cache may know more rules.
        if row[0] in BY_ID and not allowed.covers(row[0], facts.path, row[4]):
            yield row


def _path(facts: FileFacts) -> str:
    return "/" + to_text(facts.path)


def _secret(row: Row, path: str, source: str, layer: int | None, created_by: str) -> Secret:
    identifier, line, column, snippet, digest = row
    rule = BY_ID[identifier]
    return Secret(
        rule=identifier,
        category=rule.category,
        title=rule.title,
        severity=rule.severity,
        path=path,
        snippet=snippet,
        source=source,
        layer=layer,
        line=line,
        column=column,
        digest=digest,
        created_by=created_by,
    )
