"""The rules of a request body: whatever is not allowed is refused, and says why."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.answers import Refusal
from sandbox.clock import parse_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.encoding import Json

MANY = 1000
_DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Span(NamedTuple):
    """The longest interval an operation takes, in calendar months, days and hours."""

    months: int = 0
    days: int = 0
    hours: int = 0

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `3M1D`, `100D` or `100h`."""
        match = re.fullmatch(r"(?:(\d+)M)?(?:(\d+)D)?(?:(\d+)h)?", text)
        if not match:
            message = f"not a span: {text!r}"
            raise ValueError(message)
        return cls(*(int(part or 0) for part in match.groups()))

    def __str__(self) -> str:
        """Write the span as refusals do."""
        parts = zip(self, "MDh", strict=True)
        return "".join(f"{number}{unit}" for number, unit in parts if number)

    def after(self, start: datetime) -> datetime:
        """Give the last end that an interval with this start may have."""
        months = start.year * 12 + start.month - 1 + self.months
        first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
        following = (first + 31 * _DAY).replace(day=1)
        day = min(start.day, (following - _DAY).day)
        return first.replace(day=day) + timedelta(days=self.days, hours=self.hours)


THREE_MONTHS = Span(months=3, days=1)
ONE_MONTH = Span(months=1, days=1)
HALF_YEAR = Span(days=180)


class Interval(NamedTuple):
    """A span of time as it was asked for."""

    start: datetime
    end: datetime
    end_included: bool = True

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the interval."""
        # The documentation reads equal bounds as that very moment.
        if self.end_included or self.start == self.end:
            return self.start <= moment <= self.end
        return self.start <= moment < self.end


class Body:
    """A JSON object of a request. What is never taken from it is not allowed in it."""

    def __init__(self, properties: Json, path: str = "") -> None:
        """Wrap the properties found at a path of the body."""
        self._left = {k: v for k, v in properties.items() if v is not None}
        self._given = set(properties)
        self._path = path
        self._nested: list[Body] = []

    def take(self, name: str, *kinds: type, required: bool = False) -> Any:  # noqa: ANN401
        """Give a property of one of these types, None where it is not set."""
        self._given.discard(name)
        value = self._left.pop(name, None)
        if value is None:
            if required:
                raise Refusal(400, f"{self._path}{name} is required.")
            return None
        # In Python a boolean is an integer; in JSON it is not.
        if not isinstance(value, kinds) or isinstance(value, bool) is not (
            bool in kinds
        ):
            raise self.invalid(name)
        return value

    def invalid(self, name: str) -> Refusal:
        """Give the refusal of a property's value."""
        return Refusal(400, f"Invalid {self._path}{name}.")

    def text(self, name: str, *, required: bool = False) -> str | None:
        """Give a string."""
        value: str | None = self.take(name, str, required=required)
        if required and not value:
            raise Refusal(400, f"{self._path}{name} is required.")
        return value

    def nested(self, name: str) -> Body | None:
        """Give an object inside of this one."""
        value = self.take(name, dict)
        if value is None:
            return None
        inner = Body(value, f"{self._path}{name}.")
        self._nested.append(inner)
        return inner

    def needed(self, name: str) -> Body:
        """Give an object that must be there."""
        inner = self.nested(name)
        if inner is None:
            raise Refusal(400, f"{self._path}{name} is required.")
        return inner

    def number(self, name: str, least: int, most: int) -> int:
        """Give a required whole number within bounds."""
        value: int = self.take(name, int, required=True)
        if not least <= value <= most:
            raise self.invalid(name)
        return value

    def texts(self, name: str, most: int = MANY) -> list[str] | None:
        """Give a list of at most so many strings."""
        values: list[str] | None = self.take(name, list)
        if values is None:
            return None
        if not all(isinstance(each, str) for each in values):
            raise self.invalid(name)
        if len(values) > most:
            message = f"{self._path}{name} must not contain more than {most} items."
            raise Refusal(400, message)
        return values

    def members(self, name: str, known: Iterable[str]) -> list[str] | None:
        """Give members of an enumeration."""
        values = self.texts(name)
        if values is not None and not set(values) <= set(known):
            raise self.invalid(name)
        return values

    def flags(self, name: str, known: Iterable[str]) -> dict[str, bool]:
        """Give the switches of a required object such as Extent."""
        inner = self.needed(name)
        return {each: bool(inner.take(each, bool)) for each in known}

    def interval(
        self, name: str, span: Span, *, end_included: bool = True
    ) -> Interval | None:
        """Give a time interval that is not longer than the span."""
        inner = self.nested(name)
        if inner is None:
            return None
        start, end = inner.moment("StartUtc"), inner.moment("EndUtc")
        if start > end:
            raise self.invalid(name)
        if end > span.after(start):
            raise Refusal(400, f"The interval must not exceed {span}.")
        return Interval(start, end, end_included)

    def moment(self, name: str) -> datetime:
        """Give a required UTC moment."""
        try:
            return parse_utc(self.take(name, str, required=True))
        except ValueError:
            raise self.invalid(name) from None

    def dates(self, name: str) -> tuple[str, str]:
        """Give the two ends of a required date interval."""
        inner = self.needed(name)
        start, end = (str(inner.text(each, required=True)) for each in ("Start", "End"))
        for each in (start, end):
            if not _DATE.fullmatch(each):
                raise self.invalid(name)
        try:
            ordered = date.fromisoformat(start) <= date.fromisoformat(end)
        except ValueError:
            raise self.invalid(name) from None
        if not ordered:
            raise self.invalid(name)
        return start, end

    def done(self) -> None:
        """Refuse what is left: properties this operation does not have."""
        for name in sorted(self._given):
            raise Refusal(400, f"Unknown property {self._path}{name}.")
        for inner in self._nested:
            inner.done()
