"""List the files of an image, or those whose rights are worth a look.

IMAGE is a digest, the beginning of one (at least four digits), or a reference. More than one of --suid,
--world-writable and --capabilities shows files that are any of them.
"""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cargohold_cli.output import paged, sizes, write_json, write_table

if TYPE_CHECKING:  # --help needs no model
    from cargohold.model import FileRecord

LIMIT = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("--suid", action="store_true", help="files that run as their owner or group (SUID, SGID)")
    parser.add_argument(
        "--world-writable",
        action="store_true",
        help="files that anyone may change, and directories in which anyone may rename what is not theirs",
    )
    parser.add_argument("--capabilities", action="store_true", help="files with capabilities (security.capability)")
    parser.add_argument("--under", metavar="DIRECTORY", default="/", help="only what is under this directory")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many, 0 for all (default {LIMIT})")
    parser.add_argument("--json", action="store_true", help="write JSON: a list")


def run(options: argparse.Namespace) -> int:
    """List files; 0 also when there are none."""
    from api.file_rights import findings
    from cargohold_cli import read
    from cargohold_cli.source import source

    asked = source()
    under = "/" + options.under.strip("/")
    found = paged(_wanted(asked.files(asked.find_image(options.image), under=under), options), options.limit)
    if options.json:
        write_json([{**read.plain(item), "findings": findings(item)} for item in found])
        return 0
    rows = (
        (
            f"{item.mode & 0o7777:04o}",
            f"{item.uid}:{item.gid}",
            item.type,
            sizes(item.size),
            item.layer,
            ", ".join(findings(item)) or "-",
            item.path + (f" -> {item.link}" if item.type == "symlink" else ""),
        )
        for item in found
    )
    write_table(("mode", "owner", "type", "size", "layer", "findings", "path"), rows, empty="No such files.")
    return 0


def _wanted(files: "Iterator[FileRecord]", options: argparse.Namespace) -> "Iterator[FileRecord]":
    from api.file_rights import findings

    kinds: set[str] = set()
    if options.suid:
        kinds |= {"suid", "sgid"}
    if options.world_writable:
        kinds.add("world-writable")
    if options.capabilities:
        kinds.add("capabilities")
    for item in files:
        if not kinds or kinds & set(findings(item)):
            yield item
