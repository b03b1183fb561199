"""Find packages, and the images that have them.

Without --image the whole fleet is asked: name a package by its NAME, --purl, --source or --contains.
A range of versions follows the order of the packages' ecosystem, so it needs --type:
  cargohold packages openssl --type deb --version '>=3.0.0,<3.0.11-1'
"""

import argparse
from typing import TYPE_CHECKING

from cargohold.model import Scope
from cargohold_cli.output import write_json, write_table

if TYPE_CHECKING:  # it brings the database's driver, which --help does not need
    from api.queries.packages import PackageFilter

LIMIT = 100
SCOPES = ("visible", "hidden", "declared", "all")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    name = parser.add_mutually_exclusive_group()
    name.add_argument("package", metavar="NAME", nargs="?", help="name of the package")
    name.add_argument("--name", help="the same")
    parser.add_argument("--version", help="its version, or a range: '>=1.2,<2'")
    parser.add_argument("--type", help="its type: deb, apk, python, npm, ...")
    parser.add_argument("--purl", help="its purl; without qualifiers, whatever they are")
    parser.add_argument("--source", metavar="NAME", help="name of the source package that it was built from")
    parser.add_argument("--contains", metavar="TEXT", help="part of its name")
    parser.add_argument("--image", help="only packages of this image (digest, its beginning, or a reference)")
    parser.add_argument("--scope", choices=SCOPES, default="visible", help="visible (default), hidden, declared, all")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many (default {LIMIT})")
    parser.add_argument("--after", metavar="CURSOR", help="go on where a page with --json ended (`next`)")
    parser.add_argument("--json", action="store_true", help="write JSON: {items, next}")


def run(options: argparse.Namespace) -> int:
    """Answer; 0 also when there is nothing."""
    from api.queries.packages import PackageFilter
    from api.queries.versions import is_range, parse_range

    version = options.version
    ranged = version is not None and is_range(version)
    wanted = PackageFilter(
        name=options.package or options.name,
        version=None if ranged else version,
        versions=parse_range(version) if ranged else (),
        type=options.type,
        purl=options.purl,
        source=options.source,
        contains=options.contains,
    )
    scopes = tuple(Scope) if options.scope == "all" else (Scope(options.scope),)
    if options.image:
        return _of_image(options, wanted, scopes)
    return _of_fleet(options, wanted, scopes)


def _of_image(options: argparse.Namespace, wanted: "PackageFilter", scopes: tuple[Scope, ...]) -> int:
    from cargohold_cli import read
    from cargohold_cli.source import source

    digest = source().find_image(options.image)
    page = source().packages(digest, wanted, scopes=scopes, limit=options.limit, after=options.after)
    if options.json:
        write_json({"items": [read.plain(item) for item in page.items], "next": page.next})
        return 0
    rows = ((item.package.name, item.package.version, item.package.type, item.scope) for item in page.items)
    write_table(("name", "version", "type", "scope"), rows, empty="No such package in this image.")
    return 0


def _of_fleet(options: argparse.Namespace, wanted: "PackageFilter", scopes: tuple[Scope, ...]) -> int:
    from cargohold_cli import read
    from cargohold_cli.source import source

    page = source().images_with(wanted, scopes=scopes, limit=options.limit, after=options.after)
    if options.json:
        write_json({"items": [read.plain(item) for item in page.items], "next": page.next})
        return 0
    rows = (
        (package.name, package.version, package.type, item.image.digest[:19], read.names(item.image.references))
        for item in page.items
        for package in item.packages
    )
    write_table(("name", "version", "type", "image", "references"), rows, empty="No image has such a package.")
    return 0
