"""Bring an archived analysis back, byte for byte.

The archive keeps its copy. IMAGE is a digest, the beginning of one, or a reference that it had.
"""

import argparse

from cargohold.lifecycle import Transition
from cargohold_cli.output import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="digest, its beginning, or a former reference")


def run(options: argparse.Namespace) -> int:
    """Restore; each image is one transition."""
    from cargohold_cli import loop, read

    for text in options.images:
        digest = read.find_archive(text)
        loop.transition(digest, Transition.RESTORE)
        say(f"restored {digest}")
    return 0
