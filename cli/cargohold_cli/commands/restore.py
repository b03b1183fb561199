"""Bring an archived analysis back, byte for byte.

The archive keeps its copy. IMAGE is a digest, the beginning of one, or a reference that it had.
"""

import argparse

from cargohold.lifecycle import Transition
from cargohold_cli.output import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="digest, its beginning, or a former reference")
    parser.add_argument("--force", action="store_true", help="first take up what another left under way")


def run(options: argparse.Namespace) -> int:
    """Restore; each image is one transition."""
    from cargohold_cli import loop, read

    for text in options.images:
        digest = read.find_archive(text)
        if loop.transition(digest, Transition.RESTORE, force=options.force):
            say(f"restored {digest}")
        else:
            say(f"{digest} is in a cold class and was asked for; `cargohold work --scheduled` goes on with it")
    return 0
