"""A request body: each property is taken from it in its type, or refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.answers import Refusal
from sandbox.clock import parse_utc
from sandbox.contract import Days, Interval

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sandbox.encoding import Json

MANY = 1000
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Body:
    """A JSON object of a request, which knows what was never taken from it."""

    def __init__(self, properties: Json, path: str = "") -> None:
        """Wrap the properties found at a path of the body."""
        self._left = {k: v for k, v in properties.items() if v is not None}
        self._given = set(properties)
        self._path = path
        self._nested: list[Body] = []

    def unknown(self) -> list[str]:
        """Give the paths of all properties that nobody asked for."""
        own = [f"{self._path}{name}" for name in sorted(self._given)]
        return own + [path for inner in self._nested for path in inner.unknown()]

    def any(self, name: str) -> Any:  # noqa: ANN401 - JSON is any value
        """Give a property of any type, None where it is not set."""
        self._given.discard(name)
        return self._left.pop(name, None)

    def take(self, name: str, *kinds: type, required: bool = False) -> Any:  # noqa: ANN401
        """Give a property of one of these types, None where it is not set."""
        value = self.any(name)
        if value is None:
            if required:
                self.refuse(name)
            return None
        # In Python a boolean is an integer; in JSON it is not.
        if not isinstance(value, kinds) or isinstance(value, bool) is not (
            bool in kinds
        ):
            self.refuse(name)
        return value

    def refuse(self, name: str) -> NoReturn:
        """Refuse a value that is wrong, or missing.

        Raises:
            Refusal: 400.
        """
        raise Refusal(400, f"Invalid {self._path}{name}.")

    def text(self, name: str, *, required: bool = False) -> str | None:
        """Give a string."""
        value: str | None = self.take(name, str, required=required)
        if required and not value:
            self.refuse(name)
        return value

    def nested(self, name: str, *, required: bool = False) -> Body | None:
        """Give an object inside of this one."""
        if required or name in self._left:
            return self.needed(name)
        self._given.discard(name)
        return None

    def needed(self, name: str) -> Body:
        """Give an object that must be there."""
        value = self.take(name, dict, required=True)
        inner = Body(value, f"{self._path}{name}.")
        self._nested.append(inner)
        return inner

    def number(self, name: str, least: int, most: int) -> int:
        """Give a required whole number within bounds."""
        value: int = self.take(name, int, required=True)
        if not least <= value <= most:
            self.refuse(name)
        return value

    def texts(
        self, name: str, most: int = MANY, *, required: bool = False
    ) -> list[str] | None:
        """Give a list of one to so many strings."""
        values: list[str] | None = self.take(name, list, required=required)
        if values is None:
            return None
        if not values or not all(isinstance(each, str) for each in values):
            self.refuse(name)
        if len(values) > most:
            message = f"{self._path}{name} must not contain more than {most} items."
            raise Refusal(400, message)
        return values

    def ids(
        self, name: str, most: int = MANY, *, required: bool = False
    ) -> list[str] | None:
        """Give a list of one to so many identifiers, in lower case."""
        values = self.texts(name, most, required=required)
        if values is None:
            return None
        if not all(_GUID.fullmatch(each) for each in values):
            raise Refusal(400, "Invalid JSON.")
        return [each.lower() for each in values]

    def id(self, name: str) -> str:
        """Give a required identifier, in lower case."""
        value = self.text(name, required=True) or ""
        if not _GUID.fullmatch(value):
            raise Refusal(400, "Invalid JSON.")
        return value.lower()

    def members(
        self, name: str, known: Iterable[str], *, required: bool = False
    ) -> list[str] | None:
        """Give members of an enumeration."""
        values = self.texts(name, required=required)
        if values is not None and not set(values) <= set(known):
            self.refuse(name)
        return values

    def member(
        self, name: str, known: Iterable[str], *, required: bool = False
    ) -> list[str] | None:
        """Give one member of an enumeration, as a list."""
        value = self.text(name, required=required)
        if value is not None and value not in known:
            self.refuse(name)
        return None if value is None else [value]

    def flags(
        self, name: str, known: Iterable[str], *, required: bool = False
    ) -> dict[str, bool]:
        """Give those switches of an object such as Extent that are there."""
        inner = self.nested(name, required=required)
        found = {each: inner.take(each, bool) for each in known} if inner else {}
        return {each: value for each, value in found.items() if value is not None}

    def interval(
        self, name: str, *, end_included: bool = False, required: bool = False
    ) -> Interval | None:
        """Give a time interval."""
        inner = self.nested(name, required=required)
        if inner is None:
            return None
        start, end = inner.moment("StartUtc"), inner.moment("EndUtc")
        if start > end:
            self.refuse(name)
        return Interval(start, end, end_included)

    def moment(self, name: str) -> datetime:
        """Give a required UTC moment."""
        try:
            return parse_utc(self.take(name, str, required=True))
        except ValueError:
            self.refuse(name)

    def days(self, name: str, *, required: bool = False) -> Days | None:
        """Give an interval of days."""
        inner = self.nested(name, required=required)
        if inner is None:
            return None
        start, last = inner.day("Start"), inner.day("End")
        if start > last:
            self.refuse(name)
        return Days(start, last)

    def day(self, name: str) -> datetime:
        """Give the midnight of a required day."""
        try:
            return parse_utc(f"{self.take(name, str, required=True)}T00:00:00Z")
        except ValueError:
            self.refuse(name)
