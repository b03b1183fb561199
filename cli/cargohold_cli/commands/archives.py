"""Look after the archive: what is in it, whether it is whole, and bundles as files.

IMAGE is a digest, the beginning of one (at least four digits), or a reference that the image had.
"""

import argparse
from pathlib import Path

from cargohold.printable import printable
from cargohold_cli.output import say, write_json

LIMIT = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list archived images, those archived last first")
    listing.add_argument("--repository", help="only images that were in this repository")
    listing.add_argument("--tag", help="only images that had this tag")
    listing.add_argument("--after", metavar="CURSOR", help="go on where a page with --json ended (`next`)")
    show = actions.add_parser("show", help="show one archived image")
    show.add_argument("image", metavar="IMAGE")
    status = actions.add_parser("status", help="list what is under way, what failed and why, and what is damaged")
    verify = actions.add_parser("verify", help="read bundles to their end, of the archive or files")
    verify.add_argument("items", nargs="+", metavar="IMAGE|FILE")
    audit = actions.add_parser("audit", help="read the bundles again that were read longest ago; 1 if one is damaged")
    audit.add_argument("--sample", type=int, metavar="N", help="so many of them (a fiftieth, 20 to 5,000)")
    audits = actions.add_parser("audits", help="list what audits found, the last one first")
    export = actions.add_parser("export", help="write a bundle to a file, verified")
    export.add_argument("image", metavar="IMAGE")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="`-` for standard output (DIGEST.tar.zst)")
    export.add_argument("--force", action="store_true", help="replace the file")
    load = actions.add_parser("import", help="take bundles from files into the archive")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    delete = actions.add_parser("delete", help="delete analyses from the archive, for good")
    cancel = actions.add_parser("cancel", help="cancel an archiving or a restore that is under way")
    resume = actions.add_parser("resume", help="take up at once what was left under way, however young it is")
    for action in (delete, cancel, resume):
        action.add_argument("images", nargs="+", metavar="IMAGE")
    for action in (listing, status, audits):
        action.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many (default {LIMIT})")
    for action in (listing, show, status, audit, audits):
        action.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one action."""
    actions = {
        "list": _list,
        "show": _show,
        "status": _status,
        "verify": _verify,
        "audit": _audit,
        "audits": _audits,
        "export": _export,
        "import": _import,
        "delete": _delete,
        "cancel": _cancel,
        "resume": _resume,
    }
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_views

    return archive_views.listing(
        repository=options.repository,
        tag=options.tag,
        limit=options.limit,
        after=options.after,
        as_json=options.json,
    )


def _show(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_views

    return archive_views.show(options.image, as_json=options.json)


def _status(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_views

    return archive_views.status(limit=options.limit, as_json=options.json)


def _verify(options: argparse.Namespace) -> int:
    from cargohold.errors import InvalidBundle, ObjectCorrupt, ObjectNotFound
    from cargohold_cli import archive_files
    from cargohold_cli.source import source

    wrong = 0
    for text in options.items:
        try:
            if Path(text).is_file():
                verified = archive_files.verify_file(Path(text))
            else:
                verified = archive_files.verify_archived(source().find_archive(text))
        except (InvalidBundle, ObjectCorrupt, ObjectNotFound) as error:
            wrong += 1
            say(f"{printable(text)}: {error.code}: {printable(error.message)}")
            continue
        size = sum(member.size for member in verified.manifest.members)
        say(f"{printable(text)}: {verified.manifest.image}, whole, {size} bytes in documents")
    return int(wrong > 0)


def _audit(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_views, client, loop
    from cargohold_cli.endpoint import endpoint

    if address := endpoint():
        body = {} if options.sample is None else {"sample": options.sample}
        asked = client.connect(address).send("POST", "/v1/audits", dict[str, str], body)
        if options.json:
            write_json(asked)
        say(f"audit {asked['execution_id']} was asked for; `cargohold archives audits` has what it finds")
        return 0
    return archive_views.audited(execution_id=loop.audit(options.sample), as_json=options.json)


def _audits(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_views

    archive_views.audited(limit=options.limit, as_json=options.json)
    return 0


def _export(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_files
    from cargohold_cli.source import source

    digest = source().find_archive(options.image)
    path = options.output or Path(f"{digest[7:19]}.tar.zst")
    archive_files.export_to(digest, path, overwrite=options.force)
    if str(path) != "-":
        say(f"exported {digest} to {printable(str(path))}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from cargohold_cli import archive_files, uploads
    from cargohold_cli.endpoint import endpoint

    address, waiting = endpoint(), 0
    for path in options.files:
        taken = uploads.import_from(address, path) if address else archive_files.import_from(path)
        if taken is None:
            waiting += 1
            say(f"{printable(str(path))}: uploaded, and not imported yet; to ask again is harmless")
            continue
        digest, new = taken
        say(f"imported {digest}" if new else f"{digest} is in the archive already")
    return int(waiting > 0)


def _delete(options: argparse.Namespace) -> int:
    from cargohold.lifecycle import Transition
    from cargohold_cli import moves

    return moves.carry_out(Transition.DELETE_ARCHIVE, options.images)


def _cancel(options: argparse.Namespace) -> int:
    from cargohold.lifecycle import Transition
    from cargohold_cli import moves

    return moves.carry_out(Transition.CANCEL, options.images)


def _resume(options: argparse.Namespace) -> int:
    from cargohold_cli import client, loop, moves
    from cargohold_cli.endpoint import endpoint
    from cargohold_cli.source import source

    for text in options.images:
        digest = moves.find_either(source(), text)
        if address := endpoint():
            client.connect(address).send("POST", f"/v1/archives/{digest}/resume", dict[str, str])
            say(f"{digest}: going on was asked for; `cargohold archives status` shows how it goes")
            continue
        resumed = sorted(transition.value for transition in loop.resume(digest))
        say(f"{digest}: {', '.join(resumed) if resumed else 'nothing is under way'}")
    return 0
