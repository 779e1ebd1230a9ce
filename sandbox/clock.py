"""The platform's time: starts at a set date, runs as real time does, can jump."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
START = datetime(2026, 3, 1, 6, tzinfo=UTC)

_MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?Z"
)


def utc_text(moment: datetime) -> str:
    """Write a UTC moment as Mews does, with a fraction only where there is one."""
    text = moment.isoformat()[:-6]
    return f"{text.rstrip('0') if moment.microsecond else text}Z"


def parse_utc(text: str) -> datetime:
    """Read `YYYY-MM-DDThh:mm:ssZ`, with or without a fraction.

    Raises:
        ValueError: the text is written in another way, or is no date.
    """
    match = _MOMENT.fullmatch(text)
    if not match:
        message = f"not a UTC moment: {text!r}"
        raise ValueError(message)
    *parts, fraction = match.groups()
    micros = int(f"{fraction or 0:<06}"[:6])
    year, month, day, hour, minute, second = map(int, parts)
    return datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)


class Clock:
    """Virtual time that passes with the monotonic clock and can be advanced."""

    def __init__(self, start: datetime = START) -> None:
        """Set the time to `start`."""
        self._start = start.astimezone(UTC)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """Give the current virtual time, in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._origin)

    def advance(self, by: timedelta) -> datetime:
        """Jump forward and give the new time."""
        self._start += by
        return self.now()
