"""Finds undocumented properties in rows that were decoded with their drift known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import UNSET, Raw

from tap_mews.records.drift import ENTRIES, Drift, token
from tap_mews.records.fast_path import attributes_of

Values = dict[str, Raw]
"""Undocumented properties of a row, from JSON Pointer to value."""

Find = Callable[[Any, str, Values], None]
"""Finds them in a value, given its JSON Pointer."""


def object_finder(schema: Mapping[str, Any], drift: Drift) -> Find:
    """Make what finds them in an object.

    Args:
        schema: Of the object, whose properties the decoder has numbered.
        drift: What the decoder knew.
    """
    rules, attributes = schema["properties"], attributes_of(schema, drift)
    unknown = [(attributes[n], token(n)) for n in drift if n not in rules]
    inner = [
        (attributes[name], token(name), below)
        for name in drift
        if name in rules and (below := _finder(rules[name], drift[name]))
    ]

    def find(value: Any, pointer: str, found: Values) -> None:  # noqa: ANN401
        for attribute, step in unknown:
            member = getattr(value, attribute)
            if member is not UNSET:
                found[pointer + step] = member
        for attribute, step, below in inner:
            member = getattr(value, attribute)
            if member:
                below(member, pointer + step, found)

    return find


def _array_finder(below: Find) -> Find:
    def find(value: Any, pointer: str, found: Values) -> None:  # noqa: ANN401
        for index, entry in enumerate(value):
            if entry:
                below(entry, f"{pointer}/{index}", found)

    return find


def _finder(schema: Mapping[str, Any], drift: Drift) -> Find | None:
    """What finds them in a value, or None if there can be none."""
    if not drift:
        return None
    if "properties" in schema:
        return object_finder(schema, drift)
    entries = _finder(schema["items"], drift[ENTRIES])
    return entries and _array_finder(entries)
