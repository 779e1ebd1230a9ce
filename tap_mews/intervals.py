"""Spans of time: parsing, formatting, slicing. Pure functions.

All moments are aware datetimes in UTC with whole seconds, since that is the form that
the API takes. Intervals of the API include both ends, so neighbouring windows share
their boundary and no row falls between two.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_DAY = timedelta(days=1)

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?",
)


def parse_moment(text: str) -> datetime:
    """Read a date or date-time.

    Args:
        text: ISO 8601: a date (midnight UTC), or a date-time with `Z`, an offset or
            neither (UTC). Fractions of a second are dropped: rounding down keeps rows.

    Returns:
        The moment in UTC.

    Raises:
        ValueError: The text is no such moment.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        msg = "not an ISO 8601 date or date-time"
        raise ValueError(msg)
    day, minutes, seconds, offset = match.groups()
    offset = "+00:00" if offset in {None, "Z", "z"} else offset
    if ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    moment = f"{day}T{minutes or '00:00'}:{seconds or '00'}{offset}"
    return datetime.fromisoformat(moment).astimezone(timezone.utc)


def format_moment(moment: datetime) -> str:
    """Write a moment as the API does: `YYYY-MM-DDThh:mm:ssZ`."""
    naive = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{naive.isoformat(timespec='seconds')}Z"


def at_midnight(day: date) -> datetime:
    """The moment at which a day begins in UTC."""
    return datetime.combine(day, time(), timezone.utc)


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


def month_later(moment: datetime) -> datetime:
    """The same time of day a calendar month later, or on that month's last day."""
    year, month = divmod(moment.year * 12 + moment.month, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def months(start: datetime, end: datetime) -> Iterator[Window]:
    """Cut a span into windows of at most a calendar month.

    Args:
        start: First moment.
        end: Last moment.

    Yields:
        Windows in order of time; none if the end is before the start.
    """
    while start <= end:
        stop = min(month_later(start), end)
        yield Window(start, stop)
        start = stop
        if stop == end:
            return


def slices(
    start: datetime,
    end: datetime,
    longest: timedelta,
    gap: timedelta = timedelta(0),
) -> Iterator[Window]:
    """Cut a span into windows of at most a given length.

    Args:
        start: First moment.
        end: Last moment.
        longest: Length of all windows but the last one.
        gap: Distance between neighbours: none for moments, a day for dates.

    Yields:
        Windows in order of time; none if the end is before the start.
    """
    while start <= end:
        stop = min(start + longest, end)
        yield Window(start, stop)
        start = stop + (gap or timedelta(0))
        if stop == end:
            return
