"""How slices are cut into the windows that are read page by page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.reading.windows import Window, by_months, cut
from tap_mews.timestamps import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tap_mews.api.operations import TimeFilter
    from tap_mews.reading.reader import Slice

MONTHS = 1
"""Length of a window: short enough that many can be read at once."""

REST = timedelta(days=7)
"""A last window of less is read with the one before it: a request less."""

MAX_PARTS = 30
"""A month is cut no shorter than into days."""


@dataclass(frozen=True)
class Windowing:
    """Cuts the slices of one stream.

    Attributes:
        time_filter: Of the operation; None where nothing selects by time.
        began: When the run began, by the server's clock.
        oldest: When the oldest enterprise was created, as far as is known; few rows are
            from before.
    """

    time_filter: TimeFilter | None
    began: datetime
    oldest: Callable[[], datetime]

    def windows(self, slice_: Slice) -> Iterator[Window]:
        """The windows of a slice, of a calendar month or a few days more.

        Those from before the oldest enterprise are as long as the operation allows: a
        chain can be older than what a token reaches of it.
        """
        start, end, by = slice_.start, slice_.end, self.time_filter
        if start is None or by is None:
            yield Window(start, end)
            return
        if not by.gap and (oldest := min(self.oldest(), end)) > start:
            yield from by_months(start, oldest, by.months, by.gap)
            if oldest == end:
                return
            start = oldest
        yield from _without_rest([*by_months(start, end, MONTHS, by.gap)], by.months)

    def parts(self, window: Window, count: int) -> Iterator[Window]:
        """A window in at most so many parts of whole days, if it can be cut.

        All but the last one are of the same length, so that none takes much longer.

        Args:
            window: One of those of `windows`.
            count: Parts that are wanted.
        """
        start, end, by = window.start, window.end, self.time_filter
        if start is None or by is None:
            yield window
            return
        days = math.ceil((end - start) / ONE_DAY / min(count, MAX_PARTS))
        yield from cut(start, end, max(days, 1) * ONE_DAY, by.gap)

    def complete_until(self, window: Window) -> datetime:
        """Up to where a window that was read has all rows that there will be."""
        if self.time_filter is None:
            return window.end
        return self.time_filter.complete_until(window, self.began)


def _without_rest(windows: list[Window], most_months: int) -> list[Window]:
    """Join a short last window to the one before it, where that can be longer."""
    if len(windows) > 1 and most_months > MONTHS and windows[-1].length < REST:
        *others, long, rest = windows
        return [*others, Window(long.start, rest.end)]
    return windows
