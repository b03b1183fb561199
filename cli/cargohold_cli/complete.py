"""Which words complete a command line: commands, actions, options and their values, of the parsers themselves."""

import argparse
from collections.abc import Iterator, Sequence

from cargohold_cli.main import COMMANDS, parser_of

Candidates = list[tuple[str, str]]  # a word, and what it means

_GLOBAL = {"--endpoint": "a deployed API to ask instead", "--help": "what there is", "--version": "which release"}


def candidates(words: Sequence[str]) -> Candidates:
    """Return what completes the last of `words`, those before the cursor without `cargohold`.

    Nothing where anything may stand, as an image or a file.
    """
    *before, last = words or [""]
    if before[:1] == ["--endpoint"]:
        if len(before) == 1:
            return []
        before = before[2:]
    found = _of_command(before, last) if before else [*COMMANDS.items(), *_GLOBAL.items()]
    return [(word, " ".join(text.split())) for word, text in found if word.startswith(last)]


def _of_command(before: list[str], last: str) -> Candidates:
    name, *rest = before
    if name not in COMMANDS:
        return []
    parser = parser_of(name)
    for word in rest:
        actions = _actions(parser)
        if actions is not None and word in actions.choices:
            parser = actions.choices[word]
    option = _option(parser, rest[-1] if rest else "")
    if option is not None and option.nargs != 0:
        return [(str(choice), "") for choice in option.choices or ()]
    if last.startswith("-"):
        return list(_options(parser))
    return list(_positional(parser))


def _actions(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser] | None":
    return next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)


def _option(parser: argparse.ArgumentParser, word: str) -> argparse.Action | None:
    return next((one for one in parser._actions if word in one.option_strings), None)


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for one in parser._actions:
        if one.help != argparse.SUPPRESS:
            yield from ((word, one.help or "") for word in one.option_strings if word.startswith("--"))


def _positional(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for one in parser._actions:
        if isinstance(one, argparse._SubParsersAction):
            yield from ((choice.dest, choice.help or "") for choice in one._choices_actions)
        elif not one.option_strings and one.choices:
            shown = one.metavar.strip("{}").split(",") if isinstance(one.metavar, str) else one.choices
            yield from ((str(choice), "") for choice in shown)
