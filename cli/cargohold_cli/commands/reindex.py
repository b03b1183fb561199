"""Rebuild a lost database from the object store and the archive store.

The database of DATABASE_URL must be empty; it is brought up to date first, by a user that owns it. Archives
come first, then every analysis, the oldest first. Nothing in the stores is changed. What was interrupted is
taken up with --resume. Afterwards `cargohold registries reconcile` finds the tags of now. What cannot come back
is told in docs/reindex.md.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from cargohold.printable import printable
from cargohold_cli.output import say, write_json

if TYPE_CHECKING:
    from cargohold_cli.rebuild import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--dry-run", action="store_true", help="read everything and write nothing")
    parser.add_argument("--resume", action="store_true", help="go on with a rebuild that was interrupted")
    parser.add_argument("--jobs", type=int, default=8, metavar="N", help="objects read at a time (default 8)")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Rebuild, and say what came of it; 1 when something in the stores could not be read."""
    from cargohold.objects.open import open_archive, open_primary
    from cargohold.settings import ArchiveStoreSettings, StoreSettings, load
    from cargohold_cli import local
    from cargohold_cli.counter import Counter
    from cargohold_cli.rebuild import Rebuild

    local.start()
    with Counter() as counter:
        rebuild = Rebuild(
            database=local.database(""),  # the owner: no function may write what others own
            primary=open_primary(load(StoreSettings)),
            archive=open_archive(load(ArchiveStoreSettings)),
            dry_run=options.dry_run,
            progress=lambda report: counter.show(_progress(report)),
            workers=max(1, options.jobs),
        )
        try:
            report = rebuild.run(resume=options.resume)
        except BaseException:
            if rebuild.report.archives or rebuild.report.images:
                say(f"{_progress(rebuild.report)}; start it again with --resume")
            raise
    _write(report, options)
    return 0 if report.complete else 1


def _progress(report: "Report") -> str:
    seen = report.images + report.superseded + report.there_already
    of = f" ({seen} of {report.analyses} analyses)" if report.analyses else ""
    return f"{report.archives} archives, {report.images} images{of}, {report.failed + report.cold} failed"


def _write(report: "Report", options: argparse.Namespace) -> None:
    counts = {
        "archives": report.archives,
        "images": report.images,
        "superseded": report.superseded,
        "there_already": report.there_already,
        "cold": report.cold,
        "failed": report.failed,
        "complete": report.complete,
        "dry_run": options.dry_run,
    }
    failures = [{"key": key, "error": code, "message": message} for key, code, message in report.failures]
    if options.json:
        write_json({**counts, "failures": failures})
        return
    for name, value in counts.items():
        sys.stdout.write(f"{name.replace('_', ' '):<14} {str(value).lower()}\n")
    for failure in failures:
        say(f"failed: {printable(failure['key'])}: {failure['error']}: {printable(failure['message'])}")
    if report.cold:
        say("cold bundles were asked for: start it again with --resume when they are back")
