"""Delete the analysis of an image.

The registry keeps the image, and a new push is analyzed again; so does the archive keep its bundle, if there
is one (`cargohold archives delete` removes that).
"""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("--force", action="store_true", help="first take up what another left under way")


def run(options: argparse.Namespace) -> int:
    """Delete; each image is one transition."""
    from cargohold.lifecycle import Transition
    from cargohold_cli import moves

    return moves.carry_out(Transition.DELETE_IMAGE, options.images, force=options.force)
