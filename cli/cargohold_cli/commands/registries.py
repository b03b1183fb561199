"""Show how registries are reached: addresses, TLS, whose credentials, hooks.

The registries document is a YAML or JSON file, `registries.yaml` under CARGOHOLD_HOME unless REGISTRIES
names another. Credentials are never shown. docs/registries.md describes it.
"""

import argparse

from cargohold_cli.output import write_json, write_table


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the configured registries")
    listing.add_argument("--json", action="store_true", help="write JSON")
    actions.add_parser("path", help="print where the document is looked for")


def run(options: argparse.Namespace) -> int:
    """List the registries, or print the document's place."""
    import os
    import sys

    from cargohold.registry.configuration import load_registries
    from cargohold_cli import local

    root = local.configure()
    if options.action == "path":
        sys.stdout.write(f"{os.environ['REGISTRIES'] or root / 'registries.yaml'}\n")
        return 0
    document = load_registries(os.environ["REGISTRIES"])
    items = [
        {
            "host": registry.host,
            "name": registry.name,
            "plain_http": registry.insecure_http,
            "private_addresses": registry.allow_private,
            "credentials": "configured" if registry.credentials or registry.auth else "none",
            "hook": "configured" if registry.hook else "none",
        }
        for registry in (document.of(entry.host) for entry in document.registries)
    ]
    if options.json:
        write_json(items)
        return 0
    rows = ([*map(str, item.values())] for item in items)
    header = ("host", "name", "plain http", "private", "credentials", "hook")
    write_table(header, rows, empty="No registries are configured: public ones are reached without credentials.")
    return 0
