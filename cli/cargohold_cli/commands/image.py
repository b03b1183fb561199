"""Show one image: its references, how it runs, layers and packages by type.

IMAGE is a digest, the beginning of one (at least four digits), or a reference.
"""

import argparse
import sys

from cargohold.printable import printable
from cargohold_cli.output import sizes, write_json, write_table


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Show the image."""
    from cargohold_cli import read
    from cargohold_cli.source import source

    detail = source().image(source().find_image(options.image))
    analysis = source().analysis(detail.image.digest)
    config = read.facts_of(source().config(detail.image.digest))
    if options.json:
        write_json({**read.plain(detail), "analysis": analysis.model_dump(mode="json"), "config": read.plain(config)})
        return 0
    image = detail.image
    facts = {
        "digest": image.digest,
        "references": read.names(image.references),
        "platform": "/".join(part for part in (image.os, image.architecture, image.variant) if part) or "-",
        "distro": analysis.distro.pretty_name or f"{image.distro_id} {image.distro_version}".strip() or "-",
        "size": f"{sizes(image.size)} compressed, {sizes(image.uncompressed_size)} of layers",
        "files": image.file_count,
        "status": f"{image.image_status}, {image.analysis_status}",
        "analyzed": f"{image.analyzed_at:%Y-%m-%d %H:%M:%S} UTC",
        "archive": detail.archive or "-",
        "unknowns": analysis.unknowns,
        "user": config.user or "root",
        "entrypoint": " ".join(config.entrypoint) or "-",
        "command": " ".join(config.command) or "-",
        "ports": ", ".join(config.exposed_ports) or "-",
        "volumes": ", ".join(config.volumes) or "-",
        "variables": ", ".join(config.environment) or "-",
        "labels": ", ".join(f"{name}={value}" for name, value in config.labels) or "-",
    }
    if image.attempt:
        facts["last attempt"] = f"{image.attempt.status} {image.attempt.error_code} {image.attempt.error_message}"
    for name, value in facts.items():
        sys.stdout.write(f"{name:<12}  {printable(str(value))}\n")
    sys.stdout.write("\n")
    layers = (
        (number, layer.diff_id[:19], sizes(layer.uncompressed_size), layer.entries, layer.created_by[:80])
        for number, layer in enumerate(analysis.layers)
    )
    write_table(("layer", "diff id", "size", "entries", "created by"), layers, empty="No layers.")
    sys.stdout.write("\n")
    counts = ((count.type, count.scope, count.packages) for count in detail.packages)
    write_table(("packages", "scope", "number"), counts, empty="No packages.")
    return 0
