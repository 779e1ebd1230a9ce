"""Undocumented properties: what a run says of them, and where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_mews.records.drift import ENTRIES
from tap_mews.settings.map_check import KEPT
from tap_mews.wording import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_mews.records.drift import Path

KEPT_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": True,
    "description": (
        "Properties of the row that Mews does not document, by their JSON Pointer. "
        "Personal data."
    ),
}

MAX_NAMED = 64
"""Undocumented properties of a stream that are named; more are counted."""

MAX_COUNTED = 10_000
"""… and so many at most, since each takes memory."""


class UndocumentedProperties:
    """The undocumented properties that rows of one stream had.

    Attributes:
        rows: How many rows had any.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.rows = 0
        self._names: dict[int, str] = {}
        self._types: dict[int, set[str]] = {}
        self._others: set[int] = set()

    def add(self, unknown: Mapping[Path, set[str]]) -> None:
        """Take the paths of a row, with the JSON types of the values."""
        for path, types in unknown.items():
            # names can be long, so no more is kept of one than is shown
            key = hash(path)
            if key in self._names:
                self._types[key] |= types
            elif len(self._names) < MAX_NAMED:
                self._names[key] = printable(_json_path(path))
                self._types[key] = set(types)
            elif len(self._others) < MAX_COUNTED:
                self._others.add(key)

    @property
    def names(self) -> list[str]:
        """JSON paths, as far as they are named, with `[]` for any entry of an array."""
        return sorted(self._names.values())

    @property
    def types(self) -> dict[str, list[str]]:
        """JSON types that were seen, by JSON path; not every row is looked at."""
        return {
            name: sorted(self._types[key])
            for key, name in sorted(self._names.items(), key=lambda each: each[1])
        }

    def summary(self, *, kept: bool) -> str | None:
        """One line that counts and names them, or None if there were none."""
        if not self._names:
            return None
        more = len(self._others)
        count = f"{len(self._names) + more:,}"
        if more == MAX_COUNTED:
            count = f"at least {count}"
        verb = "property was" if count == "1" else "properties were"
        names = ", ".join(self.names) + (f" and {more:,} more" if more else "")
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        if kept:
            return f"{count} undocumented {verb} kept in {KEPT}: {names} (in {rows})"
        return (
            f"{count} undocumented {verb} dropped: {names} (in {rows}); set "
            "undocumented_properties to `keep` to load them"
        )


def keeps_undocumented(config: Mapping[str, Any]) -> bool:
    """Whether records hold the undocumented properties of their rows.

    Args:
        config: The settings, which discovery does not check.
    """
    return config.get("undocumented_properties") == "keep"


def with_kept(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of records that keep undocumented properties."""
    return {**schema, "properties": {**schema["properties"], KEPT: KEPT_SCHEMA}}


def without_kept(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the rows of such records."""
    rules = schema.get("properties") or {}
    if KEPT not in rules:
        return schema
    return {**schema, "properties": {n: r for n, r in rules.items() if n != KEPT}}


def _json_path(path: Path) -> str:
    return "$" + "".join(part if part == ENTRIES else f".{part}" for part in path)
