"""The report of a run: what was due, what came, and what it took.

`docs/report.schema.json` describes its form. It holds identifiers of properties and
chains, and names and JSON types of properties of records, but no value of a record.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tap_mews import __version__
from tap_mews.errors import ReportError
from tap_mews.metrics.usage import Usage
from tap_mews.tables import aligned
from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator
    from pathlib import Path

    from tap_mews.metrics.record import PartitionRecord, RunRecord, StreamRecord
    from tap_mews.reading.windows import Window

HEAD = ("stream", "read until", "rows", "requests", "retries", "waited s", "")
NUMBERS = range(2, len(HEAD) - 1)

LONGEST_NAME = 36
"""Characters of a cell, so that a line has no more than a hundred."""

MAX_UNREAD = 5
"""Streams that were not read that have a line each. Where a run ends at its first
request, none was read, and its error must not be lost behind all of them."""


@contextmanager
def reported(
    record: RunRecord, path: Path | None, logger: logging.Logger
) -> Iterator[None]:
    """Report what is read within the block when it ends, however it ends.

    Args:
        record: Of the run.
        path: Where the report goes, if it is wanted.
        logger: Takes the table.

    Raises:
        ReportError: The file cannot be written, and nothing else is wrong.
    """
    error: BaseException | None = None
    try:
        yield
    except BaseException as reason:
        error = reason
        raise
    finally:
        record.end(error)
        for line in table(record):
            logger.info("%s", line)
        try:
            if path is not None:
                write(document(record), path)
        except ReportError as trouble:
            if error is None:
                raise
            logger.warning("%s", trouble)


def document(run: RunRecord) -> dict[str, Any]:
    """The report as it is written."""
    failed = [each.name for each in run.streams.values() if each.has_failed]
    current = run.reading and run.reading.name
    return {
        "tap": "tap-mews",
        "version": __version__,
        "began": format_moment(run.began),
        "ended": format_moment(run.ended),
        "outcome": _outcome(run),
        "failed_stream": next(iter(failed), current),
        # the words of an error are in the log; some name the Id of a record
        "error": run.error and run.error.__name__,
        "failures": [
            {
                "stream": each.stream,
                "name": each.whose,
                "ids": list(each.ids),
                "error": each.kind.__name__,
            }
            for each in run.failures
        ],
        "shared": _usage(run.usage),
        "streams": [_stream(each) for each in run.streams.values()],
    }


def table(run: RunRecord) -> Iterator[str]:
    """The report for people: a line for what brought rows or trouble, and the sums."""
    rows: list[list[str]] = []
    quiet: list[StreamRecord] = []
    unread: list[StreamRecord] = []
    for stream in run.streams.values():
        if stream.is_complete and not stream.rows and not stream.usage.retries:
            quiet.append(stream)
        elif not stream.partitions:
            unread.append(stream)
        else:
            rows += _rows(run, stream)
    names = [each.name for each in unread]
    if len(names) > MAX_UNREAD:
        names = [f"({len(names)} streams)"]
    rows += [[name, *[""] * len(NUMBERS), "", "NOT READ"] for name in names]
    if quiet:
        usage = sum((each.usage for each in quiet), Usage())
        rows.append([f"({len(quiet)} without new rows)", "", "0", *_numbers(usage), ""])
    streams = run.streams.values()
    usage = sum((each.usage for each in streams), run.usage)
    count = f"{sum(each.rows for each in streams):,}"
    rows.append(["(total, with lookups)", "", count, *_numbers(usage), ""])
    return aligned([[*HEAD], *rows], NUMBERS)


def write(report: dict[str, Any], path: Path) -> None:
    """Write a report; whoever reads the file sees all of it, or the one before.

    Raises:
        ReportError: It cannot be written.
    """
    text = json.dumps(report, indent=2) + "\n"
    place = path.resolve()  # a link stays one
    fresh = place.with_name(f".{place.name}.new")
    try:
        fresh.write_text(text, "utf-8")
        fresh.replace(place)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        msg = (
            f"The report cannot be written to {path}: {error.strerror}; free disk "
            "space or set report_path. Records and state are not affected"
        )
        raise ReportError(msg) from None


def _outcome(run: RunRecord) -> str:
    if run.error is not None:
        return "failed" if issubclass(run.error, Exception) else "stopped"
    whole = all(stream.is_complete for stream in run.streams.values())
    return "complete" if whole else "incomplete"


def _stream(stream: StreamRecord) -> dict[str, Any]:
    validator = stream.validator
    return {
        "stream": stream.name,
        "complete": stream.is_complete,
        **_usage(stream.usage),
        "rows": stream.rows,
        "drift": {
            "unknown_properties": validator.undocumented.types if validator else {},
            "invalid_records": validator.passed_on if validator else 0,
        },
        "parts": [_part(stream, each) for each in stream.partitions.values()],
    }


def _part(stream: StreamRecord, partition: PartitionRecord) -> dict[str, Any]:
    before, after = partition.bookmarks
    return {
        "scope": stream.scope,
        "ids": partition.ids and list(partition.ids),
        "complete": stream.is_read(partition),
        "ways": sorted(partition.methods),
        "due": _window(partition.due),
        "read": _window(partition.read),
        "bookmark": {"before": before, "after": after},
        **_usage(partition.usage),
        "rows": partition.rows,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "requests": usage.requests,
        "retries": usage.retries,
        "bytes": {"answers": usage.answer_bytes, "files": usage.file_bytes},
        "waits": {
            "retries": round(usage.retry_seconds, 3),
            "rate_budget": round(usage.budget_seconds, 3),
            "exports": round(usage.export_seconds, 3),
        },
    }


def _window(window: Window | None) -> dict[str, str | None] | None:
    return (
        window
        if window is None
        else {
            "start": None if window.start is None else format_moment(window.start),
            "end": format_moment(window.end),
        }
    )


def _rows(run: RunRecord, stream: StreamRecord) -> Iterator[list[str]]:
    """A line for each bookmark of a stream: that of most enterprises has no name."""
    for number, partition in stream.partitions.items():
        if number and not partition.due:
            continue
        name = stream.name
        if number and partition.ids:
            name += f", {run.names_of(partition.ids)}"
        yield [
            name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
            "" if partition.read is None else f"{partition.read.end:%Y-%m-%d %H:%M}",
            f"{partition.rows:,}",
            *_numbers(partition.usage),
            "" if stream.is_read(partition) else "INCOMPLETE",
        ]


def _numbers(usage: Usage) -> list[str]:
    waited = usage.retry_seconds + usage.budget_seconds + usage.export_seconds
    return [f"{usage.requests:,}", f"{usage.retries:,}", f"{waited:,.1f}"]
