"""The audit: reads bundles of the archive again, those that were read longest ago first, and says how they are.

An archiving verifies its bundle once. What becomes of it in the years after, a disk or a bucket's rule decides,
and a restore is late to learn of it. A run takes a sample, so that its cost is bounded, and after
`archived / sample` runs every bundle was read. It is cut into parts by messages with a hop count.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from archive import rows
from archive.steps.cleanup import delete_other_attempts
from archive.steps.run import Services
from archive.stored import Condition, Found, look_at
from cargohold import digests
from cargohold.contracts import BundleDamaged, ScheduledRun, now
from cargohold.database.connection import Cursor, Database
from cargohold.identifiers import event_id
from cargohold.telemetry import logger, metrics

SHARE = 50  # one bundle of so many, by default: with a weekly audit all of them in a year
LEAST, MOST = 20, 5_000  # bundles of one audit, unless the run says how many
BUNDLES = 200  # a part of an audit; the next one is a message
HOPS = 10_000

_BEGIN = """
INSERT INTO archive_audit AS a (execution_id, wanted, hops)
SELECT %(id)s, coalesce(%(sample)s, least(greatest(count(*) / %(share)s + 1, %(least)s), %(most)s)), %(hops)s
FROM archived_image
ON CONFLICT (execution_id) DO UPDATE SET hops = greatest(a.hops, excluded.hops)
RETURNING wanted - whole - damaged - missing - cold, hops, started_at, finished_at IS NOT NULL
"""

# Each bundle once an audit: what was looked at is younger than the audit.
_OLDEST = """
SELECT digest FROM archived_image WHERE status = 'archived' AND coalesce(audited_at, archived_at) < %(before)s
ORDER BY coalesce(audited_at, archived_at), digest LIMIT %(limit)s
"""


@dataclass(slots=True)
class Report:
    """What one part of an audit found. `finished` is False when a message was sent for the next part."""

    whole: int = 0
    damaged: int = 0
    missing: int = 0
    cold: int = 0
    bytes: int = 0
    finished: bool = True


def audit(services: Services, run: ScheduledRun, *, enough: Callable[[], bool] = lambda: False) -> Report:
    """Look at the next bundles, and send for the rest of them when there are many, or when `enough()`.

    A bundle that is damaged or missing is in its row, in the log, in the metric `BundlesDamaged` and on the
    bus. Raises transient errors; the part can then be repeated.
    """
    execution = run.execution_id or run.correlation_id
    left, hops, started, finished = _begin(services.database, execution, run)
    report = Report()
    if finished or hops != run.hops:
        return report  # a copy of a message whose work is done
    for digest in _oldest(services.database, started, min(left, BUNDLES)):
        _look(services, execution, digest, run, report)
        left -= 1
        if enough():
            break
    more = left > 0 and run.hops < HOPS and bool(_oldest(services.database, started, 1))
    if more:
        services.messenger.send("archive", run.model_copy(update={"execution_id": execution, "hops": run.hops + 1}))
    else:
        services.database.run(lambda cursor: _finish(cursor, execution))
    report.finished = not more
    metrics.add_metric(name="BundlesAudited", unit="Count", value=report.whole + report.damaged + report.missing)
    metrics.add_metric(name="BundlesDamaged", unit="Count", value=report.damaged + report.missing)
    logger.info("bundles audited", extra=asdict(report))
    return report


def _begin(database: Database, execution: str, run: ScheduledRun) -> tuple[int, int, datetime, bool]:
    def work(cursor: Cursor) -> tuple[int, int, datetime, bool]:
        cursor.execute(
            _BEGIN,
            {
                "id": execution,
                "sample": run.sample,
                "share": SHARE,
                "least": LEAST,
                "most": MOST,
                "hops": run.hops,
            },
        )
        left, hops, started, finished = cursor.fetchone()
        return left, hops, started, finished

    return database.run(work)


def _oldest(database: Database, before: datetime, limit: int) -> list[str]:
    def work(cursor: Cursor) -> list[str]:
        cursor.execute(_OLDEST, {"before": before, "limit": max(0, limit)})
        return [digests.to_text(row[0]) for row in cursor.fetchall()]

    return database.run(work)


def _look(services: Services, execution: str, digest: str, run: ScheduledRun, report: Report) -> None:
    def read(cursor: Cursor) -> rows.ArchivedRow | None:
        return rows.read(cursor, digest).archived

    archived = services.database.run(read)
    if archived is None:
        return
    found = look_at(services.archive, digest, archived)
    # A bundle that was replaced or deleted meanwhile is nobody's.
    if not services.database.run(lambda cursor: _record(cursor, execution, digest, archived, found)):
        return
    delete_other_attempts(services, digest)
    name = found.condition.value
    setattr(report, name, getattr(report, name) + 1)
    if found.condition is Condition.WHOLE:
        report.bytes += archived.bundle_size
    if found.damage:
        logger.error("bundle is not whole", extra={"image": digest, "damage": found.damage})
        services.messenger.publish(
            BundleDamaged(
                event_id=event_id("BundleDamaged", digest, archived.bundle_key, execution),
                at=now(),
                image=digest,
                references=archived.references,
                bundle_key=archived.bundle_key,
                damage=found.damage,
                correlation_id=run.correlation_id,
            )
        )


def _record(cursor: Cursor, execution: str, digest: str, archived: rows.ArchivedRow, found: Found) -> bool:
    cursor.execute(
        "UPDATE archived_image SET audited_at = clock_timestamp(), damage = %s WHERE digest = %s AND bundle_key = %s",
        (found.damage, digests.to_bytes(digest), archived.bundle_key),
    )
    if not cursor.rowcount:
        return False
    whole = found.condition is Condition.WHOLE
    cursor.execute(
        f"UPDATE archive_audit SET {found.condition.value} = {found.condition.value} + 1, "  # noqa: S608 -- constants
        "bytes = bytes + %s WHERE execution_id = %s",
        (archived.bundle_size if whole else 0, execution),
    )
    return True


def _finish(cursor: Cursor, execution: str) -> None:
    cursor.execute("UPDATE archive_audit SET finished_at = now() WHERE execution_id = %s", (execution,))
