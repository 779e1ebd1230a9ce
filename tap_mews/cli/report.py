"""The report of a run: what was due, what came, and what it took.

`docs/report.schema.json` describes its form. It holds identifiers of properties and
chains and names of properties of records, but no value of a record.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tap_mews import __version__
from tap_mews.errors import ReportError
from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tap_mews.metrics.coverage import Partition
    from tap_mews.metrics.usage import UsageRecorder
    from tap_mews.reading.windows import Window
    from tap_mews.streams.monitored import MonitoredStream

HEAD = ("stream", "of", "way", "read", "rows", "requests", "retries", "MB", "waited s")
LEFT = 4
"""Columns of words; the others are numbers."""


@dataclass(frozen=True)
class Report:
    """What one run has read.

    Attributes:
        began: When the run began, by the clock of this machine.
        shared: What no single stream has caused.
        streams: The selected ones.
        error: What ended the run before its time, if something did.
        current: The stream that was being read then.
    """

    began: datetime
    shared: UsageRecorder
    streams: Sequence[MonitoredStream]
    error: BaseException | None = None
    current: str | None = None

    @property
    def outcome(self) -> str:
        """`complete`, `incomplete`, `failed` or `stopped`."""
        if self.error is None:
            whole = all(stream.completeness.is_complete for stream in self.streams)
            return "complete" if whole else "incomplete"
        return "failed" if isinstance(self.error, Exception) else "stopped"

    def document(self) -> dict[str, Any]:
        """The report as it is written."""
        failed = [each.name for each in self.streams if each.completeness.has_failed]
        return {
            "tap": "tap-mews",
            "version": __version__,
            "began": format_moment(self.began),
            "ended": format_moment(datetime.now(timezone.utc)),
            "outcome": self.outcome,
            "failed_stream": next(iter(failed), self.current),
            # the words of an error are in the log; some name the Id of a record
            "error": self.error and type(self.error).__name__,
            "shared": _costs(self.shared),
            "streams": [_stream(stream) for stream in self.streams],
        }

    def table(self) -> str:
        """The report for people, one line for each part of a stream."""
        rows = [
            _row(stream, part)
            for stream in self.streams
            for part in stream.completeness.parts.values() or [None]
        ]
        shared = self.shared.total
        took = (shared.requests, shared.retries, shared.answer_bytes)
        waited = shared.retry_seconds + shared.budget_seconds
        rows.append(["(all streams)", "", "", "", "", *_numbers(*took, waited), ""])
        lines = [[*HEAD, ""], *rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width)
                if number < LEFT or number == len(HEAD)
                else cell.rjust(width)
                for number, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def write(self, path: Path) -> None:
        """Write the report; whoever reads the file sees all of it, or the one before.

        Raises:
            ReportError: It cannot be written.
        """
        text = json.dumps(self.document(), indent=2) + "\n"
        fresh = path.with_name(f".{path.name}.new")
        try:
            fresh.write_text(text, "utf-8")
            fresh.replace(path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            msg = (
                f"The report cannot be written to {path}: {error.strerror}; make room "
                "or set report_path. All records and the state are out"
            )
            raise ReportError(msg) from None


def _stream(stream: MonitoredStream) -> dict[str, Any]:
    kept = stream.completeness
    drift = stream.drift
    return {
        "stream": stream.name,
        "complete": kept.is_complete,
        **_costs(stream.accounts.stream),
        "rows": stream.accounts.stream.total.rows,
        "drift": {
            "unknown_properties": list(drift.unknown),
            "invalid_records": drift.passed_on,
        },
        "parts": [_part(stream.scope_of, part) for part in kept.parts.values()],
    }


def _part(scope: str, part: Partition) -> dict[str, Any]:
    before, after = part.bookmarks
    return {
        "scope": scope,
        "ids": None if part.ids is None else list(part.ids),
        "complete": part.is_complete,
        "ways": sorted(part.ways),
        "due": _window(part.due),
        "read": _window(part.read),
        "bookmark": {"before": before, "after": after},
        **_costs(part.account),
        "rows": part.account.total.rows,
    }


def _costs(account: UsageRecorder) -> dict[str, Any]:
    total = account.total
    return {
        "requests": total.requests,
        "retries": total.retries,
        "bytes": {"answers": total.answer_bytes, "files": total.file_bytes},
        "waits": {
            "retries": round(total.retry_seconds, 3),
            "rate_budget": round(total.budget_seconds, 3),
            "exports": round(total.export_seconds, 3),
        },
    }


def _window(window: Window | None) -> dict[str, str | None] | None:
    if window is None:
        return None
    start = None if window.start is None else format_moment(window.start)
    return {"start": start, "end": format_moment(window.end)}


def _row(stream: MonitoredStream, part: Partition | None) -> list[str]:
    if part is None:
        return [stream.name, "", "", "nothing", *[""] * 5, "NOT READ"]
    total = part.account.total
    ids = part.ids or ()
    many = f"{len(ids)} {'properties' if stream.scope_of == 'property' else 'chains'}"
    waited = total.retry_seconds + total.budget_seconds + total.export_seconds
    return [
        stream.name,
        "all" if not ids else ids[0] if len(ids) == 1 else many,
        ", ".join(sorted(part.ways)) or "-",
        str(part.read or "nothing"),
        f"{total.rows:,}",
        *_numbers(
            total.requests,
            total.retries,
            total.answer_bytes + total.file_bytes,
            waited,
        ),
        "" if part.is_complete else "INCOMPLETE",
    ]


def _numbers(requests: int, retries: int, size: int, waited: float) -> list[str]:
    return [f"{requests:,}", f"{retries:,}", f"{size / 1e6:,.1f}", f"{waited:,.1f}"]
