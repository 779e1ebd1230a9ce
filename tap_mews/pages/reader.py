"""Reads a stream page by page, window by window."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from tap_mews.errors import (
    MewsError,
    RefusedError,
    TooHeavyError,
    UnauthorizedError,
)
from tap_mews.reading.reader import WindowRead
from tap_mews.reading.windows import Window

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from tap_mews.api.access import Access
    from tap_mews.clock import Clock
    from tap_mews.pages.batches import Batch
    from tap_mews.pages.windowing import Windowing
    from tap_mews.reading.prefetch import Lane
    from tap_mews.reading.reader import Slice
    from tap_mews.records.rows import Rows

ENOUGH_READS = 48
"""Reads that a slice of many pages should have: those of a window come one after the
other, so with fewer the rate limit is not used while each answer takes seconds."""

FIRST_SECONDS = 30.0
"""How long first answers may hold up the streams whose own are there."""

logger = logging.getLogger("tap-mews.pages")


class Fetch(Protocol):
    """Fetches the rows of one window; may be called by several threads at once."""

    def batches(self, slice_: Slice) -> list[Batch]:
        """What each read of a window asks for."""

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """What there is in a window of a slice, page by page."""


@dataclass(frozen=True)
class _Task:
    """A window to fetch.

    Attributes:
        moves: Whether the bookmark moves when it has been read.
    """

    slice: Slice
    window: Window
    fetch: Fetch
    moves: bool = True


_Planned = tuple[_Task, "list[Batch]"]
_Source = Callable[[], "Iterator[Rows]"]
_Alone = tuple["Access", "tuple[str, ...] | None"]


class PageReader:
    """Reads slices in windows of a calendar month, many at once.

    While a window is read, the rows of later windows of its slice are delivered as they
    come: they need not wait in memory, and a window is complete all the same before the
    bookmark moves to its end.

    Attributes:
        raises_heavy: Whether a page that is too heavy ends the reading, since exports
            can bring what pages cannot; else the reading continues without its batch.
    """

    raises_heavy = False

    def __init__(
        self,
        stream: str,
        fetch: Fetch,
        lane: Lane[Rows],
        windowing: Windowing,
        record_failure: Callable[[Batch, MewsError], None],
        page_size: int,
        clock: Clock,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            stream: Its name, for log lines.
            fetch: Fetches the rows of one window.
            lane: Where the reads wait for their turn.
            windowing: Cuts slices into windows.
            record_failure: Called where a batch cannot be read; raises the error if
                that leaves nothing to go on with.
            page_size: Rows of a page after which there are more.
            clock: Time of the run.
        """
        self._clock = clock
        self._page_size = page_size
        self._stream = stream
        self._fetch = fetch
        self._lane = lane
        self._windowing = windowing
        self._record_failure = record_failure
        self._last: list[_Task] = []
        self._tasks: list[tuple[_Task, int]] = []
        self._batches: list[Batch] = []
        self._first_rows = 0

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
            for window in self._windowing.windows(each)
        ]
        planned = [(each, each.fetch.batches(each.slice)) for each in tasks]
        planned += [(each, each.fetch.batches(each.slice)) for each in self._last]
        opening = _first_of_each(planned)
        reads = self._reads_of(planned[:opening])
        reads[:1] = [partial(self._counting_first, each) for each in reads[:1]]
        numbered = reversed([*enumerate(self._batches)])
        firsts = {_asked_alone(batch): number for number, batch in numbered}
        self._lane.continues_after_error = len(firsts) > 1
        self._lane.open(reads, firsts.values())
        refused = self._refused(firsts)
        self._lane.extend(self._reads_of(self._cut_long(planned[opening:])))
        for number, error in refused.items():
            self._drop(number, error)

    def _reads_of(self, planned: Iterable[_Planned]) -> list[_Source]:
        """Note tasks; gives what reads them."""
        reads: list[_Source] = []
        for task, batches in planned:
            self._tasks.append((task, len(batches)))
            self._batches += batches
            reads += [
                partial(task.fetch.rows, task.slice, task.window, batch)
                for batch in batches
            ]
        return reads

    def _counting_first(self, read: _Source) -> Iterator[Rows]:
        """The rows of the first read; how many its first page has is noted."""
        for rows in read():
            self._first_rows = self._first_rows or len(rows.lines)
            yield rows

    def _cut_long(self, planned: Sequence[_Planned]) -> Iterator[_Planned]:
        """Cut windows that have many pages, where there are too few of them.

        Whether they have shows the first page of the first one.
        """
        is_long = self._first_rows >= self._page_size
        reads = sum(len(batches) for _, batches in planned)
        if not is_long or not reads:
            yield from planned
            return
        parts = math.ceil(ENOUGH_READS / reads)
        for task, batches in planned:
            for window in self._windowing.parts(task.window, parts):
                yield replace(task, window=window), batches

    def windows(self) -> Generator[WindowRead, None, None]:
        """The windows in order.

        Raises:
            MewsError: As the fetching.
        """
        count, first = len(self._tasks), 0
        ends = self._ends_of_slices()
        for number, (task, batches) in enumerate(self._tasks, 1):
            logger.debug("%s: reading %s", self._stream, task.window)
            complete_until = self._windowing.complete_until(task.window)
            yield WindowRead(
                slice=task.slice,
                window=task.window,
                rows=self._rows(range(first, first + batches), ends[number - 1]),
                complete_until=complete_until if task.moves else None,
                number=number,
                known=count,
                method="pages",
            )
            first += batches

    def _ends_of_slices(self) -> list[int]:
        """For each task, the number of the last read of its slice."""
        last = {}
        reads = accumulate(batches for _, batches in self._tasks)
        for (task, _), end in zip(self._tasks, reads, strict=True):
            last[id(task.slice), task.moves] = end - 1
        return [last[id(task.slice), task.moves] for task, _ in self._tasks]

    def close(self) -> None:
        """Read no more."""
        self._lane.stop()

    def _refused(self, firsts: dict[_Alone, int]) -> dict[int, MewsError]:
        """Wait for the first answer of whatever may be refused alone.

        Args:
            firsts: The first read of each.

        Returns:
            By their numbers, the reads that are refused.

        Raises:
            MewsError: All of them are.
        """
        until = self._clock.monotonic() + FIRST_SECONDS
        refused: dict[int, MewsError] = {}
        for number in firsts.values():
            left = max(until - self._clock.monotonic(), 0)
            error = self._lane.first_error(left, number)
            if isinstance(error, (UnauthorizedError, RefusedError)):
                refused[number] = error
        if refused and len(refused) == len(firsts):
            raise next(iter(refused.values()))
        return refused

    def _rows(self, numbers: Iterable[int], last: int) -> Iterator[Rows]:
        """The rows of a window, and those of later ones of its slice that come sooner.

        Args:
            numbers: Of the reads of the window.
            last: Of the slice.
        """
        for number in numbers:
            try:
                yield from self._lane.items(number, last)
            except MewsError as error:
                if self.raises_heavy and isinstance(error, TooHeavyError):
                    raise
                self._drop(number, error)

    def _drop(self, number: int, error: MewsError) -> None:
        """Continue without a read and those after it that ask for the same.

        Raises:
            MewsError: There is nothing to go on with.
        """
        batch = self._batches[number]
        self._record_failure(batch, error)
        rest = enumerate(self._batches[number:], number)
        self._lane.drop(n for n, each in rest if _is_part(each, batch))


def _asked_alone(batch: Batch) -> _Alone:
    """What Mews may refuse a read for while it allows others."""
    return batch.access, batch.scope if batch.is_separate else None


def _first_of_each(planned: Sequence[_Planned]) -> int:
    """How many of the first tasks have a read of whatever may be refused alone."""
    seen: set[_Alone] = set()
    count = 0
    for number, (_, batches) in enumerate(planned, 1):
        new = {*map(_asked_alone, batches)} - seen
        if new:
            seen |= new
            count = number
    return count


def _is_part(batch: Batch, of: Batch) -> bool:
    """Whether a batch asks for no more than another one does."""
    if batch.access is not of.access or of.ids is None or batch.ids is None:
        return batch.access is of.access
    return set(batch.ids) <= set(of.ids)
