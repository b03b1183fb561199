"""Show files that were kept with an analysis, and what was searched for in files.

IMAGE is a digest, the beginning of one (at least four digits), or a reference. With PATH the kept file is
written to standard output as it was. RETRIEVE and CONTENT_SEARCH say what is kept and searched for.
"""

import argparse
from base64 import b64decode

from cargohold.errors import ContentUnknown
from cargohold_cli.output import say, sizes, write_json, write_parts, write_table


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE", help="digest, its beginning, or a reference")
    parser.add_argument("path", metavar="PATH", nargs="?", help="write this file")
    parser.add_argument("--json", action="store_true", help="write JSON, kept files in Base64")


def run(options: argparse.Namespace) -> int:
    """List contents, or write one file."""
    from cargohold_cli import read
    from cargohold_cli.source import source

    asked = source()
    digest = asked.find_image(options.image)
    path = "/" + options.path.lstrip("/") if options.path else None
    found = asked.contents(digest, path)
    items = list(found or ())
    if options.json:
        write_json([read.plain(item) for item in items])
        return 0
    if path is not None:
        kept = next((item for item in items if item.retrieved), None)
        if kept is None:
            raise ContentUnknown(path=path, digest=digest)
        write_parts([b64decode(kept.content)])
        return 0
    rows = (
        (
            item.path,
            item.layer,
            sizes(len(item.content) * 3 // 4) if item.retrieved else "-",
            ", ".join(f"{match.name}: {match.count} lines" for match in item.matches) or "-",
        )
        for item in items
    )
    write_table(("path", "layer", "kept", "found"), rows, empty="Nothing was kept, and nothing found.")
    if found is None:
        say("No contents were asked for when this image was analyzed: see RETRIEVE and CONTENT_SEARCH.")
    return 0
