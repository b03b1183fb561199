"""`-o FORMAT[@VERSION][=FILE]`: in which formats a command writes, and where to."""

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.formats import FORMATS, SCOPES, Choice, Request, choose, render
from cargohold.errors import OutputNotWritten
from cargohold_cli.output import write_parts

if TYPE_CHECKING:  # it brings pydantic, which --help does not need
    from api.analyses import AnalysisReader

SCOPE_HELP = "which packages: visible (default), hidden (deleted by a higher layer), declared (by lock files), all"


@dataclass(frozen=True, slots=True)
class Output:
    """A format and the file it goes to, "" for standard output."""

    choice: Choice
    path: str = ""


def to_stdout(name: str) -> tuple[Output, ...]:
    """Return the outputs of `-o NAME`."""
    return (Output(choose(name)),)


def configure(parser: argparse.ArgumentParser, *, default: str) -> None:
    """Add the options for output; `default` says what happens without `-o`."""
    parser.add_argument(
        "-o",
        "--output",
        dest="outputs",
        action=_Add,
        type=_output,
        default=(),
        metavar="FORMAT[@VERSION][=FILE]",
        help=f"what to write, to standard output unless a file is named; may be repeated. {default} "
        f"Formats: {', '.join(map(_described, FORMATS))}",
    )
    parser.add_argument("--scope", choices=SCOPES, default="visible", help=SCOPE_HELP)
    parser.add_argument(
        "--creator",
        type=_creator,
        metavar="ADDRESS",
        help="e-mail address or URL of who makes the SBOM, for formats that name them",
    )


def request(options: argparse.Namespace, registry: str, repository: str) -> Request:
    """Return what the command line wants of the image that is called so."""
    return Request(scope=options.scope, registry=registry, repository=repository, creator=options.creator or "")


def write(outputs: Iterable[Output], reader: "AnalysisReader", wanted: Request) -> None:
    """Write an analysis in each format; see `write_each`."""
    write_each(outputs, lambda choice: render(choice, reader, wanted))


def write_each(outputs: Iterable[Output], parts_of: Callable[[Choice], Iterable[bytes]]) -> None:
    """Write what `parts_of` gives in each format. A file is there whole or not at all. Raises `OutputNotWritten`."""
    for output in outputs:
        parts = parts_of(output.choice)
        if not output.path:
            write_parts(parts)
            continue
        try:
            _write_file(Path(output.path), parts)
        except OSError as error:
            raise OutputNotWritten(path=output.path, reason=error.strerror or str(error)) from error


def _write_file(path: Path, parts: Iterable[bytes]) -> None:
    path = path.resolve()
    if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
        with path.open("wb") as stream:
            stream.writelines(parts)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as stream:
            stream.writelines(parts)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _described(name: str) -> str:
    versions = FORMATS[name].versions
    return f"{name} (@{', @'.join(versions)})" if len(versions) > 1 else name


def _output(text: str) -> Output:
    name, equals, path = text.partition("=")
    if equals and not path:
        raise argparse.ArgumentTypeError(f"{text!r} names no file after the =")
    try:
        return Output(choose(name), "" if path == "-" else path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _creator(text: str) -> str:
    from api.formats.facts.entities import creator
    from api.formats.facts.links import web

    if creator(text) is None and not web(text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an e-mail address nor an http(s) URL")
    return text


class _Add(argparse.Action):
    """Adds an output; one that goes where another already goes is wrong."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 (argparse calls it so)
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        output = values if isinstance(values, Output) else self.const
        outputs: tuple[Output, ...] = getattr(namespace, self.dest)
        if any(output.path == other.path for other in outputs):
            where = output.path or "standard output"
            raise argparse.ArgumentError(self, f"two formats cannot go to {where}; name a file: FORMAT=FILE")
        setattr(namespace, self.dest, (*outputs, output))


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`, the same as `-o json`."""
    parser.add_argument(
        "--json", dest="outputs", action=_Add, nargs=0, const=to_stdout("json")[0], help="the same as -o json"
    )
