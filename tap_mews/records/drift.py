"""Where rows differ from their schema without violating it.

They have properties that the schema does not know, and scalars in another notation than
the schema names (`scalars`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw

from tap_mews.settings.map_check import KEPT
from tap_mews.wording import MAX_CHARACTERS

Path = tuple[str, ...]
"""Names from the root of a record to a property; `ENTRIES` for those of an array."""

Attempt = tuple[bytes, bool] | None
"""A row as it goes out, and whether it had undocumented properties; None if it needs a
closer look."""

ENTRIES = "[]"

MAX_LEARNED = 64
"""Undocumented properties of a stream that are learned; each costs every row time."""

_BEGINS = {
    b"{": "object",
    b"[": "array",
    b'"': "string",
    b"n": "null",
    b"t": "boolean",
    b"f": "boolean",
}
"""JSON types, by how JSON of their values begins; anything else is a number."""

_PARSED: dict[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    type(None): "null",
}
"""JSON types, by the types of parsed values; anything else is a number."""

_NO_FIELD = re.compile(r'[\\"\x00-\x1f]')


class Drift(dict[str, "Drift"]):
    """The properties at which rows of a stream differ, as a tree of their paths.

    A property itself is a leaf.
    """

    def add(self, path: Path) -> None:
        """Add a property."""
        node = self
        for name in path:
            node = node.setdefault(name, Drift())


class _Anywhere(Drift):
    def get(self, name: str, default: object = None) -> Drift:
        """All that is below is anywhere, too."""
        del name, default
        return self


ANYWHERE = _Anywhere()
"""Rows may differ at every property."""


@dataclass
class RowDrift:
    """How one row differs.

    Attributes:
        values: Undocumented properties, from JSON Pointer (RFC 6901) to value.
        unknown: Their paths, with the JSON types of their values.
        coerced: Paths of scalars that came in another notation.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: dict[Path, set[str]] = field(default_factory=dict)
    coerced: set[Path] = field(default_factory=set)

    def add_unknown(self, path: Path, pointer: str, value: object) -> None:
        """Add an undocumented property.

        Args:
            path: Its path.
            pointer: Its JSON Pointer.
            value: As JSON (`msgspec.Raw`) or parsed.
        """
        self.values[pointer] = value
        self.unknown.setdefault(path, set()).add(json_type(value))


class LearnedDrift:
    """The drift of a stream, as far as its rows have shown it.

    Attributes:
        unknown: Undocumented properties, `MAX_LEARNED` at most.
        coerced: Scalars that came in another notation.
        tree: Both.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.unknown: set[Path] = set()
        self.coerced: set[Path] = set()
        self.tree = Drift()

    def learn(self, drift: RowDrift) -> bool:
        """Learn from a row.

        Returns:
            Whether there was anything new.
        """
        coerced = drift.coerced - self.coerced
        new = drift.unknown.keys() - self.unknown
        unknown = {each for each in new if _can_be_field(each)}
        room = MAX_LEARNED - len(self.unknown)
        unknown = set(sorted(unknown)[:room])
        self.coerced |= coerced
        self.unknown |= unknown
        for path in coerced | unknown:
            self.tree.add(path)
        return bool(coerced or unknown)


def _can_be_field(path: Path) -> bool:
    """Whether a struct of msgspec can have a field that is encoded by this name."""
    name = path[-1]
    return (
        len(name) <= MAX_CHARACTERS and not _NO_FIELD.search(name) and path != (KEPT,)
    )


def json_type(value: object) -> str:
    """Name the JSON type of a value.

    Args:
        value: As JSON (`msgspec.Raw`) or parsed.
    """
    if not isinstance(value, Raw):
        return _PARSED.get(type(value), "number")
    text = bytes(value).lstrip()
    number = "number" if set(b".eE") & set(text) else "integer"
    return _BEGINS.get(text[:1], number)


def token(name: str | int) -> str:
    """The part of a JSON Pointer that stands for a name or an index."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")
