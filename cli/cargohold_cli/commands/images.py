"""List the images that were analyzed, those analyzed last first."""

import argparse

from cargohold_cli.output import write_json, write_table

LIMIT = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--repository", help="only images of this repository")
    parser.add_argument("--tag", help="only the images that this tag points to")
    parser.add_argument("--package", metavar="NAME", help="only images that have this package")
    parser.add_argument("--distro", metavar="ID", help="only images of this distribution (debian, alpine, ...)")
    parser.add_argument("--include-archived", action="store_true", help="archived images too")
    parser.add_argument("--failed", action="store_true", help="instead, references whose analysis failed")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many (default {LIMIT})")
    parser.add_argument("--after", metavar="CURSOR", help="go on where a page with --json ended (`next`)")
    parser.add_argument("--json", action="store_true", help="write JSON: {items, next}")


def run(options: argparse.Namespace) -> int:
    """List images or failures."""
    return _failures(options) if options.failed else _images(options)


def _failures(options: argparse.Namespace) -> int:
    from cargohold_cli.read import name_of, plain
    from cargohold_cli.source import source

    page = source().failures(repository=options.repository, limit=options.limit, after=options.after)
    if options.json:
        write_json({"items": [plain(item) for item in page.items], "next": page.next})
        return 0
    rows = (
        (
            name_of(item.registry, item.repository, item.tag),
            item.digest[:19],
            f"{item.finished_at or item.started_at:%Y-%m-%d %H:%M}",
            item.error_code,
            item.error_message,
        )
        for item in page.items
    )
    header = ("reference", "digest", "failed", "code", "message")
    write_table(header, rows, empty="No analysis has failed.")
    return 0


def _images(options: argparse.Namespace) -> int:
    from api.queries.images import ImageFilter
    from api.queries.packages import PackageFilter
    from cargohold_cli.read import names, plain
    from cargohold_cli.source import source

    wanted = ImageFilter(
        repository=options.repository,
        tag=options.tag,
        distro_id=options.distro,
        packages=PackageFilter(name=options.package) if options.package else None,
    )
    page = source().images(wanted, archived=options.include_archived, limit=options.limit, after=options.after)
    if options.json:
        write_json({"items": [plain(item) for item in page.items], "next": page.next})
        return 0
    rows = (
        (
            names(item.references),
            item.digest[:19],
            "/".join(part for part in (item.os, item.architecture, item.variant) if part),
            f"{item.distro_id} {item.distro_version}".strip() or "-",
            item.package_count,
            item.image_status,
            item.attempt.status if item.attempt else item.analysis_status,
            f"{item.analyzed_at:%Y-%m-%d %H:%M}",
        )
        for item in page.items
    )
    header = ("reference", "digest", "platform", "distro", "packages", "image", "analysis", "analyzed")
    if any(item.error for item in page.items):
        why = ((*row, item.error or "-") for row, item in zip(rows, page.items, strict=True))
        write_table((*header, "archiving failed"), why, empty="")
        return 0
    write_table(header, rows, empty="No images. `cargohold analyze REF` adds one.")
    return 0
