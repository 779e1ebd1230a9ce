"""Windows of time: cutting them. Pure functions.

Neighbouring windows share their boundary, so no row falls between two, whether the API
takes its ends as included or not.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True)
class Window:
    """A slice of time, both ends included.

    Attributes:
        start: First moment, or None for everything from the beginning.
        end: Last moment.
    """

    start: datetime | None
    end: datetime

    def __str__(self) -> str:
        """The window as a log line shows it."""
        start = "the beginning" if self.start is None else format_moment(self.start)
        return f"{start} to {format_moment(self.end)}"

    @property
    def length(self) -> timedelta:
        """From start to end.

        Raises:
            ValueError: The window has no start.
        """
        if self.start is None:
            msg = "a window without a start has no length"
            raise ValueError(msg)
        return self.end - self.start

    def halves(self, gap: timedelta = timedelta(0)) -> tuple[Window, Window]:
        """Cut in two at a whole second, or at midnight when the gap is a day.

        Args:
            gap: Distance between the end of the first half and the start of the second;
                one day for windows of dates, which share no boundary.

        Raises:
            ValueError: The window has no start.
        """
        unit = gap or timedelta(seconds=1)
        middle = self.end - self.length + self.length // unit // 2 * unit
        return Window(self.start, middle), Window(middle + gap, self.end)


def months_later(moment: datetime, months: int) -> datetime:
    """The same time of day so many calendar months later, or on the last day then."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def by_months(
    start: datetime, end: datetime, months: int, gap: timedelta
) -> Iterator[Window]:
    """Cut a stretch of time into windows of at most so many calendar months.

    Args:
        start: First moment.
        end: Last moment.
        months: Length of all windows but the last one.
        gap: Distance between neighbours: none for moments, a day for days.

    Yields:
        Windows in order of time; none if the end is before the start.
    """
    while start <= end:
        stop = min(months_later(start, months) - gap, end)
        yield Window(start, stop)
        if stop == end:
            return
        start = stop + gap


def cut(
    start: datetime, end: datetime, longest: timedelta, gap: timedelta
) -> Iterator[Window]:
    """Cut a stretch of time into windows of at most a given length.

    Args:
        start: First moment.
        end: Last moment.
        longest: Length of all windows but the last one.
        gap: As for `by_months`.

    Yields:
        Windows in order of time; none if the end is before the start.
    """
    while start <= end:
        stop = min(start + longest, end)
        yield Window(start, stop)
        if stop == end:
            return
        start = stop + gap
