"""Tell whether it works, and how much there is.

The figures are counted when they are asked for; a database that sleeps is woken.
"""

import argparse
import sys
from dataclasses import asdict

from cargohold_cli.output import sizes, write_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true", help="write JSON: {version, usage}")


def run(options: argparse.Namespace) -> int:
    """Show the figures. Raises `DatabaseUnavailable`."""
    from cargohold_cli.source import source

    asked = source()
    version, usage = asked.version(), asked.usage()
    if options.json:
        write_json({"version": version, "usage": asdict(usage)})
        return 0
    images, archives = usage.images, usage.archives
    facts = {
        "version": version,
        "images": f"{images.images}, {images.archiving} on their way into the archive, {images.deleting} being deleted",
        "size": f"{sizes(images.size)} in layers, {sizes(images.uncompressed_size)} unpacked, {images.files} files",
        "newest": f"{images.newest:%Y-%m-%d %H:%M:%S} UTC" if images.newest else "-",
        "archives": f"{archives.images}, {archives.restoring} being restored, {archives.deleting} being deleted",
        "bundles": sizes(archives.bytes),
        "registries": f"{usage.registries}, {usage.repositories} repositories",
        "references": f"{usage.references}, {usage.tags} of them tags",
        "packages": f"{usage.packages} in {usage.package_sets} sets",
        "layers": usage.layers,
        "secrets": usage.secrets,
        "rules": usage.rules,
    }
    for name, value in facts.items():
        sys.stdout.write(f"{name:<10}  {value}\n")
    return 0
