"""Compiles a JSON Schema into one decoding pass that parses and checks a row.

The fast path may refuse what the schema accepts, since a refused row is then examined
with care; it must never accept what the schema refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tap_mews.records.drift import ANYWHERE, ENTRIES, Drift
from tap_mews.records.scalars import (
    MAX_INTEGER,
    MIN_INTEGER,
    coerced_type,
    kinds_of,
)

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
"""Keywords that the fast path knows; any other makes it refuse every row."""

Decode = Callable[[bytes], Any]

REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for a row that is not for it."""


class _NotCompilableError(Exception):
    """The schema says something that the fast path cannot check."""


def compile_fast_path(schema: Mapping[str, Any], drift: Drift | None = None) -> Decode:
    """Build the fast path of a schema.

    Args:
        schema: JSON Schema of a record. A keyword that the fast path does not know,
            from a catalog of the user's, gives one that refuses everything.
        drift: Properties at which rows may differ: a text may be in the place of a
            scalar, and what is undocumented is not checked, not even for UTF-8.

    Returns:
        A function that takes the bytes of a row. It raises one of `REFUSALS` if the row
        is no JSON, breaks the schema, or differs elsewhere, at any depth.
    """
    try:
        return msgspec.json.Decoder(_type_of(schema, drift)).decode
    except _NotCompilableError:
        return _refuse


def attributes_of(schema: Mapping[str, Any], drift: Drift | None) -> dict[str, str]:
    """The attributes of a decoded object, by the names of its properties.

    They are numbered, since the name of a property need not be one of Python's.
    """
    names = {**(schema.get("properties") or {}), **(drift or {})}
    return {name: f"field{number}" for number, name in enumerate(names)}


def _refuse(_: bytes) -> None:
    msg = "this schema needs a careful look at each row"
    raise msgspec.ValidationError(msg)


def _type_of(schema: Mapping[str, Any], drift: Drift | None) -> Any:  # noqa: ANN401 - a type expression
    if not schema:
        return Any
    kinds = kinds_of(schema)
    if not kinds or schema.keys() - ANNOTATIONS:
        raise _NotCompilableError
    result: Any = None
    for position, kind in enumerate(kinds):
        part = _COMPILERS[kind](schema, drift)
        result = part if position == 0 else result | part
    if drift is not None and coerced_type(schema):
        result |= str
    return result


def _string(schema: Mapping[str, Any], drift: Drift | None) -> Any:  # noqa: ANN401
    if "format" not in schema or (drift is not None and coerced_type(schema)):
        return str
    try:
        return _FORMATS[schema["format"]]
    except KeyError:
        raise _NotCompilableError from None


def _array(schema: Mapping[str, Any], drift: Drift | None) -> Any:  # noqa: ANN401
    if not isinstance(schema.get("items"), Mapping):
        raise _NotCompilableError
    return list[_type_of(schema["items"], _below(drift, ENTRIES))]  # type: ignore[misc]


def _object(schema: Mapping[str, Any], drift: Drift | None) -> Any:  # noqa: ANN401
    others = schema.get("additionalProperties")
    properties = schema.get("properties") or {}
    if others and properties:
        raise _NotCompilableError
    if others is True:
        return dict[str, Any]
    if others:
        return dict[str, _type_of(others, None)]  # type: ignore[misc]
    required = set(schema.get("required", ()))
    if required - properties.keys():
        raise _NotCompilableError
    fields: list[_Field] = []
    for name, attribute in attributes_of(schema, drift).items():
        rule = properties.get(name)
        kind = Raw if rule is None else _type_of(rule, _below(drift, name))
        fields.append(_Field(attribute, name, kind, is_required=name in required))
    return _struct(tuple(fields), forbids_others=drift is not ANYWHERE)


class _Field(NamedTuple):
    attribute: str
    name: str
    kind: Any
    is_required: bool


@lru_cache(maxsize=1024)
def _struct(fields: tuple[_Field, ...], *, forbids_others: bool) -> Any:  # noqa: ANN401
    """The type of an object, made once: amounts and addresses are in many rows."""
    members = [
        (each.attribute, each.kind, msgspec.field(name=each.name))
        if each.is_required
        else (
            each.attribute,
            each.kind | UnsetType,
            msgspec.field(name=each.name, default=UNSET),
        )
        for each in fields
    ]
    try:
        return msgspec.defstruct(
            "Record",
            members,
            forbid_unknown_fields=forbids_others,
            kw_only=True,
            gc=False,  # rows are trees, so counting references is enough
        )
    except ValueError:
        # msgspec has no fields with names that JSON must escape
        raise _NotCompilableError from None


def _below(drift: Drift | None, name: str) -> Drift | None:
    return None if drift is None else drift.get(name)


_COMPILERS: dict[str, Callable[[Mapping[str, Any], Drift | None], Any]] = {
    "string": _string,
    "integer": lambda *_: Annotated[int, msgspec.Meta(ge=MIN_INTEGER, le=MAX_INTEGER)],
    "number": lambda *_: float,
    "boolean": lambda *_: bool,
    "null": lambda *_: type(None),
    "array": _array,
    "object": _object,
}

_FORMATS = {
    "date-time": Annotated[datetime, msgspec.Meta(tz=True)],
    "date": date,
}
