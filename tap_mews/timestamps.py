"""Moments of the API as text: reading and writing them.

All moments are aware datetimes in UTC with whole seconds, the form that the API takes.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

ONE_DAY = timedelta(days=1)

FIRST_YEAR = 1900
"""Of a moment: far before all rows, and far from where subtracting ends in an error."""

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)


def parse_moment(text: str) -> datetime:
    """Read a date or date-time.

    Args:
        text: ISO 8601: a date (midnight UTC), or a date-time with `Z`, an offset or
            neither (UTC). Fractions of a second are dropped: rounding down keeps rows.

    Returns:
        The moment in UTC.

    Raises:
        ValueError: The text is no such moment, or before `FIRST_YEAR`.
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
    try:
        found = datetime.fromisoformat(moment).astimezone(timezone.utc)
    except OverflowError:
        found = None  # the offset leads out of the years 1 to 9999
    if found is None or found.year < FIRST_YEAR:
        msg = f"not between the years {FIRST_YEAR} and 9999"
        raise ValueError(msg)
    return found


def format_moment(moment: datetime) -> str:
    """Write a moment as the API does: `YYYY-MM-DDThh:mm:ssZ`."""
    naive = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{naive.isoformat(timespec='seconds')}Z"


def at_midnight(day: date) -> datetime:
    """The moment at which a day begins in UTC."""
    return datetime.combine(day, time(), timezone.utc)
