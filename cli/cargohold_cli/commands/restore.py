"""Bring an archived analysis back, byte for byte.

The archive keeps its copy. IMAGE is a digest, the beginning of one, or a reference that it had.
"""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="digest, its beginning, or a former reference")
    parser.add_argument("--force", action="store_true", help="first take up what another left under way")


def run(options: argparse.Namespace) -> int:
    """Restore; each image is one transition."""
    from cargohold.lifecycle import Transition
    from cargohold_cli import moves

    return moves.carry_out(Transition.RESTORE, options.images, force=options.force)
