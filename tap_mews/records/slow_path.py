"""The slow path: parses any row and checks it with jsonschema, some 1000 a second."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator

from tap_mews.records.drift import ENTRIES, RowDrift, token
from tap_mews.records.scalars import FORMATS, coerced_type, is_too_large
from tap_mews.violations import describe

BOM = b"\xef\xbb\xbf"

_NOT_JSON, _TOO_LARGE = object(), object()

Place = tuple[str | int, ...]
"""Names and indices from the root of a record."""


@dataclass
class Examined:
    """What a row is.

    Attributes:
        record: As its schema knows it, or None if the row is no JSON object.
        violations: JSON paths, and what must hold there.
        drift: How the row differed.
    """

    record: dict[str, Any] | None
    violations: list[tuple[str, str]]
    drift: RowDrift


class SlowPath:
    """Examines rows of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Take the schema.

        Args:
            schema: JSON Schema that the records must fit.
        """
        # of a decimal, `multipleOf` takes no float
        schema = json.loads(json.dumps(schema), parse_float=Decimal)
        self._schema = schema
        self._validator = Draft202012Validator(schema, format_checker=FORMATS)

    def examine(self, row: bytes) -> Examined:
        """Parse a row with all digits, take out what is undocumented, and check it."""
        violations, drift = [], RowDrift()
        row = row.removeprefix(BOM)
        try:
            text = row.decode()
        except UnicodeDecodeError:
            violations.append(("$", "must be UTF-8"))
            text = row.decode(errors="replace")
        record, constants = parse(text)
        if not isinstance(record, dict):
            reason = "must be JSON" if record is _NOT_JSON else "must be a JSON object"
            if record is _TOO_LARGE:
                reason = "must not contain a number that is too large to parse"
            return Examined(None, [("$", reason)], drift)
        if constants:
            violations.append(("$", f"must not contain {' or '.join(constants)}"))
        violations += [
            (_json_path(place), "must be Unicode text, without lone surrogates")
            for place in _surrogates(record, ())
        ]
        _conform(record, self._schema, (), drift)
        violations += [
            (error.json_path, describe(error))
            for error in self._validator.iter_errors(record)
        ]
        violations += [
            (_json_path(place), "must fit in 64 bits")
            for place in _too_large(record, self._schema, ())
        ]
        return Examined(record, violations, drift)


def parse(text: str) -> tuple[Any, list[str]]:
    """Parse JSON with all digits.

    Returns:
        The value, with null for constants that JSON does not have; those constants. A
        text that cannot be parsed gives a value that is no object of JSON.
    """
    constants: list[str] = []
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=constants.append)
    # no exception of ours may have one of these behind it: it holds the whole text
    except (json.JSONDecodeError, RecursionError):
        value = _NOT_JSON
    except (ValueError, ArithmeticError):
        # Python limits the digits of an integer, and the exponent of a decimal
        value = _TOO_LARGE
    return value, sorted(set(constants))


def _json_path(place: Place) -> str:
    return "$" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in place
    )


def _surrogates(value: object, place: Place) -> Iterator[Place]:
    """Places of the strings, and of the names, that are no Unicode text."""
    if _has_surrogates(value):
        yield place
    for part, item in _items(value):
        if _has_surrogates(part):
            yield (*place, part)
        yield from _surrogates(item, (*place, part))


def _has_surrogates(value: object) -> bool:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return True
    return False


def _too_large(
    value: object, schema: Mapping[str, Any], place: Place
) -> Iterator[Place]:
    """Places of the integers that do not fit in 64 bits."""
    if is_too_large(value, schema):
        yield place
    for part, item in _items(value):
        rule = _rule_of(schema, part)
        if rule is not None:
            yield from _too_large(item, rule, (*place, part))


def _conform(
    value: Any,  # noqa: ANN401 - JSON
    schema: Mapping[str, Any],
    place: Place,
    drift: RowDrift,
) -> None:
    """Take out what the schema does not know, at any depth, and coerce values."""
    for part, item in list(_items(value)):
        rule, here = _rule_of(schema, part), (*place, part)
        if rule is not None:
            if (joined := _joined(item, rule)) is not None:
                value[part] = item = joined  # noqa: PLW2901 - what the schema knows
            kind = coerced_type(rule)
            if kind and isinstance(item, kind.notations):
                other = kind.coerce(item)
                if other is not None:
                    value[part] = other
                    if other != item:
                        drift.coerced.add(_path(here))
            _conform(item, rule, here, drift)
        elif (
            isinstance(part, str)
            and "properties" in schema
            and not schema.get("additionalProperties")
        ):
            pointer = "".join(map(token, here))
            drift.add_unknown(_path(here), pointer, value.pop(part))


def _joined(item: object, rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object whose members came one by one in an array.

    The examples of productCategories/getAll show ParentProductCategory like that, its
    table an object.

    Returns:
        None where it is something else, or a name comes twice.
    """
    kinds = rule.get("type") or ()
    if not isinstance(item, list) or "object" not in kinds or "array" in kinds:
        return None
    if not item or not all(isinstance(each, dict) for each in item):
        return None
    joined = {name: value for each in item for name, value in each.items()}
    return joined if len(joined) == sum(map(len, item)) else None


def _items(value: object) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _rule_of(schema: Mapping[str, Any], part: str | int) -> Mapping[str, Any] | None:
    """What a schema says of a member or an entry of a value, if it says anything."""
    if isinstance(part, int):
        items = schema.get("items")
        return items if isinstance(items, Mapping) else None
    rule: Mapping[str, Any] | None = (schema.get("properties") or {}).get(part)
    return rule


def _path(place: Place) -> tuple[str, ...]:
    return tuple(ENTRIES if isinstance(part, int) else part for part in place)
