"""Write what is in an analyzed image, made from its stored documents.

IMAGE is a digest, the beginning of one (at least four digits), or a reference. The same image gives the
same bytes every time.
"""

import argparse

from cargohold_cli.commands.analyze import FORMATS
from cargohold_cli.output import write_parts


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("-o", "--output", choices=FORMATS, default="syft-json", help="format (default syft-json)")


def run(options: argparse.Namespace) -> int:
    """Render the analysis."""
    from api.formats import FORMATS as RENDER
    from cargohold_cli import read

    write_parts(RENDER[options.output](read.open_analysis(read.find_image(options.image))))
    return 0
