"""Where rows differ from their schema in ways that are no violation.

They have properties that the schema does not know, and scalars in another notation than
the schema names (`scalars`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tap_mews.settings.stream_maps import KEPT
from tap_mews.violations import SHOWN

Path = tuple[str, ...]
"""Names from the root of a record to a property; `ENTRIES` for those of an array."""

ENTRIES = "[]"

MOST_LEARNED = 64
"""Undocumented properties of a stream that are learned; each costs every row time."""

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
        unknown: Their paths.
        coerced: Paths of scalars that came in another notation.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: set[Path] = field(default_factory=set)
    coerced: set[Path] = field(default_factory=set)


class LearnedDrift:
    """The drift of a stream, as far as its rows have shown it.

    Attributes:
        unknown: Undocumented properties, `MOST_LEARNED` at most.
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
        unknown = {each for each in drift.unknown - self.unknown if _can_be_field(each)}
        room = MOST_LEARNED - len(self.unknown)
        unknown = set(sorted(unknown)[:room])
        self.coerced |= coerced
        self.unknown |= unknown
        for path in coerced | unknown:
            self.tree.add(path)
        return bool(coerced or unknown)


def _can_be_field(path: Path) -> bool:
    """Whether a struct of msgspec can have a field that is encoded by this name."""
    name = path[-1]
    return len(name) <= SHOWN and not _NO_FIELD.search(name) and path != (KEPT,)


def token(name: str | int) -> str:
    """The part of a JSON Pointer that stands for a name or an index."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")
