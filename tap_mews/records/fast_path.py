"""Compiles a JSON Schema into one decoding pass that parses and checks a row.

The gate may refuse what the schema accepts, since a refused row is then looked at with
care; it must never accept what the schema refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

ANNOTATIONS = {
    "$schema",
    "title",
    "description",
    "deprecated",
    "default",
    "type",
    "properties",
    "required",
    "items",
    "format",
    "additionalProperties",
}
"""Keywords that the gate knows; any other makes it refuse every row."""

Decode = Callable[[bytes], Any]


class _NotCompilableError(Exception):
    """The schema says something that the gate cannot check."""


def compile_fast_path(schema: Mapping[str, Any]) -> Decode:
    """Build the gate of a schema.

    Args:
        schema: JSON Schema of a record. A keyword that the gate does not know, from a
            catalog of the user's, gives a gate that refuses everything.

    Returns:
        A function that takes the bytes of a row. It raises `msgspec.DecodeError` or
        `UnicodeDecodeError` if the row is no JSON, breaks the schema, or has a property
        that the schema does not know, at any depth.
    """
    try:
        return msgspec.json.Decoder(_type_of(schema)).decode
    except _NotCompilableError:
        return _refuse


def _refuse(_: bytes) -> None:
    msg = "this schema needs a careful look at each row"
    raise msgspec.ValidationError(msg)


def _type_of(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a type expression
    kinds = schema.get("type")
    if not kinds or schema.keys() - ANNOTATIONS:
        raise _NotCompilableError
    kinds = [kinds] if isinstance(kinds, str) else kinds
    result: Any = None
    for position, kind in enumerate(kinds):
        part = _COMPILERS[kind](schema)
        result = part if position == 0 else result | part
    return result


def _string(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if "format" not in schema:
        return str
    try:
        return _FORMATS[schema["format"]]
    except KeyError:
        raise _NotCompilableError from None


def _array(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if not isinstance(schema.get("items"), Mapping):
        raise _NotCompilableError
    return list[_type_of(schema["items"])]  # type: ignore[misc]


def _object(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401
    others = schema.get("additionalProperties")
    properties = schema.get("properties") or {}
    if others and properties:
        raise _NotCompilableError
    if others is True:
        return dict[str, Any]
    if others:
        return dict[str, _type_of(others)]  # type: ignore[misc]
    required = set(schema.get("required", ()))
    if required - properties.keys():
        raise _NotCompilableError
    # fields are numbered, since the name of a property need not be one of Python's
    fields = [
        (f"field{number}", _type_of(rule), msgspec.field(name=name))
        if name in required
        else (
            f"field{number}",
            _type_of(rule) | msgspec.UnsetType,
            msgspec.field(name=name, default=msgspec.UNSET),
        )
        for number, (name, rule) in enumerate(properties.items())
    ]
    return msgspec.defstruct(
        "Record",
        fields,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,  # rows are trees, so counting references is enough
    )


_COMPILERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "string": _string,
    "integer": lambda _: int,
    "number": lambda _: float,
    "boolean": lambda _: bool,
    "null": lambda _: type(None),
    "array": _array,
    "object": _object,
}

_FORMATS = {
    "date-time": Annotated[datetime, msgspec.Meta(tz=True)],
    "date": date,
}
