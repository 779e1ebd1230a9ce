"""What follows from how an export ended: it is read, or requested again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_mews.errors import ExportFailedError, UnexpectedAnswerError
from tap_mews.exports.api import ExportStatus
from tap_mews.exports.polling import seconds_taken

if TYPE_CHECKING:
    from tap_mews.exports.api import Export
    from tap_mews.exports.jobs import EntityExports, ExportJob

MAX_LOSSES = 3
"""How often an export may expire or be forgotten before that is an error."""

logger = logging.getLogger("tap-mews.exports")


def apply(
    entity: EntityExports, job: ExportJob, found: Export | None, looked: float
) -> None:
    """Act on what Mews says of an export that was running.

    Args:
        entity: The exports of its type.
        job: The export.
        found: As Mews shows it now; None if it does not know it.
        looked: When it was asked, monotonic seconds.

    Raises:
        ExportFailedError: Mews cannot make it, not even of smaller windows.
        UnexpectedAnswerError: It is ready and has no files.
    """
    if found is None:
        recreate(entity, job, "disappeared at Mews")
        return
    status, before = found.status, job.listed
    job.export, job.listed = found, looked
    if status is ExportStatus.EXPIRED:
        recreate(entity, job, "expired")
    elif status is ExportStatus.FAILED:
        _replace_failed(entity, job)
    elif found.lacks_files:
        msg = (
            f"{job} is ready, but Mews lists no files "
            "(Files: null); ask Mews support about this export, then run again"
        )
        raise UnexpectedAnswerError(msg)
    elif status is ExportStatus.SUCCESS:
        files = found.files or []
        sizes = [file.size for file in files if file.size is not None]
        size = f"{sum(sizes):,} bytes" if len(sizes) == len(files) else "size unknown"
        entity.seconds = seconds_taken(job.since, before, looked, entity.seconds)
        outcome = f"{len(files)} file(s), {size}"
        logger.info("%s: %s is ready: %s", entity.stream, job, outcome)


def recreate(entity: EntityExports, job: ExportJob, reason: str) -> None:
    """Request an export again, after those that Mews still works on.

    Raises:
        ExportFailedError: That happened too often.
    """
    job.request.losses += 1
    if job.request.losses > MAX_LOSSES:
        msg = (
            f"exports/getAll: {job} {reason}, and so did {MAX_LOSSES} before it; "
            "ask Mews support about this export, then run again"
        )
        raise ExportFailedError(msg)
    logger.warning("%s: %s %s; requesting it again", entity.stream, job, reason)
    entity.requeue(job)


def _replace_failed(entity: EntityExports, job: ExportJob) -> None:
    """Try a failed export once more as it was, then in smaller parts."""
    entity.requeue(job)
    request = entity.requests[0]
    request.failures += 1
    if request.failures == 1:
        logger.warning("%s: %s failed; requesting it again", entity.stream, job)
        return
    parts = entity.split()
    if not parts:
        msg = (
            f"{job} failed, as did every retry for this window; "
            "ask Mews support about this export, then run again"
        )
        raise ExportFailedError(msg)
    outcome = f"splitting its window into {parts} parts"
    logger.warning("%s: %s failed again; %s", entity.stream, job, outcome)
