"""Move objects between stores, and check that a store keeps its promises.

URL is that of a store: `list-drivers` shows the forms, docs/objects.md what each is good for. `migrate`
works while analyses arrive: let OBJECT_STORE name the new store and OBJECT_STORE_FORMER the old one first.
What was interrupted is taken up by starting it again.
"""

import argparse
import sys
from typing import Any

from cargohold.printable import printable
from cargohold_cli.output import say, sizes, write_json, write_table

WORKERS = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    migrate = actions.add_parser("migrate", help="copy every object to another store, and verify it there")
    migrate.add_argument("--from", required=True, metavar="URL", dest="source", help="where the objects are")
    migrate.add_argument("--to", required=True, metavar="URL", dest="target", help="where they go")
    migrate.add_argument(
        "--delete-source", action="store_true", help="delete each one where it was, after reading it back"
    )
    migrate.add_argument("--dry-run", action="store_true", help="only count what is to be moved")
    migrate.add_argument(
        "--jobs", type=int, default=WORKERS, metavar="N", help=f"objects at a time (default {WORKERS})"
    )
    check = actions.add_parser("check", help="run the conformance suite on a live store; it leaves nothing behind")
    check.add_argument("url", nargs="?", metavar="URL", help="the store (default OBJECT_STORE)")
    sweep = actions.add_parser("sweep", help="remove what uploads that were killed left behind")
    sweep.add_argument("url", nargs="?", metavar="URL", help="the store (default OBJECT_STORE)")
    sweep.add_argument("--older-than", type=int, default=2, metavar="DAYS", help="only what is so old (default 2)")
    listing = actions.add_parser("list-drivers", help="list the kinds of stores and the forms of their URLs")
    for action in (migrate, check, sweep, listing):
        action.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one action."""
    actions = {"migrate": _migrate, "check": _check, "sweep": _sweep, "list-drivers": _list}
    return actions[options.action](options)


def _migrate(options: argparse.Namespace) -> int:
    from cargohold.objects.migrate import Migration, Report, check_urls
    from cargohold.objects.open import open_driver
    from cargohold.objects.wrappers.retried import RetriedStore
    from cargohold_cli.counter import Counter

    check_urls(options.source, options.target)
    _prepare(options.source, options.target)
    with Counter() as counter:
        migration = Migration(
            RetriedStore(open_driver(options.source)),
            RetriedStore(open_driver(options.target)),
            delete_source=options.delete_source and not options.dry_run,
            progress=lambda report: counter.show(_progress(report)),
            workers=max(1, options.jobs),
        )
        # A listing that fails ends the run: what was done until then is said all the same.
        try:
            report: Report = migration.dry_run() if options.dry_run else migration.run()
        except BaseException:
            if migration.report.passes:
                say(_progress(migration.report))
            raise
    _write(report, options)
    return 0 if report.succeeded else 1


def _progress(report: Any) -> str:
    return (
        f"pass {report.passes}: {report.moved} moved ({sizes(report.bytes)}),"
        f" {report.skipped} there already, {report.failed} failed"
    )


def _write(report: Any, options: argparse.Namespace) -> None:
    moved = "to_move" if options.dry_run else "moved"
    counts = {
        moved: report.moved,
        "skipped": report.skipped,
        "failed": report.failed,
        "deleted": report.deleted,
        "vanished": len(report.vanished),
        "bytes": report.bytes,
        "passes": report.passes,
        "complete": report.complete,
    }
    failures = [{"key": key, "error": code, "message": message} for key, code, message in report.failures]
    if options.json:
        write_json({**counts, "failures": failures, "vanished_keys": report.vanished})
        return
    for name, value in counts.items():
        sys.stdout.write(f"{name.replace('_', ' '):<9} {sizes(value) if name == 'bytes' else str(value).lower()}\n")
    for key in report.vanished:
        say(f"vanished: {printable(key)} was deleted while it was moved; a copy may be left in the new store")
    for failure in failures:
        say(f"failed: {printable(failure['key'])}: {failure['error']}: {printable(failure['message'])}")
    if report.failed > len(failures):
        say(f"failed: {report.failed - len(failures)} more")
    if not report.complete:
        say("stopped: too many failures in a row; nothing is lost, start it again when the store works")


def _check(options: argparse.Namespace) -> int:
    from cargohold.objects.check import check
    from cargohold.objects.open import open_store

    results = []
    for result in check(open_store(_chosen(options.url))):
        results.append({"name": result.name, "ok": not result.error, "error": result.error})
        if not options.json:
            outcome = f"failed: {printable(result.error)}" if result.error else "ok"
            sys.stdout.write(f"{result.name.replace('_', ' '):<20} {outcome}\n")
            sys.stdout.flush()
    if options.json:
        write_json(results)
    return 0 if all(result["ok"] for result in results) else 1


def _sweep(options: argparse.Namespace) -> int:
    from datetime import timedelta

    from cargohold.objects.open import open_store

    swept = open_store(_chosen(options.url)).sweep(timedelta(days=max(0, options.older_than)))
    if options.json:
        write_json({"removed": swept})
    else:
        sys.stdout.write(f"{swept} parts of uploads removed\n")
    return 0


def _list(options: argparse.Namespace) -> int:
    from cargohold.objects.open import drivers

    rows = [{"driver": name, "url": form} for name, form in drivers().items()]
    if options.json:
        write_json(rows)
    else:
        write_table(("driver", "URL"), (tuple(row.values()) for row in rows), empty="")
    return 0


def _chosen(url: str | None) -> str:
    from cargohold.settings import StoreSettings, load
    from cargohold_cli import local

    local.configure()
    url = url or load(StoreSettings).object_store
    _prepare(url)
    return url


def _prepare(*urls: str) -> None:
    """Start what stores need: the local Postgres when one of them is in it and DATABASE_URL names no other."""
    from cargohold_cli import local

    local.configure()
    if any(url.startswith("postgres:") for url in urls):
        local.start()
