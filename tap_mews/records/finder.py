"""Finds undocumented properties in rows that were decoded with their drift known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import UNSET, Raw

from tap_mews.records.drift import ENTRIES, Drift, token
from tap_mews.records.fast_path import attributes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Values = dict[str, Raw]
"""Undocumented properties of a row, from JSON Pointer to value."""


class Finder(Protocol):
    """Finds them in one kind of value."""

    def find(self, value: Any, pointer: str, found: Values) -> None:  # noqa: ANN401
        """Find them in a value, given its JSON Pointer."""


class ObjectFinder:
    """Finds them in an object."""

    def __init__(self, schema: Mapping[str, Any], drift: Drift) -> None:
        """Prepare.

        Args:
            schema: Of the object, whose properties the decoder has numbered.
            drift: What the decoder knew.
        """
        rules, attributes = schema["properties"], attributes_of(schema, drift)
        self._unknown: list[tuple[str, str]] = []
        self._inner: list[tuple[str, str, Finder]] = []
        for name, below in drift.items():
            attribute, step = attributes[name], token(name)
            if name not in rules:
                self._unknown.append((attribute, step))
            elif finder := _finder(rules[name], below):
                self._inner.append((attribute, step, finder))

    def find(self, value: Any, pointer: str, found: Values) -> None:  # noqa: ANN401
        """Find its own, and those of its members."""
        for attribute, step in self._unknown:
            member = getattr(value, attribute)
            if member is not UNSET:
                found[pointer + step] = member
        for attribute, step, finder in self._inner:
            member = getattr(value, attribute)
            if member:
                finder.find(member, pointer + step, found)


class _ArrayFinder:
    def __init__(self, entries: Finder) -> None:
        self._entries = entries

    def find(self, value: Any, pointer: str, found: Values) -> None:  # noqa: ANN401
        for index, entry in enumerate(value):
            if entry:
                self._entries.find(entry, f"{pointer}/{index}", found)


def _finder(schema: Mapping[str, Any], drift: Drift) -> Finder | None:
    """What finds them in a value, or None if there can be none."""
    if not drift:
        return None
    if "properties" in schema:
        return ObjectFinder(schema, drift)
    entries = _finder(schema["items"], drift[ENTRIES])
    return entries and _ArrayFinder(entries)
