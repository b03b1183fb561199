"""Writes the pages that are made from code: errors, commands, the API, notifications and schemas (`make docs`)."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from api import openapi
from cargohold import errors
from cargohold.registry.document import Registries
from cargohold_cli.endpoint import LOCAL
from cargohold_cli.main import COMMANDS, overview, parser_of
from docs import api_page, cost, notifications_page, template_facts


def classes() -> list[type[errors.CargoholdError]]:
    """Return the error classes that have a code of their own, in the order of the module."""
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and "code" in vars(kind)]


def error_page() -> str:
    """Return the reference of error codes."""
    lines = [
        "# Error codes",
        "",
        "Every failure has a stable code: scripts see it on standard error, the database keeps it with the",
        "reference it happened to. A *permanent* error is recorded and not tried again by itself; a *transient*",
        "one is retried with back-off and ends as `gave_up` when that did not help.",
        "",
        "| code | kind | message |",
        "|---|---|---|",
    ]
    for kind in sorted(classes(), key=lambda kind: kind.code):
        text = " ".join((kind.__doc__ or "").split()).replace("|", "\\|")
        lines.append(f"| `{kind.code}` | {'permanent' if kind.permanent else 'transient'} | {text} |")
    return "\n".join(lines) + "\n"


def command_page() -> str:
    """Return the reference of commands: the `--help` of each and of its actions."""
    os.environ["COLUMNS"] = "100"  # argparse folds at the terminal's width
    return "\n".join(_command_lines()) + "\n"


def _command_lines() -> Iterator[str]:
    yield from (
        "# The command",
        "",
        "Made from the `--help` of `cargohold`, of its commands, and of their actions.",
        "",
    )
    yield from ("```", overview().rstrip(), "```")
    yield from (
        "",
        "## What an endpoint is not asked",
        "",
        "With `--endpoint` commands ask a deployed API, and say the same as where it is. What changes something is",
        "asked for there and carried out by its functions; `watch`, `status` and `archives status` show how it goes.",
        "These are done on a machine only, and end with `local_only`:",
        "",
        "| command | why |",
        "|---|---|",
        *(f"| `cargohold {name}` | {reason} |" for name, reason in LOCAL.items()),
        "",
        "So do `analyze --no-persist`, which leaves nothing to ask for, `analyze --platform` without `-o`, as a stack",
        "analyzes the platforms that it is set up for, and `registries reconcile --dry-run`: the function that answers",
        "has no credentials of registries and 29 seconds, and the one that compares keeps nothing of a dry run.",
    )
    for name in COMMANDS:
        parser = parser_of(name)
        yield from ("", f"## {name}", "", "```", parser.format_help().rstrip(), "```")
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for word, one in action.choices.items():
                    yield from ("", f"### {name} {word}", "", "```", one.format_help().rstrip(), "```")


def registries_schema() -> str:
    """Return the JSON schema of the registries document."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | Registries.model_json_schema(by_alias=True), indent=2) + "\n"


def main() -> None:
    """Write all pages beside this file."""
    here = Path(__file__).parent
    (here / "errors.md").write_text(error_page())
    (here / "cli.md").write_text(command_page())
    (here / "registries.schema.json").write_text(registries_schema())
    (here / "openapi.json").write_text(openapi.text())
    (here / "cost.md").write_text(cost.page())
    security = here / "security.md"
    security.write_text(template_facts.with_rights(security.read_text()))
    (here / "api.md").write_text(api_page.page(openapi.document()))
    notifications_page.write(here)


if __name__ == "__main__":
    sys.exit(main())
