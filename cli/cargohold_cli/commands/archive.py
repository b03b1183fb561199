"""Move an image's analysis to the archive.

It leaves lists, content, queries and the object store; `cargohold archives list` shows it and
`cargohold restore` brings it back, byte for byte.
"""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("--force", action="store_true", help="first take up what another left under way")


def run(options: argparse.Namespace) -> int:
    """Archive; each image is one transition."""
    from cargohold.lifecycle import Transition
    from cargohold_cli import moves

    return moves.carry_out(Transition.ARCHIVE, options.images, force=options.force)
