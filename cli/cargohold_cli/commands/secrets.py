"""List the secrets found in images: where they stand and of which kind they are, never what they are.

IMAGE is a digest, the beginning of one (at least four digits), or a reference; without it the whole fleet
is listed, the image that was analyzed first last. A secret that is not visible was deleted or replaced by a
higher layer: it is still shipped with the image.
"""

import argparse

from cargohold_cli.output import write_json, write_table

LIMIT = 100
SEVERITIES = ("low", "medium", "high", "critical")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="only secrets of this image")
    parser.add_argument("--rule", metavar="ID", help="only secrets of this rule (private-key, github-pat, ...)")
    parser.add_argument("--severity", choices=SEVERITIES, help="only secrets of this severity or a higher one")
    parser.add_argument("--digest", metavar="HEX", help="only this value, by the digest that findings of it have")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--visible", action="store_const", const=True, dest="visible", help="only visible ones")
    shown.add_argument("--hidden", action="store_const", const=False, dest="visible", help="only hidden ones")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many (default {LIMIT})")
    parser.add_argument("--after", metavar="CURSOR", help="go on where a page with --json ended (`next`)")
    parser.add_argument("--json", action="store_true", help="write JSON: {items, next}")


def run(options: argparse.Namespace) -> int:
    """List; 0 also when there are none."""
    from api.queries.secrets import SecretFilter
    from cargohold_cli import read
    from cargohold_cli.source import source

    digest = source().find_image(options.image) if options.image else None
    severity = options.severity.upper() if options.severity else None
    wanted = SecretFilter(options.rule, severity, options.digest, options.visible)
    page = source().secrets(wanted, image=digest, limit=options.limit, after=options.after)
    if options.json:
        write_json({"items": [read.plain(item) for item in page.items], "next": page.next})
        return 0
    rows = (
        (
            item.severity,
            item.rule,
            item.path if item.source == "file" else f"({item.path})",
            item.line or "-",
            "-" if item.layer is None else item.layer,
            "visible" if item.visible else "hidden",
            item.snippet,
            item.image[:19],
        )
        for item in page.items
    )
    header = ("severity", "rule", "path", "line", "layer", "scope", "value", "image")
    write_table(header, rows, empty=_empty(digest))
    return 0


def _empty(digest: str | None) -> str:
    from cargohold_cli.source import source

    if digest is not None and all(entry.document != "secrets" for entry in source().analysis(digest).documents):
        return "This image was not searched for secrets. `cargohold analyze --force REF` does, unless SECRETS is off."
    return "No secrets."
