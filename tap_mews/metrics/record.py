"""What is known of a run, of its streams, and of each partition of them.

It is written while rows are read. The report, metrics, log lines and the progress bar
are views of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tap_mews.metrics.usage import StreamMetrics, Usage, UsageRecord
from tap_mews.reading.windows import Window
from tap_mews.wording import abbreviated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_mews.clock import Clock
    from tap_mews.reading.reader import Slice, WindowRead
    from tap_mews.records.validator import RecordValidator

PROGRESS_SECONDS = 30.0
"""Between two log lines that show how far a stream, a file or an export is."""


@dataclass(eq=False)
class PartitionRecord(UsageRecord):
    """What has a scope and a bookmark of its own.

    Attributes:
        ids: The enterprises or chains, or None if unknown.
        rows: Records that were delivered.
        bookmarks: Before the run and now, as the state has them.
        due: The time that was to be read, or None if nothing was due.
        read: The time that was delivered, or None.
        methods: How rows came.
    """

    ids: tuple[str, ...] | None = None
    rows: int = 0
    bookmarks: tuple[str | None, str | None] = (None, None)
    due: Window | None = None
    read: Window | None = None
    methods: set[str] = field(default_factory=set)


class StreamRecord:
    """What is known of one stream.

    Any thread may look up partitions and add usage to them; the rest is written by the
    thread that delivers rows.

    Attributes:
        name: Name of the stream.
        scope: What the ids of a partition are: `property` or `chain`.
        metrics: Of its usage.
        partitions: By bookmark, in the order in which they are read.
        rows: Records that were delivered.
        windows_done: Windows that were delivered.
        windows_known: Windows that there are, as far as is known.
        awaited: Status of the export that is waited for, and since when, in monotonic
            seconds.
        validator: Knows where rows are not as the schema, once any were checked.
        unread: The ids of each batch that could not be read; empty if unknown.
        has_failed: Whether it could not be opened.
        is_complete: Whether all that was due has been delivered.
    """

    def __init__(
        self, name: str, scope: str, clock: Clock, logger: logging.Logger
    ) -> None:
        """Start without partitions; the logger gets lines that show how far it is."""
        self.name = name
        self.scope = scope
        self.metrics = StreamMetrics(lambda: self.usage, clock, stream=name)
        self.partitions: dict[object, PartitionRecord] = {}
        self.rows = self.windows_done = self.windows_known = 0
        self.awaited: tuple[str, float] | None = None
        self.validator: RecordValidator | None = None
        self.unread: list[tuple[str, ...]] = []
        self.has_failed = self.is_complete = False
        self._current = PartitionRecord()
        self._clock = clock
        self._logger = logger

    @property
    def usage(self) -> Usage:
        """What reading all partitions took."""
        return sum((each.usage for each in [*self.partitions.values()]), Usage())

    def of(self, slice_: Slice) -> PartitionRecord:
        """The partition that a slice belongs to."""
        new = PartitionRecord(self.metrics.log_if_due, ids=slice_.ids or slice_.scope)
        return self.partitions.setdefault(slice_.partition, new)

    def is_read(self, partition: PartitionRecord) -> bool:
        """Whether all that was due of a partition has been delivered."""
        # they are read one after the other
        has_ended = bool(partition.methods) and partition is not self._current
        return self.is_complete or (
            has_ended and not any(self._is_of(each, partition) for each in self.unread)
        )

    @staticmethod
    def _is_of(ids: tuple[str, ...], partition: PartitionRecord) -> bool:
        """Whether a partition has some of these, or may have."""
        return not (ids and partition.ids and set(ids).isdisjoint(partition.ids))

    def plan(
        self,
        due: Sequence[Slice],
        others: Sequence[Slice],
        bookmark: Callable[[Slice], str | None],
    ) -> None:
        """Note what is pending, before any bookmark moves.

        Args:
            due: What is pending, in the order in which it is read.
            others: One slice of each partition, whether or not it is pending.
            bookmark: Gives the bookmark that a slice moves.
        """
        for slice_ in due:
            partition = self.of(slice_)
            partition.due = _joined(partition.due, Window(slice_.start, slice_.end))
        for slice_ in (*due, *others):
            before = bookmark(slice_)
            self.of(slice_).bookmarks = before, before

    def begin(self, read: WindowRead) -> None:
        """Note a window whose rows are now taken."""
        self.windows_known = read.known
        self._current = self.of(read.slice)
        self._current.methods.add(read.method)
        self._progress.log_if_due()

    def count(self, rows: int) -> None:
        """Note rows of that window that were delivered."""
        self.rows += rows
        self._current.rows += rows
        self._progress.log_if_due()

    def wait(self) -> None:
        """Say how far it is while no rows come; a window can be of many requests."""
        if self.windows_known:
            self._progress.log_if_due()

    def finish(self, read: WindowRead, bookmark: str | None) -> None:
        """Note that it was delivered whole, and the bookmark, which has moved."""
        if read.complete_until is not None:
            self._current.read = _joined(self._current.read, read.window)
        self._current.bookmarks = self._current.bookmarks[0], bookmark
        self.windows_done = read.number
        self._progress.log_if_due()

    def complete(self) -> None:
        """Note that all that was due has been delivered."""
        self.is_complete = True
        self._progress.log_end()

    @cached_property
    def _progress(self) -> Progress:
        """Its seconds begin with the first window."""
        return Progress(self, self._clock, self._logger)


@dataclass
class Progress:
    """Logs lines that show how far a stream is; its seconds begin when it is made."""

    record: StreamRecord
    clock: Clock
    logger: logging.Logger

    def __post_init__(self) -> None:
        """Begin."""
        self._began = self._logged = self.clock.monotonic()

    def log_if_due(self) -> None:
        """Log a line if the last one was long ago."""
        now = self.clock.monotonic()
        if now - self._logged >= PROGRESS_SECONDS:
            self._logged = now
            self.logger.info(
                "%s: %s records so far, %.0f %% of the windows done, %s a second",
                self.record.name,
                f"{self.record.rows:,}",
                100 * self.record.windows_done / self.record.windows_known,
                f"{self.record.rows / (now - self._began):,.0f}",
            )

    def log_end(self) -> None:
        """Log that all that was due has come, where that is news before the summary."""
        took_long = self.clock.monotonic() - self._began >= PROGRESS_SECONDS
        self.logger.log(
            logging.INFO if took_long else logging.DEBUG,
            "%s: complete, %s records in %.1f s",
            self.record.name,
            f"{self.record.rows:,}",
            self.clock.monotonic() - self._began,
        )


@dataclass(frozen=True)
class Failure:
    """What could not be read though other things could.

    Attributes:
        stream: Of which; None for all of them.
        whose: Name of the token or of the enterprises.
        ids: The enterprises, chains or parents, as far as they are known.
        kind: Of the error.
    """

    stream: str | None
    whose: str
    ids: tuple[str, ...]
    kind: type[BaseException]


class RunRecord(UsageRecord):
    """What is known of a run. Its own usage is what no single stream causes.

    Attributes:
        clock: Time of the run.
        metrics: Of that usage.
        streams: By name, those that are to be read.
        failures: What could not be read though other things could.
        names_of: Gives words for enterprises.
        reading: The stream that is being read, or that was when the run ended.
        began: When the run began, by the clock of this machine.
        ended: When it ended.
        error: Kind of what ended it before its time, if something did.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin."""
        self.clock = clock
        self.metrics = StreamMetrics(lambda: self.usage, clock)
        super().__init__(self.metrics.log_if_due)
        self.streams: dict[str, StreamRecord] = {}
        self.failures: list[Failure] = []
        self.names_of: Callable[[Sequence[str]], str] = ", ".join
        self.reading: StreamRecord | None = None
        self.began = self.ended = clock.now()
        self.error: type[BaseException] | None = None

    def describe_failures(self) -> str:
        """Whose rows of which streams could not be read, in words; empty if none."""
        streams: dict[str, list[str]] = {}
        for each in self.failures:
            known = streams.setdefault(each.whose, [])
            name = each.stream or "all streams"
            if name not in known:
                known.append(name)
        return "; ".join(
            f"{whose} ({abbreviated(known)})" for whose, known in streams.items()
        )

    def end(self, error: BaseException | None) -> None:
        """Note the end, and log the last points of all metrics."""
        self.error = None if error is None else type(error)
        self.ended = self.clock.now()
        self.metrics.log()
        for stream in self.streams.values():
            stream.metrics.log()


def _joined(known: Window | None, window: Window) -> Window:
    """The time from the first window to another, as they come in order of time."""
    return Window((known or window).start, window.end)
