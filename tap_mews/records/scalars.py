"""Scalars: the formats that schemas name, and other notations of the same value."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from jsonschema import FormatChecker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
"""Integers of 64 bits: more than that, a warehouse cannot load."""

FORMATS = FormatChecker(formats=())

_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)",
)
_MIDNIGHT = re.compile(r"T00:00:00(\.0+)?(Z|\+00:00)?")
_DIGITS = re.compile(r"-?[0-9]{1,100}")

_decode_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    """RFC 3339, with `T` or a space, and an offset."""
    if not isinstance(value, str):
        return True
    match = _DATE_TIME.fullmatch(value)
    return match is not None and is_date(match[1])


@FORMATS.checks("date")
def is_date(value: object) -> bool:
    """RFC 3339 full-date."""
    if not isinstance(value, str):
        return True
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows."""
    kinds: str | list[str] = schema.get("type") or []
    return [kinds] if isinstance(kinds, str) else kinds


def is_too_large(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a value is an integer that does not fit in 64 bits, where one belongs."""
    kinds = kinds_of(schema)
    return (
        isinstance(value, int)
        and not MIN_INTEGER <= value <= MAX_INTEGER
        and "integer" in kinds
        and "number" not in kinds
    )


class Coerced:
    """A scalar that is a text in a row, in the notation of its schema.

    Attributes:
        notations: What it may come as.
        value: As it goes out.
    """

    notations: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(self, value: object) -> None:
        """Take a value.

        Args:
            value: As it came. The fast path has checked what is no text.

        Raises:
            ValueError: It is a text that stands for no such scalar.
        """
        self.value = self.coerce(value) if isinstance(value, str) else value
        if self.value is None:
            raise ValueError

    @staticmethod
    def coerce(text: str) -> str | int | None:
        """What a text stands for, or None."""
        raise NotImplementedError


class Day(Coerced):
    """A day, which may come with midnight behind it."""

    @staticmethod
    def coerce(text: str) -> str | None:
        """The day as RFC 3339 has it, or None."""
        day, behind = text[:10], text[10:]
        if behind and not _MIDNIGHT.fullmatch(behind):
            return None
        return day if is_date(day) else None


class Integer(Coerced):
    """An integer, which may come as its digits in a string, or as 1.0 or 1E5."""

    notations = (str, Decimal)

    @staticmethod
    def coerce(text: str | Decimal) -> int | None:
        """The number, or None."""
        if isinstance(text, str) and not _DIGITS.fullmatch(text):
            return None
        value = Decimal(text)
        # an integer of a large exponent would take all memory
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            return None
        return int(value) if value == value.to_integral_value() else None


def coerced_type(schema: Mapping[str, Any]) -> type[Coerced] | None:
    """What a text in the place of a scalar stands for, if one may be there."""
    kinds = {*kinds_of(schema)} - {"null"}
    if kinds == {"string"} and schema.get("format") == "date":
        return Day
    return Integer if kinds == {"integer"} else None


@lru_cache(maxsize=4096)  # the days of a file are few
def coerced_json(coerce: Callable[[str], str | int | None], text: bytes) -> bytes:
    """The scalar that a text stands for.

    Args:
        coerce: Of its type.
        text: JSON, as the scalar comes.

    Raises:
        msgspec.ValidationError: It stands for none.
    """
    value = coerce(_decode_text(text))
    if value is None:
        msg = "a text that stands for no such scalar"
        raise msgspec.ValidationError(msg)
    return _encode(value)
