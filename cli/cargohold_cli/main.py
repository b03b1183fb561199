"""The command `cargohold`: finds the module of a command and runs it.

Exit codes: 0 done, 1 it failed (the error's code is printed), 2 the command line is wrong,
3 what was asked for is not known, 130 interrupted.
"""

import argparse
import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence

import cargohold
from cargohold.errors import ArchiveUnknown, CargoholdError, ContentUnknown, ImageNotFound, ImageUnknown
from cargohold_cli.endpoint import ENDPOINT, LOCAL, check

# A module is imported only when its command runs: `cargohold --help` stays instant.
COMMANDS = {
    "analyze": "analyze an image and remember what is in it",
    "images": "list the images that were analyzed",
    "image": "show one image: references, layers, packages",
    "packages": "find packages, and the images that have them",
    "diff": "show what one image has otherwise than another",
    "secrets": "list where secrets stand in images",
    "files": "list the files of an image, or those with rights worth a look",
    "contents": "show the files that were kept with an analysis, and what was searched for",
    "sbom": "write what is in an analyzed image, as a table, JSON or an SBOM",
    "archive": "move an image's analysis to the archive",
    "restore": "bring an archived analysis back",
    "archives": "look after the archive: list, verify, audit, export, import",
    "delete": "delete an image's analysis",
    "rules": "say which analyses are archived when, and try it",
    "objects": "move objects between stores, and check a store",
    "reindex": "rebuild a lost database from the stores",
    "registries": "say how registries are reached, try it, and find what notifications missed",
    "cache": "show what the layer cache holds, make room in it, check it",
    "doctor": "check this machine's deployment or a stack in AWS, and say what is wrong",
    "status": "tell whether it works, and how much there is",
    "watch": "follow analyses as they begin and end",
    "work": "handle waiting messages and scheduled jobs",
    "serve": "answer the API and registry notifications, and do what they ask for",
    "demo": "run the whole loop once on a sample image",
    "completion": "write what a shell needs to complete commands",
}

# Errors reach the terminal as sentences; POWERTOOLS_LOG_LEVEL=INFO shows the log.
TELEMETRY = {
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
# What a command makes first are modules, which stay: at its defaults the collector goes through them ninety times.
COLLECTION = (200_000, 20, 100)

FAILED, WRONG_USAGE, UNKNOWN, INTERRUPTED = 1, 2, 3, 130


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of one command."""
    module = importlib.import_module(f"cargohold_cli.commands.{name}")
    parser = argparse.ArgumentParser(
        prog=f"cargohold {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    parser.set_defaults(run=module.run)
    return parser


def overview() -> str:
    """Return the text of `cargohold --help`."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return (
        "usage: cargohold [--endpoint URL] COMMAND [...]\n\n"
        "Container image analysis: what is in an image, as rows to query and documents to keep.\n\n"
        f"commands:\n{commands}\n\n"
        "`cargohold COMMAND --help` tells more. State is kept under CARGOHOLD_HOME\n"
        "(~/.local/share/cargohold unless set). With --endpoint, or CARGOHOLD_ENDPOINT, a deployed API is\n"
        f"asked instead by all but: {', '.join(name for name in LOCAL if name in COMMANDS)}.\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--endpoint"] and len(words) > 1:
        os.environ[ENDPOINT] = words[1]
        del words[:2]
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        return 0 if words else WRONG_USAGE
    if words[0] == "--version":
        sys.stdout.write(f"cargohold {cargohold.__version__}\n")
        return 0
    name, *rest = words
    if name not in COMMANDS:
        sys.stderr.write(f"cargohold: there is no command {name!r}; `cargohold --help` lists them\n")
        return WRONG_USAGE
    gc.set_threshold(*COLLECTION)
    atexit.register(gc.freeze)  # at the end nothing is looked through once more: it goes with the process
    for variable, value in TELEMETRY.items():
        os.environ.setdefault(variable, value)
    options = parser_of(name).parse_args(rest)
    try:
        check(name, options)
        return int(options.run(options))
    except (ImageUnknown, ArchiveUnknown, ContentUnknown, ImageNotFound) as error:
        sys.stderr.write(f"cargohold: {error.code}: {error.message}\n")
        return UNKNOWN
    except CargoholdError as error:
        sys.stderr.write(f"cargohold: {error.code}: {error.message}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("cargohold: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone; that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
