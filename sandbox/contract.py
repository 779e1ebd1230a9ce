"""The intervals of a request: how long one may be, and which moments lie in it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import facts

_DAY = timedelta(days=1)
_UNITS = re.compile(r"(?:(\d+)M)?(?:(\d+)D)?(?:(\d+)h)?")
_CLOCK = re.compile(r"(?:(\d+)\.)?(\d+):00:00")


class Span(NamedTuple):
    """The longest interval an operation takes, in calendar months, days and hours."""

    months: int = 0
    days: int = 0
    hours: int = 0

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `3M1D`, `100D`, `100h`, or a time span: `100:00:00`, `3.00:00:00`."""
        units, clock = _UNITS.fullmatch(text), _CLOCK.fullmatch(text)
        found = units.groups() if units else ("0", *clock.groups()) if clock else None
        if found is None:
            message = f"not a span: {text!r}"
            raise ValueError(message)
        return cls(*(int(part or 0) for part in found))

    @classmethod
    def documented(cls, span: facts.Span | None) -> Span | None:
        """Give what is taken where this is documented: of months, a day more."""
        return cls(span.months, span.days + bool(span.months)) if span else None

    def __str__(self) -> str:
        """Write the span as most refusals do."""
        parts = zip(self, "MDh", strict=True)
        return "".join(f"{number}{unit}" for number, unit in parts if number)

    def after(self, start: datetime) -> datetime:
        """Give the last end that an interval with this start may have."""
        months = start.year * 12 + start.month - 1 + self.months
        first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
        following = (first + 31 * _DAY).replace(day=1)
        day = min(start.day, (following - _DAY).day)
        return first.replace(day=day) + timedelta(days=self.days, hours=self.hours)


class IntervalLimit(NamedTuple):
    """How long an interval may be, and what is answered to a longer one."""

    span: Span
    message: str

    @classmethod
    def named(cls, text: str) -> IntervalLimit:
        """Give the limit that a refusal names in one of the forms of `Span.parse`."""
        # Seen: time spans come without a full stop.
        stop = "" if ":" in text else "."
        return cls(Span.parse(text), f"The interval must not exceed {text}{stop}")


class Interval(NamedTuple):
    """A span of time as it was asked for."""

    start: datetime
    end: datetime
    end_included: bool = False

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the interval."""
        # The documentation reads equal bounds as that very moment.
        if self.end_included or self.start == self.end:
            return self.start <= moment <= self.end
        return self.start <= moment < self.end

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether any part of another interval lies in this one."""
        if self.end_included or self.start == self.end:
            return start <= self.end and end >= self.start
        return start < self.end and end > self.start


class Days(NamedTuple):
    """Days as they were asked for, the last one included."""

    start: datetime
    last: datetime

    @property
    def end(self) -> datetime:
        """The moment at which the last day is over."""
        return self.last + _DAY

    def holds(self, text: str) -> bool:
        """Whether a day, or a midnight, lies among them."""
        return f"{self.start:%Y-%m-%d}" <= text[:10] <= f"{self.last:%Y-%m-%d}"
