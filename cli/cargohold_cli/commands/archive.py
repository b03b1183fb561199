"""Move an image's analysis to the archive.

It leaves lists, content, queries and the object store; `cargohold archives list` shows it and
`cargohold restore` brings it back, byte for byte.
"""

import argparse

from cargohold.lifecycle import Transition
from cargohold_cli.output import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("--force", action="store_true", help="first take up what another left under way")


def run(options: argparse.Namespace) -> int:
    """Archive; each image is one transition."""
    from cargohold_cli import loop, read

    for text in options.images:
        digest = read.find_image(text)
        loop.transition(digest, Transition.ARCHIVE, force=options.force)
        say(f"archived {digest}")
    return 0
