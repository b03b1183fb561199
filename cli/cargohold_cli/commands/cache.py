"""Show what the layer cache holds, make room in it, and check it.

It is safe while images are analyzed. What is lost is read again from where the image is. docs/cache.md tells
what is in it.
"""

import argparse
from typing import TYPE_CHECKING, Any

from cargohold_cli.output import sizes, write_json, write_table

if TYPE_CHECKING:  # --help needs no cache
    from analyze.cache.directory import CacheDirectory
    from analyze.cache.upkeep import Amount, Usage

_DAY = 86_400
_NAMES = {
    "record": "records",
    "blob": "downloads",
    "temporary": "being written",
    "lease": "being read",
    "stray": "other files",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    stats = actions.add_parser("stats", help="show what the cache holds")
    prune = actions.add_parser("prune", help="remove what is over the quota and what killed processes left")
    prune.add_argument(
        "--unused", type=_days, metavar="DAYS", help="also what was not used for so many days (0: everything)"
    )
    prune.add_argument("--blobs", action="store_true", help="with --unused: only downloads, no records")
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")
    verify = actions.add_parser("verify", help="read everything and remove what is damaged; 1 when something was")
    verify.add_argument("--dry-run", action="store_true", help="remove nothing")
    for action in (stats, prune, verify):
        action.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Do what was asked for."""
    from analyze.cache.directory import CacheDirectory
    from cargohold.errors import CacheUnavailable
    from cargohold.settings import AnalyzeSettings, load
    from cargohold_cli import local

    local.configure()
    settings = load(AnalyzeSettings)
    directory = CacheDirectory(settings.cache_root, quota=settings.cache_bytes, blob_quota=settings.cache_blob_bytes)
    action = {"stats": _stats, "prune": _prune, "verify": _verify}[options.action]
    try:
        return action(directory, options)
    except OSError as error:
        raise CacheUnavailable(root=settings.cache_root, reason=error.strerror or type(error).__name__) from None


def _days(text: str) -> float:
    days = float(text)
    if not 0 <= days < 1e6:
        raise ValueError
    return days


def _stats(directory: "CacheDirectory", options: argparse.Namespace) -> int:
    from analyze.cache.directory import SHARDS, Kind
    from analyze.cache.upkeep import usage

    found = usage(directory)
    if options.json:
        write_json(_stats_document(directory, found))
        return 0
    rows = [(_NAMES[kind], found.kinds[kind].files, sizes(found.kinds[kind].bytes)) for kind in Kind]
    rows.append(("all", sum(amount.files for amount in found.kinds.values()), sizes(found.bytes)))
    rows.append(("left by killed processes", found.abandoned.files, sizes(found.abandoned.bytes)))
    write_table(("what", "files", "size"), [tuple(map(str, row)) for row in rows], empty="")
    rooms = [
        ("directory", directory.root or "none: nothing is kept"),
        ("quota", sizes(directory.quota)),
        ("of it for downloads", sizes(directory.blob_quota) if directory.blob_quota else "none"),
        ("fullest shard", f"{sizes(found.fullest_shard)} of {sizes(directory.quota // SHARDS)}"),
        ("least recently used", _time(found.least_recent)),
        ("most recently used", _time(found.most_recent)),
    ]
    write_table(("", ""), rooms, empty="")
    return 0


def _stats_document(directory: "CacheDirectory", found: "Usage") -> dict[str, Any]:
    from analyze.cache.directory import SHARDS

    return {
        "directory": directory.root,
        "quota_bytes": directory.quota,
        "blob_quota_bytes": directory.blob_quota,
        "shard_quota_bytes": directory.quota // SHARDS,
        "fullest_shard_bytes": found.fullest_shard,
        "bytes": found.bytes,
        "kinds": {str(kind): _amount(amount) for kind, amount in found.kinds.items()},
        "abandoned": _amount(found.abandoned),
        "least_recently_used": _time(found.least_recent) if found.least_recent else None,
        "most_recently_used": _time(found.most_recent) if found.most_recent else None,
    }


def _prune(directory: "CacheDirectory", options: argparse.Namespace) -> int:
    from analyze.cache.upkeep import prune

    unused = None if options.unused is None else options.unused * _DAY
    gone = prune(directory, unused_seconds=unused, blobs_only=options.blobs, dry_run=options.dry_run)
    if options.json:
        write_json({"removed": _amount(gone), "dry_run": options.dry_run})
    else:
        would = "would remove" if options.dry_run else "removed"
        write_table(("what", "files", "size"), [(would, str(gone.files), sizes(gone.bytes))], empty="")
    return 0


def _verify(directory: "CacheDirectory", options: argparse.Namespace) -> int:
    from analyze.cache.upkeep import Amount, verify

    checked = Amount()
    damaged = list(verify(directory, checked, dry_run=options.dry_run))
    if options.json:
        items = [{"name": one.name, "kind": str(one.kind), "bytes": one.size} for one in damaged]
        write_json({"checked": _amount(checked), "damaged": items, "dry_run": options.dry_run})
    else:
        rows = [(str(one.kind), sizes(one.size), one.name) for one in damaged]
        empty = f"All {checked.files} files ({sizes(checked.bytes)}) are as they were written."
        write_table(("damaged", "size", "name"), rows, empty=empty)
    return 1 if damaged else 0


def _amount(amount: "Amount") -> dict[str, int]:
    return {"files": amount.files, "bytes": amount.bytes}


def _time(seconds: float | None) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else "never"
