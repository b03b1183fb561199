"""List what is in the archive."""

import argparse

from cargohold_cli.output import sizes, write_json, write_table

LIMIT = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list archived images, those archived last first")
    listing.add_argument("--repository", help="only images that were in this repository")
    listing.add_argument("--tag", help="only images that had this tag")
    listing.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many (default {LIMIT})")
    listing.add_argument("--after", metavar="CURSOR", help="go on where a page with --json ended (`next`)")
    listing.add_argument("--json", action="store_true", help="write JSON: {items, next}")


def run(options: argparse.Namespace) -> int:
    """List the archive."""
    from api.queries.archives import list_archives
    from cargohold_cli import local, read

    page = local.database().run(
        lambda cursor: list_archives(
            cursor, repository=options.repository, tag=options.tag, limit=options.limit, after=options.after
        )
    )
    if options.json:
        write_json({"items": [read.plain(item) for item in page.items], "next": page.next})
        return 0
    rows = (
        (
            read.former(item) or "-",
            item.digest[:19],
            item.image_status + (", active" if item.active else ""),
            sizes(item.bundle_size),
            item.package_count,
            f"{item.archived_at:%Y-%m-%d %H:%M}",
            item.error or "-",
        )
        for item in page.items
    )
    header = ("reference", "digest", "status", "bundle", "packages", "archived", "last error")
    write_table(header, rows, empty="The archive is empty. `cargohold archive IMAGE` fills it.")
    return 0
