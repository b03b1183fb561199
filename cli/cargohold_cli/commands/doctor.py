"""Check a deployment, and say what is wrong and what to do.

Without --stack it is the one that this process's environment describes: settings, database, migrations,
roles, stores (written, read, deleted), queues and what was given up, the layer cache, registries. With
--stack it is a stack in AWS, seen with your credentials. Nothing is changed: probes are removed again,
though the embedded Postgres is started and brought up to date as by every command.

Exit code 1 when a check failed; warnings fail nothing.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from cargohold.printable import printable
from cargohold_cli.main import FAILED
from cargohold_cli.output import write_json

if TYPE_CHECKING:
    from cargohold_cli.doctor.finding import Finding


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--stack", metavar="NAME", help="check this CloudFormation stack")
    parser.add_argument("--region", help="with --stack: its region")
    parser.add_argument(
        "--egress",
        choices=("ipv6", "endpoints", "nat"),
        help="name the registries that functions in a VPC with this way out cannot reach (--stack knows its own)",
    )
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Check, write what is found, and return 1 when something failed."""
    found = []
    for finding in _findings(options):
        found.append(finding)
        if not options.json:
            _write(finding)
    counts = Counter(str(finding.verdict) for finding in found)
    if options.json:
        write_json({"ok": not counts["failed"], "findings": [asdict(finding) for finding in found]})
    else:
        sys.stdout.write(f"\n{counts['failed']} failed, {counts['warning']} warnings, {counts['ok']} ok\n")
    return FAILED if counts["failed"] else 0


def _findings(options: argparse.Namespace) -> "Iterator[Finding]":
    if options.stack:
        from cargohold_cli.doctor.stack import Stack

        return Stack(options.stack, options.region).examine()
    from cargohold_cli.doctor.here import examine

    return examine(options.egress)


def _write(finding: "Finding") -> None:
    sys.stdout.write(f"{finding.verdict:<8} {printable(finding.check)}: {printable(finding.detail)}\n")
    if finding.advice:
        sys.stdout.write(f"         → {printable(finding.advice)}\n")
    sys.stdout.flush()
