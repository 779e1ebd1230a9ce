"""Exports of one entity type: what is to be asked for, what Mews works on."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tap_mews.errors import TapMewsError
from tap_mews.exports.api import Export, ExportsApi, ExportStatus, are_shown
from tap_mews.identifiers import as_requested
from tap_mews.reading.windows import Window, cut
from tap_mews.timestamps import ONE_DAY, format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from tap_mews.api.operations import TimeFilter
    from tap_mews.metrics.record import PartitionRecord, StreamRecord
    from tap_mews.reading.reader import Slice

SavedJob = dict[str, str]
"""A job as the state holds it: id, start, end, added and scope, where they apply."""


@dataclass
class ExportRequest:
    """An export to be asked for.

    Attributes:
        slice: What the window was cut from.
        window: The slice of time.
        failures: How often Mews could not make it.
        losses: How often it was made and then gone.
    """

    slice: Slice
    window: Window
    failures: int = 0
    losses: int = 0


@dataclass
class ExportJob:
    """An export that Mews has taken.

    Attributes:
        request: What was asked for.
        export: As Mews showed it last.
        added: When Mews took it, by its clock.
        since: When this run began to wait for it, monotonic seconds.
        listed: When the URLs of its files were made, monotonic seconds.
    """

    request: ExportRequest
    export: Export
    added: datetime
    since: float
    listed: float

    @property
    def id(self) -> str:
        """Given by Mews."""
        return self.export.id

    @property
    def is_ready(self) -> bool:
        """Whether its files can be read."""
        status = self.export.status
        return status is ExportStatus.SUCCESS and not self.export.lacks_files

    @property
    def is_running(self) -> bool:
        """Whether Mews works on it."""
        return self.export.status.is_running

    def __str__(self) -> str:
        """The export as log lines and errors name it."""
        return f"export {self.id} ({self.request.window})"

    def saved(self) -> SavedJob:
        """What the state keeps of it."""
        window, slice_ = self.request.window, self.request.slice
        saved = {"id": self.id, "end": format_moment(window.end)}
        if window.start is not None:
            saved["start"] = format_moment(window.start)
        if scope := fingerprint(slice_):
            saved["scope"] = scope
        return saved | {"added": format_moment(self.added)}


@dataclass(eq=False)
class EntityExports:
    """The exports of one entity type, one after the other.

    Attributes:
        stream: Name of the stream that reads them.
        entity_type: As Mews calls it.
        scope_key: Property of `Scope` that selects among what the token reaches.
        filter: How it is cut by time.
        longest: Length of a window.
        lookback: What is read again before a bookmark.
        beginning: Gives the earliest moment that data can have.
        save: Takes the jobs that the state is to hold.
        record: Of the stream.
        api: The operations, with the token that the exports are made for.
        requests: Not asked for yet, in order of time.
        jobs: Asked for, in order of time and before all requests.
        window_count: How many windows there are, known ones and those that are read.
        blocked_since: When another export of the type was met, monotonic seconds.
        retry_at: When to try to add again, monotonic seconds.
        seconds: How long the last export took; None if unknown.
        is_unsaved: Whether the jobs have changed since they were last saved.
        error: Raised when an export is waited for, so that the failure of one stream
            does not end the reading of another.
    """

    stream: str
    entity_type: str
    scope_key: str
    filter: TimeFilter
    longest: timedelta
    lookback: timedelta
    beginning: Callable[[], datetime]
    save: Callable[[list[SavedJob]], None]
    record: StreamRecord
    api: ExportsApi
    requests: deque[ExportRequest] = field(default_factory=deque)
    jobs: deque[ExportJob] = field(default_factory=deque)
    window_count: int = 0
    blocked_since: float | None = None
    retry_at: float = 0.0
    seconds: float | None = None
    is_unsaved: bool = False
    error: TapMewsError | None = None

    @property
    def is_busy(self) -> bool:
        """Whether Mews works on one of them."""
        return any(job.is_running for job in self.jobs)

    @property
    def upcoming(self) -> ExportRequest | None:
        """What comes next, asked for or not; None if there is no more."""
        return self.jobs[0].request if self.jobs else next(iter(self.requests), None)

    @property
    def partition(self) -> PartitionRecord:
        """Of what comes next; there must be something."""
        requests = [job.request for job in self.jobs] or self.requests
        return self.record.of(requests[0].slice)

    def awaited(self, now: float) -> tuple[str, float]:
        """The status of the export that is waited for, and since when it is.

        Args:
            now: Monotonic seconds, as what is given back.
        """
        if self.jobs:
            job = self.jobs[0]
            return job.export.status_text, job.since
        since = now if self.blocked_since is None else self.blocked_since
        return "another export runs", since

    @contextmanager
    def deferring_errors(self) -> Iterator[None]:
        """Keep an error until an export is waited for."""
        try:
            yield
        except TapMewsError as error:
            self.error = error

    def scope(self, request: ExportRequest) -> dict[str, Sequence[str]] | None:
        """`Scope` of `exports/add`, or None for all that the token reaches."""
        ids = as_requested(request.slice.scope)
        return None if ids is None else {self.scope_key: ids}

    def plan(
        self,
        slices: Sequence[Slice],
        saved: Sequence[Mapping[str, str]],
        exports: Mapping[str, Export],
        now: float,
    ) -> list[str]:
        """Resume the exports of a previous run, and cut the rest into requests.

        Args:
            slices: The pending slices, in order.
            saved: Jobs from the state.
            exports: Those that Mews still knows, by id.
            now: Monotonic seconds.

        Returns:
            Identifiers of jobs that are of no use.
        """
        left = deque(saved)
        for slice_ in slices:
            start, adopted = slice_.start, False
            latest = slice_.bookmark or start
            while left and (job := self._adopt(left[0], slice_, latest, exports, now)):
                left.popleft()
                self.jobs.append(job)
                adopted = True
                latest = self.filter.complete_until(job.request.window, job.added)
                # what was late for that run is read again, as after any run
                start = latest - self.lookback
            if not adopted or (latest is not None and latest < slice_.end):
                self.requests.extend(
                    ExportRequest(slice_, window)
                    for window in self.windows(slice_, start)
                )
        self.window_count = len(self.jobs) + len(self.requests)
        return [job["id"] for job in left]

    def windows(self, slice_: Slice, start: datetime | None) -> Iterator[Window]:
        """The windows of a slice from a moment on."""
        if start is None:
            yield Window(None, slice_.end)
        else:
            gap = self.filter.gap
            yield from cut(start, slice_.end, self.longest - gap, gap)

    def requeue(self, job: ExportJob) -> None:
        """Request a job and those after it again, in the same order."""
        while self.jobs and self.jobs[-1] is not job:
            self.requests.appendleft(self.jobs.pop().request)
        self.requests.appendleft(self.jobs.pop().request)
        self.is_unsaved = True

    def split(self) -> int:
        """Replace the first request by smaller ones, if it is longer than a day.

        Returns:
            How many there are now in its place; 0 if it cannot be cut.
        """
        request = self.requests[0]
        parts = list(self._smaller(request))
        if parts:
            self.requests.popleft()
            self.requests.extendleft(
                ExportRequest(request.slice, part, request.failures)
                for part in reversed(parts)
            )
            self.window_count += len(parts) - 1
        return len(parts)

    def _smaller(self, request: ExportRequest) -> Iterator[Window]:
        window = request.window
        if window.start is None:
            yield from self.windows(request.slice, min(self.beginning(), window.end))
        elif window.end - window.start > ONE_DAY - self.filter.gap:
            yield from window.halves(self.filter.gap)

    def _adopt(
        self,
        saved: Mapping[str, str],
        slice_: Slice,
        latest: datetime | None,
        exports: Mapping[str, Export],
        now: float,
    ) -> ExportJob | None:
        """The job of an earlier run, if it can be the next one of a slice.

        Args:
            saved: The job as the state holds it.
            slice_: What is due.
            latest: The moment at which it must begin at the latest; None for a slice
                without a start.
            exports: Those that Mews still knows, by id.
            now: Monotonic seconds.
        """
        export = exports.get(saved["id"])
        window = Window(
            parse_moment(saved["start"]) if "start" in saved else None,
            parse_moment(saved["end"]),
        )
        if (
            export is None
            or export.lacks_files
            or export.status in {ExportStatus.FAILED, ExportStatus.EXPIRED}
            or export.entity_type != self.entity_type
            or saved.get("scope", "") not in fingerprints(slice_)
            or not are_shown(self.filter, window, export.filters)
            or not _serves(window, latest, slice_.end, self.filter.gap)
            or _lacks_lookback(window, slice_)
        ):
            return None
        added = parse_moment(saved["added"])
        return ExportJob(ExportRequest(slice_, window), export, added, now, listed=now)


def fingerprint(slice_: Slice) -> str:
    """A short name for whose rows an export of a slice has.

    That is what it asks for and, where it asks for all, what all was: an export that
    was added before an enterprise joined lacks that enterprise. A thousand identifiers
    would swell the state. Empty where nothing is asked for and nothing known.
    """
    if slice_.scope is None and slice_.ids is None:
        return ""
    parts = [sorted(slice_.scope or ()), sorted(slice_.ids or ())]
    if slice_.token_enterprises is not None:
        parts.append(sorted(slice_.token_enterprises))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def fingerprints(slice_: Slice) -> set[str]:
    """The fingerprints of all exports that have the rows of a slice.

    All that a token reads can be asked for with and without naming it, and it is named
    only once it is held back.
    """
    found = {fingerprint(slice_)}
    if slice_.scope is None:
        found.add(fingerprint(replace(slice_, scope=slice_.ids)))
    elif slice_.ids is not None and set(slice_.scope) == set(slice_.ids):
        found.add(fingerprint(replace(slice_, scope=None)))
    return found


def _lacks_lookback(window: Window, slice_: Slice) -> bool:
    """Whether a window reads less before the bookmark than is to be read now."""
    start, reached = slice_.start, slice_.bookmark
    if window.start is None or start is None or reached is None:
        return False
    return start < window.start < reached


def _serves(
    window: Window,
    latest: datetime | None,
    end: datetime,
    gap: timedelta,
) -> bool:
    """Whether a window skips nothing that is pending, and adds something."""
    if window.start is None or latest is None:
        return window.start is latest and window.end <= end
    return window.start <= latest + gap and latest <= window.end <= end
