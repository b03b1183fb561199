"""Write what is in an analyzed image, made from its stored documents.

IMAGE is a digest, the beginning of one (at least four digits), or a reference. The same image gives the
same bytes every time.
"""

import argparse

from cargohold_cli import outputs


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE", help="digest, its beginning, or a reference")
    outputs.configure(parser, default="Default: syft-json.")


def run(options: argparse.Namespace) -> int:
    """Render the analysis."""
    from cargohold_cli.source import source

    digest = source().find_image(options.image)
    wanted = options.outputs or outputs.to_stdout("syft-json")
    outputs.write_each(
        wanted, lambda choice: source().sbom(digest, choice, scope=options.scope, creator=options.creator or "")
    )
    return 0
