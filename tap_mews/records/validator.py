"""From the bytes of a row to a record that its schema accepts.

Most rows pass the gate and stay bytes. What does not pass is looked at with care:
unknown properties are removed and told once, and what then still breaks the schema is
an invalid record.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from singer_sdk.singerlib.json import serialize_json

from tap_mews.errors import InvalidRecordError
from tap_mews.records.fast_path import Decode, compile_fast_path
from tap_mews.violations import describe

if TYPE_CHECKING:
    import logging

    from jsonschema.protocols import Validator

BOM = b"\xef\xbb\xbf"

TOLD_PER_BREACH = 10
"""Records that are named for one kind of breach; the rest are counted."""

SHOWN = 200
"""Characters of a name or an Id that a message repeats."""

_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)",
)

_FORMATS = FormatChecker(formats=())

_NOT_JSON = object()


@dataclass(frozen=True)
class Rows:
    """Some rows of one place, as the bytes that came.

    Attributes:
        lines: JSON of one row each; blank ones are no rows.
        place: Where they are from, such as `export …, file 2`.
        first: Number of the first of them there, from 1.
        unit: What the numbers count: `line` or `row`.
        may_break: Whether a row can have a line break in it or around it.
    """

    lines: list[bytes]
    place: str
    first: int = 1
    unit: str = "line"
    may_break: bool = False

    @property
    def size(self) -> int:
        """Bytes of the rows."""
        return sum(map(len, self.lines))

    def where(self, index: int) -> str:
        """Words that say where a row is.

        Args:
            index: In `lines`, from 0.
        """
        return f"{self.place}, {self.unit} {self.first + index}"


class RecordValidator:
    """Checks the rows of one stream against its schema.

    Attributes:
        unknown: JSON paths of the properties that the schema does not know.
        passed_on: Invalid records that were passed on.
    """

    def __init__(
        self,
        stream: str,
        schema: Mapping[str, Any],
        *,
        pass_invalid: bool,
        logger: logging.Logger,
    ) -> None:
        """Compile the schema.

        Args:
            stream: Its name, for messages.
            schema: JSON Schema that the records must fit.
            pass_invalid: Whether an invalid record is only warned of.
            logger: Takes the warnings.
        """
        self.gate: Decode = compile_fast_path(schema)
        self._stream = stream
        self._schema = schema
        self._pass_invalid = pass_invalid
        self._logger = logger
        self.unknown: set[str] = set()
        self.passed_on = 0
        self._breaches: Counter[str] = Counter()

    def lines(self, rows: Rows) -> list[bytes]:
        """Check rows and keep them as they came, where they can go out like that.

        Returns:
            JSON of the records, without line breaks.

        Raises:
            InvalidRecordError: As `examine`.
        """
        return [
            row if isinstance(row, bytes) else serialize_json(row).encode()
            for row in self._checked(rows)
        ]

    def records(self, rows: Rows) -> Iterator[dict[str, Any]]:
        """Check rows and parse them, with all digits of their numbers.

        Raises:
            InvalidRecordError: As `examine`.
        """
        for row in self._checked(rows):
            yield _parse(row.decode())[0] if isinstance(row, bytes) else row

    def _checked(self, rows: Rows) -> list[bytes | dict[str, Any]]:
        """The bytes of a row that passes the gate on a line of its own, else a record.

        This is the inner loop of the tap: what it does for a row that passes, it does
        millions of times.
        """
        gate = self.gate
        checked: list[bytes | dict[str, Any]] = []
        for index, line in enumerate(rows.lines):
            row = line.strip() if rows.may_break else line
            try:
                gate(row)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                passed = False
            else:
                # a line break between two tokens is JSON, but would end the message
                passed = not (rows.may_break and (b"\n" in row or b"\r" in row))
            if passed:
                checked.append(row)
            elif row.removeprefix(BOM).strip():
                checked.append(self.examine(row, rows.where(index)))
        return checked

    def examine(self, row: bytes, place: str) -> dict[str, Any]:
        """Look at a row with care.

        Args:
            row: JSON, or what should be.
            place: Where the row is from.

        Returns:
            The record without the properties that the schema does not know.

        Raises:
            InvalidRecordError: It breaks the schema and invalid records are not passed
                on; or it is no JSON object, so there is no record to pass on.
        """
        breaches = []
        row = row.removeprefix(BOM)
        try:
            text = row.decode()
        except UnicodeDecodeError:
            breaches.append(("$", "must be UTF-8"))
            text = row.decode(errors="replace")
        record, constants = _parse(text)
        if record is _NOT_JSON:
            raise self._invalid(place, None, "$", "must be JSON")
        if not isinstance(record, dict):
            raise self._invalid(place, None, "$", "must be a JSON object")
        if constants:
            breaches.append(("$", f"must not hold {' or '.join(constants)}"))
        breaches += [
            (path, "must be Unicode text, without lone surrogates")
            for path in _surrogates(record, "$")
        ]
        unknown = sorted(_remove_unknown(record, self._schema, "$"))
        self._tell_unknown(unknown)
        breaches += [
            (error.json_path, describe(error))
            for error in self._validator.iter_errors(record)
        ]
        for path, reason in breaches:
            error = self._invalid(place, record.get("Id"), path, reason)
            if not self._pass_invalid:
                raise error
            self._tell_invalid(f"{path} {reason}", error)
        self.passed_on += bool(breaches)
        return record

    def summarize(self) -> None:
        """Say at the end how many invalid records were passed on, by breach."""
        for breach, count in self._breaches.items():
            if count > TOLD_PER_BREACH:
                self._logger.warning(
                    "%s: %d invalid records were passed on: %s",
                    self._stream,
                    count,
                    breach,
                )

    @cached_property
    def _validator(self) -> Validator:
        return Draft202012Validator(self._schema, format_checker=_FORMATS)

    def _invalid(
        self,
        place: str,
        key: object,
        path: str,
        reason: str,
    ) -> InvalidRecordError:
        who = f", Id {shown(key)}" if isinstance(key, str) else ""
        return InvalidRecordError(
            f"{self._stream}: invalid record ({place}{who}): {shown(path)} {reason}",
        )

    def _tell_unknown(self, paths: list[str]) -> None:
        for path in paths:
            if path not in self.unknown:
                self.unknown.add(path)
                self._logger.warning(
                    "%s: property %s is not in the schema and is left out; "
                    "a newer version of the tap may know it",
                    self._stream,
                    shown(path),
                )

    def _tell_invalid(self, breach: str, error: InvalidRecordError) -> None:
        self._breaches[breach] += 1
        if self._breaches[breach] <= TOLD_PER_BREACH:
            self._logger.warning("%s; passed on", error)


def shown(text: str) -> str:
    """What came with a row, fit for a line: short, and escaped if need be."""
    escaped = text if text.isprintable() else json.dumps(text)
    return escaped if len(escaped) <= SHOWN else f"{escaped[:SHOWN]}…"


def _parse(text: str) -> tuple[Any, list[str]]:
    """Parse JSON with all digits.

    Returns:
        The value, with null for constants that JSON does not have, or `_NOT_JSON`;
        those constants.
    """
    constants: list[str] = []
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=constants.append)
    except (ValueError, RecursionError):
        # no exception of ours may have this one behind it: it holds the whole text
        value = _NOT_JSON
    return value, sorted(set(constants))


def _surrogates(value: object, path: str) -> Iterator[str]:
    """Paths of the strings that are no Unicode text."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _surrogates(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _surrogates(item, f"{path}[{index}]")


def _remove_unknown(value: object, schema: Mapping[str, Any], path: str) -> set[str]:
    """Take out what the schema does not know, at any depth.

    Returns:
        Paths of what was taken out, with `[]` for any entry of an array.
    """
    removed: set[str] = set()
    if isinstance(value, dict) and "properties" in schema:
        others = schema.get("additionalProperties")
        for name in list(value):
            rule = schema["properties"].get(name)
            if rule is not None:
                removed |= _remove_unknown(value[name], rule, f"{path}.{name}")
            elif not others:
                del value[name]
                removed.add(f"{path}.{name}")
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for item in value:
            removed |= _remove_unknown(item, schema["items"], f"{path}[]")
    return removed


@_FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    """RFC 3339, with `T` or a space, and an offset."""
    if not isinstance(value, str):
        return True
    match = _DATE_TIME.fullmatch(value)
    return match is not None and _is_date(match[1])


@_FORMATS.checks("date")
def _is_date(value: object) -> bool:
    """RFC 3339 full-date."""
    if not isinstance(value, str):
        return True
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
