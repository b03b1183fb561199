"""Attempts: how each try to analyze a reference went.

A row is the highest of the states that its messages report, so their order does not matter:
analyzed, then failed for good, then the later of started and failed-for-now. Readers show the newest
attempt of a reference, and one that is past its deadline as given up: nothing here waits for time.
"""

from datetime import datetime

from cargohold.contracts import AnalysisFailed, AnalysisReady, AnalysisStarted, Reference
from cargohold.database.batch import Batch, Statement
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.identifiers import made_at
from cargohold.lifecycle import AnalysisStatus
from persist.text import LONG_BYTES, fit

_STARTED = Statement(
    """
INSERT INTO attempt (analysis_id, registry, repository, tag, digest, status, started_at, deadline)
VALUES (%(id)s, %(registry)s, %(repository)s, %(tag)s, %(digest)s, %(status)s, %(started_at)s, %(deadline)s)
ON CONFLICT (analysis_id) DO UPDATE SET
    status = EXCLUDED.status, started_at = EXCLUDED.started_at, deadline = EXCLUDED.deadline,
    digest = coalesce(EXCLUDED.digest, attempt.digest), error_code = '', error_message = '', finished_at = NULL
WHERE NOT attempt.final
  AND EXCLUDED.started_at > coalesce(attempt.finished_at, attempt.started_at)
""",
    "id uuid, registry text, repository text, tag text, digest bytea, status text, started_at timestamptz, "
    "deadline timestamptz",
)

_FAILED = Statement(
    """
INSERT INTO attempt (analysis_id, registry, repository, tag, digest, status, started_at, finished_at, final,
    error_code, error_message)
VALUES (%(id)s, %(registry)s, %(repository)s, %(tag)s, %(digest)s, %(status)s, %(started_at)s, %(failed_at)s,
    %(final)s, %(error_code)s, %(error_message)s)
ON CONFLICT (analysis_id) DO UPDATE SET
    status = EXCLUDED.status, finished_at = EXCLUDED.finished_at, final = EXCLUDED.final, deadline = NULL,
    started_at = CASE WHEN EXCLUDED.final THEN EXCLUDED.started_at ELSE attempt.started_at END,
    digest = coalesce(EXCLUDED.digest, attempt.digest),
    error_code = EXCLUDED.error_code, error_message = EXCLUDED.error_message
WHERE NOT attempt.final
  AND (EXCLUDED.final OR EXCLUDED.finished_at >= coalesce(attempt.finished_at, attempt.started_at))
""",
    "id uuid, registry text, repository text, tag text, digest bytea, status text, started_at timestamptz, "
    "failed_at timestamptz, final boolean, error_code text, error_message text",
)

_FINISHED = Statement(
    """
INSERT INTO attempt (analysis_id, registry, repository, tag, digest, status, started_at, finished_at, final)
VALUES (%(id)s, %(registry)s, %(repository)s, %(tag)s, %(digest)s, %(status)s, %(started_at)s, now(), true)
ON CONFLICT (analysis_id) DO UPDATE SET
    status = EXCLUDED.status, finished_at = EXCLUDED.finished_at, final = true, deadline = NULL,
    started_at = EXCLUDED.started_at, digest = EXCLUDED.digest, error_code = '', error_message = ''
WHERE attempt.status <> EXCLUDED.status
""",
    "id uuid, registry text, repository text, tag text, digest bytea, status text, started_at timestamptz",
)

_IS_NEWS = Statement(
    """
SELECT EXISTS (
    SELECT FROM attempt this
    WHERE this.analysis_id = %(id)s AND this.status = 'analysis_failed' AND this.final
      AND NOT EXISTS (
        SELECT FROM attempt later
        WHERE later.registry = this.registry AND later.repository = this.repository AND later.tag = this.tag
          AND (later.digest = this.digest OR later.digest IS NULL OR this.digest IS NULL)
          AND later.analysis_id > this.analysis_id))
""",
    "id uuid",
)


def started(batch: Batch, message: AnalysisStarted) -> None:
    """Record that an attempt began, unless it has ended already."""
    batch.add(
        _STARTED,
        _who(message.reference, message.image)
        | {
            "id": message.analysis_id,
            "status": AnalysisStatus.ANALYZING,
            "started_at": message.started_at,
            "deadline": message.deadline,
        },
    )
    batch.run()


def failed(batch: Batch, message: AnalysisFailed) -> bool:
    """Record that an attempt failed; tell whether its users should hear of it.

    That is when it is final and neither finished otherwise nor superseded by a newer attempt.
    """
    batch.add(
        _FAILED,
        _who(message.reference, message.image)
        | {
            "id": message.analysis_id,
            "status": AnalysisStatus.ANALYSIS_FAILED,
            "started_at": made_at(message.analysis_id),
            "failed_at": message.failed_at,
            "final": message.final,
            "error_code": fit(message.error_code, 100),
            "error_message": fit(message.error_message, LONG_BYTES),
        },
    )
    if not message.final:
        batch.run()
        return False
    ((news,),) = batch.fetch(_IS_NEWS, {"id": message.analysis_id})
    return bool(news)


def finished(batch: Batch, message: AnalysisReady) -> None:
    """Record, with the next run of `batch`, that an attempt gave a result. Others' results have no attempt."""
    if message.origin != "analysis" or not message.references:
        return
    batch.add(
        _FINISHED,
        _who(message.references[0], message.image)
        | {
            "id": message.analysis_id,
            "status": AnalysisStatus.ANALYZED,
            "started_at": made_at(message.analysis_id),
        },
    )


def prune(cursor: Cursor, before: datetime, limit: int) -> int:
    """Delete at most `limit` of the attempts that began before `before` and return how many."""
    cursor.execute(
        "DELETE FROM attempt WHERE analysis_id IN "
        "(SELECT analysis_id FROM attempt WHERE started_at < %s ORDER BY started_at LIMIT %s)",
        (before, limit),
    )
    return cursor.rowcount


def _who(reference: Reference, image: str | None) -> dict[str, object]:
    digest = image or reference.digest
    return {
        "registry": fit(reference.registry, 500),
        "repository": fit(reference.repository, 1_000),
        "tag": fit(reference.tag, 500),
        "digest": to_bytes(digest) if digest else None,
    }
