"""What is in the archive, what is under way, and what audits found, for people and machines."""

import sys

from cargohold.printable import printable
from cargohold_cli import read
from cargohold_cli.output import sizes, write_json, write_table
from cargohold_cli.source import source


def listing(*, repository: str | None, tag: str | None, limit: int, after: str | None, as_json: bool) -> int:
    """List archived images, those archived last first."""
    page = source().archives(repository=repository, tag=tag, limit=limit, after=after)
    if as_json:
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
            item.damage or item.error or "-",
        )
        for item in page.items
    )
    header = ("reference", "digest", "status", "bundle", "packages", "archived", "last error")
    write_table(header, rows, empty="The archive is empty. `cargohold archive IMAGE` fills it.")
    return 0


def show(text: str, *, as_json: bool) -> int:
    """Show one archived image."""
    view = source().archive(source().find_archive(text))
    if as_json:
        write_json(read.plain(view))
        return 0
    facts = {
        "digest": view.digest,
        "references": read.former(view) or "-",
        "status": view.image_status + (", and active" if view.active else ""),
        "platform": "/".join(part for part in (view.os, view.architecture) if part) or "-",
        "distro": f"{view.distro_id} {view.distro_version}".strip() or "-",
        "packages": view.package_count,
        "analyzed": f"{view.analyzed_at:%Y-%m-%d %H:%M:%S} UTC",
        "archived": f"{view.archived_at:%Y-%m-%d %H:%M:%S} UTC",
        "audited": f"{view.audited_at:%Y-%m-%d %H:%M:%S} UTC" if view.audited_at else "not since",
        "damage": view.damage or "-",
        "last error": view.error or "-",
        "image": f"{view.size} bytes, {view.uncompressed_size} unpacked" if view.uncompressed_size else "-",
        "bundle": view.bundle_key,
        "size": f"{view.bundle_size} bytes",
        "sha256": view.bundle_sha256,
    }
    for name, value in facts.items():
        sys.stdout.write(f"{name:<10}  {printable(str(value))}\n")
    return 0


def status(*, limit: int, as_json: bool) -> int:
    """List what is under way or wrong, the longest first."""
    found = source().under_way(limit=limit)
    if as_json:
        write_json([read.plain(item) for item in found])
        return 0
    rows = (
        (
            item.digest[:19],
            item.state,
            f"{item.since:%Y-%m-%d %H:%M:%S}",
            _left(item.documents, item.bundles),
            item.error,
        )
        for item in found
    )
    header = ("digest", "state", "since", "left", "error")
    write_table(header, rows, empty="Nothing is under way, and nothing has failed.")
    return 0


def audited(*, execution_id: str | None = None, limit: int = 20, as_json: bool) -> int:
    """List audits, the last one first, or one; 1 when one of them found damage."""
    found = source().audits(limit=limit)
    if execution_id is not None:
        found = [audit for audit in found if audit.execution_id == execution_id]
    if as_json:
        write_json([read.plain(audit) for audit in found])
    else:
        rows = (
            (
                f"{audit.started_at:%Y-%m-%d %H:%M}",
                f"{audit.finished_at:%Y-%m-%d %H:%M}" if audit.finished_at else "not yet",
                audit.whole,
                sizes(audit.bytes),
                audit.damaged,
                audit.missing,
                audit.cold,
            )
            for audit in found
        )
        header = ("started", "finished", "whole", "read", "damaged", "missing", "cold")
        write_table(header, rows, empty="No audit yet. `cargohold archives audit` makes one.")
    return int(any(audit.damaged or audit.missing for audit in found[:1]))


def _left(documents: int, bundles: int) -> str:
    said = [f"{documents} documents"] * bool(documents) + [f"{bundles} bundles"] * bool(bundles)
    return ", ".join(said) or "-"
