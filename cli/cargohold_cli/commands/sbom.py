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
    from cargohold_cli import read

    analysis, registry, repository = read.open_named(read.find_image(options.image))
    wanted = options.outputs or outputs.to_stdout("syft-json")
    outputs.write(wanted, analysis, outputs.request(options, registry, repository))
    return 0
