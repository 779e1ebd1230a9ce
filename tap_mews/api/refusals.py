"""What Mews means when it refuses something, and which shorter interval to ask for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_mews.errors import RefusedError

ALLOWED_BEFORE = "although it was allowed earlier in this run"
"""Ends the line of a 401 that is no matter of what Mews has enabled."""

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
WEEK, MONTH, YEAR = 7 * DAY, 28 * DAY, 365 * DAY
"""Months and years count as the shortest ones."""

_UNITS = {
    "Y": YEAR,
    "M": MONTH,
    "W": WEEK,
    "D": DAY,
    "H": HOUR,
    "h": HOUR,
    "m": MINUTE,
    "s": SECOND,
    "year": YEAR,
    "month": MONTH,
    "week": WEEK,
    "day": DAY,
    "hour": HOUR,
    "minute": MINUTE,
    "second": SECOND,
}

_PART = r"(?<!\d)(\d{1,4})\s*((?:year|month|week|day|hour|minute|second)s?|[YMWDHhms])"
_PARTS = re.compile(rf"(?:{_PART}(?:\s+and\s+|\s*(?=\d)|\b))+", re.ASCII)
"""`3M1D`, `100D`, `100h`, and the same in words."""

_CLOCK = re.compile(
    r"(?<![\d.:])(?:\d{1,6}\.)?\d{1,6}(?::\d\d){1,2}(?![\d:])", re.ASCII
)
"""`100:00:00`, `3.00:00:00`: TimeSpan values of .NET."""

_TIME_FILTER = re.compile(r"invalid [\w.]*(?:utc|date)\b", re.IGNORECASE)
"""The words for any bad value of a time filter, such as `Invalid UpdatedUtc.`"""


def shortest_interval(message: str) -> timedelta | None:
    """Down to which length a shorter interval is worth a try after a 400.

    Returns:
        None where the message is about something else.
    """
    if "interval" in message.lower():
        return SECOND
    # these words need not mean the length: a day is refused for some other reason
    return DAY if _TIME_FILTER.search(message) else None


def named_intervals(message: str) -> tuple[timedelta, ...]:
    """Read what follows `must not exceed`, in each way in which it can be read.

    `100:00:00` is a hundred hours to .NET; it was met where 95 days are said to pass.

    Returns:
        The longest reading first; none where the message names no interval.
    """
    text = message.partition("exceed")[2]
    if clock := _CLOCK.search(text):
        numbers = re.split("[.:]", clock[0])
        units = [DAY, HOUR, MINUTE, SECOND]
        # without days and a point before it, the first number can be days or hours
        ways = [units] if "." in clock[0] else [units, units[1:]]
        return tuple(_total(zip(numbers, way, strict=False)) for way in ways)
    if counts := _PARTS.search(text):
        parts = re.findall(_PART, counts[0], re.ASCII)
        return (_total((n, _UNITS[unit.rstrip("s") or unit]) for n, unit in parts),)
    return ()


def next_interval(error: RefusedError, refused: timedelta) -> timedelta | None:
    """The length to ask for after a refusal.

    Args:
        error: The refusal.
        refused: The length that was asked for.

    Returns:
        The longest reading that is shorter, else half of what was refused, in whole
        seconds; None where a shorter interval is no help.
    """
    if error.shortest is None or refused <= error.shortest:
        return None
    shorter = (each for each in error.intervals if SECOND <= each < refused)
    return max(next(shorter, refused // 2) // SECOND * SECOND, SECOND)


def _total(counts: Iterable[tuple[str, timedelta]]) -> timedelta:
    return sum((int(count) * unit for count, unit in counts), timedelta())
