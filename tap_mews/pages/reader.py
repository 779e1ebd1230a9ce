"""Reads a stream page by page, window by window."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from tap_mews.errors import (
    MewsError,
    RefusedError,
    TooHeavyError,
    UnauthorizedError,
)
from tap_mews.reading.reader import WindowRead
from tap_mews.reading.windows import Window, by_months

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from tap_mews.api.access import Access
    from tap_mews.api.operations import TimeFilter
    from tap_mews.pages.reach import Batch
    from tap_mews.reading.prefetch import Lane
    from tap_mews.reading.reader import Slice
    from tap_mews.records.validator import Rows

MONTHS = 1
"""Length of a window: short enough that many can be read at once."""

FIRST_SECONDS = 30.0
"""How long the first answer of a stream may hold up the others."""

logger = logging.getLogger("tap-mews.pages")


class Fetch(Protocol):
    """Fetches the rows of one window; may be called by several threads at once."""

    def batches(self, span: Slice) -> list[Batch]:
        """What each read of a window asks for."""

    def rows(self, span: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """What there is in a window of a slice, page by page."""


@dataclass(frozen=True)
class _Task:
    """A window to fetch.

    Attributes:
        moves: Whether the bookmark moves when it has been read.
    """

    span: Slice
    window: Window
    fetch: Fetch
    moves: bool = True


class PageReader:
    """Reads slices in windows of a calendar month.

    Each window is read ahead of the one whose rows are being written.
    """

    def __init__(
        self,
        stream: str,
        fetch: Fetch,
        lane: Lane[Rows],
        time_filter: TimeFilter | None,
        began: datetime,
        go_on_without: Callable[[Batch, MewsError], None],
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            stream: Its name, for log lines.
            fetch: Fetches the rows of one window.
            lane: Where the reads wait for their turn.
            time_filter: How windows are cut.
            began: When the run began, by the server's clock.
            go_on_without: Called where a batch cannot be read; raises the error if
                that leaves nothing to go on with.
        """
        self._stream = stream
        self._fetch = fetch
        self._lane = lane
        self._time_filter = time_filter
        self._began = began
        self._go_on_without = go_on_without
        self._last: list[_Task] = []
        self._tasks: list[tuple[_Task, int]] = []
        self._batches: list[Batch] = []

    def read_last(self, fetch: Fetch, slices: Sequence[Slice]) -> None:
        """Read some more when everything pending is read; it moves no bookmark.

        Args:
            fetch: Fetches the rows.
            slices: Whose rows, and when; a slice need not lie in the past.
        """
        self._last += [
            _Task(each, Window(each.start, each.end), fetch, moves=False)
            for each in slices
        ]

    def open(self, slices: Sequence[Slice]) -> None:
        """Cut the slices into windows, begin to read, and wait for the first answer.

        Trouble that is no refusal is raised when it is the stream's turn.

        Raises:
            UnauthorizedError: Mews does not let these tokens read it.
            RefusedError: Mews does not take the request.
        """
        tasks = [
            _Task(each, window, self._fetch)
            for each in slices
            for window in self._windows(each)
        ]
        reads = []
        for task in (*tasks, *self._last):
            batches = task.fetch.batches(task.span)
            self._tasks.append((task, len(batches)))
            self._batches += batches
            reads += [
                partial(task.fetch.rows, task.span, task.window, batch)
                for batch in batches
            ]
        first = {batch.access: n for n, batch in reversed([*enumerate(self._batches)])}
        self._lane.goes_on = len(first) > 1
        self._lane.open(reads)
        self._see_first_answers(first)

    def windows(self) -> Generator[WindowRead, None, None]:
        """The windows in order.

        Raises:
            MewsError: As the fetching.
        """
        count, done = len(self._tasks), 0
        with closing(self._lane.take()) as reads:
            for number, (task, batches) in enumerate(self._tasks, 1):
                logger.debug("%s: reading %s", self._stream, task.window)
                yield WindowRead(
                    span=task.span,
                    window=task.window,
                    rows=self._rows(islice(reads, batches), done),
                    complete_until=self._complete_until(task),
                    share=number / count,
                    way="pages",
                    known=count,
                )
                done += batches

    def close(self) -> None:
        """Read no more."""
        self._lane.stop()

    def _see_first_answers(self, first: dict[Access, int]) -> None:
        """Wait for the first answer to each token, and drop what is refused.

        Args:
            first: The first read with each of them.
        """
        until = time.monotonic() + FIRST_SECONDS
        refused: dict[int, MewsError] = {}
        for number in first.values():
            error = self._lane.first_error(max(until - time.monotonic(), 0), number)
            if isinstance(error, (UnauthorizedError, RefusedError)):
                refused[number] = error
        if refused and len(refused) == len(first):
            raise next(iter(refused.values()))
        for number, error in refused.items():
            self._drop(number, error)

    def _rows(self, reads: Iterator[Iterator[Rows]], first: int) -> Iterator[Rows]:
        """The rows of a window: of its reads, the first of which has a number."""
        for number, read in enumerate(reads, first):
            try:
                yield from read
            except TooHeavyError:
                raise  # exports can bring what pages cannot
            except MewsError as error:
                self._drop(number, error)

    def _drop(self, number: int, error: MewsError) -> None:
        """Continue without a read and those after it that ask for the same.

        Raises:
            MewsError: There is nothing to go on with.
        """
        batch = self._batches[number]
        self._go_on_without(batch, error)
        rest = enumerate(self._batches[number:], number)
        self._lane.drop(n for n, each in rest if _is_part(each, batch))

    def _windows(self, span: Slice) -> Iterator[Window]:
        if span.start is None or self._time_filter is None:
            return iter([Window(span.start, span.end)])
        return by_months(span.start, span.end, MONTHS, self._time_filter.gap)

    def _complete_until(self, task: _Task) -> datetime | None:
        if not task.moves:
            return None
        if self._time_filter is None:
            return task.window.end
        return self._time_filter.complete_until(task.window, self._began)


def _is_part(batch: Batch, of: Batch) -> bool:
    """Whether a batch asks for no more than another one does."""
    if batch.access is not of.access or of.covers is None or batch.covers is None:
        return batch.access is of.access
    return set(batch.covers) <= set(of.covers)
