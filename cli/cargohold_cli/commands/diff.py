"""Show what one image has otherwise than another: packages by version, and layers.

Each IMAGE is a digest, the beginning of one (at least four digits), or a reference. Versions are compared in
the order of the packages' ecosystem; a package is `changed` where its versions differ and neither is the newer.
"""

import argparse
import sys
from collections import Counter

from cargohold.model import Scope
from cargohold_cli.output import write_json, write_table

SCOPES = ("visible", "hidden", "declared", "all")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("first", metavar="IMAGE", help="the image to start from")
    parser.add_argument("second", metavar="IMAGE", help="the image to compare with it")
    parser.add_argument("--type", help="only packages of this type: deb, apk, python, npm, ...")
    parser.add_argument("--scope", choices=SCOPES, default="visible", help="visible (default), hidden, declared, all")
    parser.add_argument("--json", action="store_true", help="write JSON: {first, second, layers, packages}")


def run(options: argparse.Namespace) -> int:
    """Compare; 0 whether or not there is a difference."""
    from cargohold_cli import read
    from cargohold_cli.source import source

    first, second = source().find_image(options.first), source().find_image(options.second)
    scopes = tuple(Scope) if options.scope == "all" else (Scope(options.scope),)
    found = source().difference(first, second, scopes=scopes)
    changes = [change for change in found.packages if options.type in (None, change.type)]
    if options.json:
        write_json({**read.plain(found), "packages": [read.plain(change) for change in changes]})
        return 0
    rows = ((item.change, item.type, _name(item.namespace, item.name), item.before or "-", item.after or "-")
            for item in changes)  # fmt: skip
    write_table(("change", "type", "name", "before", "after"), rows, empty="The same packages.")
    if changes:
        sys.stdout.write("\n")
        counts = Counter((item.type, item.change) for item in changes)
        totals = ((type_, change, number) for (type_, change), number in sorted(counts.items()))
        write_table(("type", "change", "packages"), totals, empty="")
    layers = found.layers
    sys.stdout.write(
        f"\nlayers: {layers.first} and {layers.second}, {len(layers.shared)} in both, "
        f"the first {layers.base} the same in both\n"
    )
    return 0


def _name(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name
