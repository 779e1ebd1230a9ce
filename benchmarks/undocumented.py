"""Rows with properties that no schema knows: their names are drawn for the run."""

from __future__ import annotations

import string
from random import SystemRandom
from typing import Any

from benchmarks.tables import Verdict, at_least
from tap_mews.records.drift import MAX_LEARNED

Row = dict[str, Any]

CLEAN = "none"
TOP = "one at the top"
NESTED = "one nested"
TEN = "ten at once"
LEARNED = "one of 64"
MANY = "one of 200"
KINDS = (CLEAN, TOP, NESTED, TEN, LEARNED, MANY)
"""What each row can carry."""

OF_CLEAN, OF_PLAIN, MANY_OF_PLAIN = 0.5, 10.0, 3.0
"""Of the speed of clean rows, and of a plain stream with more than 64 names."""

NAMES = 200

VALUES = (
    "a text",
    None,
    True,
    12.5,
    "2026-02-28T00:00:00Z",
    {"Corporate": True, "Internal": False, "Marketing": None},
)

_CHANCE = SystemRandom()


class Undocumented:
    """Adds undocumented properties to rows."""

    def __init__(self, kind: str) -> None:
        """Draw the names.

        Args:
            kind: One of `KINDS`.
        """
        self._kind = kind
        letters = string.ascii_letters
        self._names = ["".join(_CHANCE.choices(letters, k=14)) for _ in range(NAMES)]
        # a serializer writes each of them at the same place of all rows
        self._places = [_CHANCE.random() for _ in self._names]

    def add(self, row: Row, number: int) -> Row:
        """The row with what it is to carry; its first property stays the first.

        Args:
            row: A clean one.
            number: Of the row.
        """
        if self._kind == NESTED:
            return self._added_inside(row)
        which = {
            CLEAN: [],
            TOP: [5],
            TEN: range(10),
            LEARNED: [number % MAX_LEARNED],
            MANY: [number % NAMES],
        }
        return self._added(row, *which[self._kind])

    def _added(self, row: Row, *which: int) -> Row:
        members = list(row.items())
        for number in which:
            at = 1 + round(self._places[number] * (len(members) - 1))
            members.insert(at, (self._names[number], VALUES[number % len(VALUES)]))
        return dict(members)

    def _added_inside(self, row: Row) -> Row:
        """Add to the first object in a row that has any."""
        for name, value in row.items():
            if value and isinstance(value, dict):
                return row | {name: self._added(value, 0)}
            if value and isinstance(value, list) and isinstance(value[0], dict):
                return row | {name: [self._added(each, 0) for each in value]}
        return self._added(row, 0)


def verdicts(
    lane: str, kind: str, of_clean: float, of_plain: float | None = None
) -> list[Verdict]:
    """Judge the speed of rows of one kind.

    Args:
        lane: Words for what was measured.
        kind: One of `KINDS`, but for `CLEAN`.
        of_clean: How many times the speed of clean rows.
        of_plain: How many times the speed of a plain stream over clean rows.
    """
    what = f"{lane}, undocumented: {kind}"
    found = []
    if kind != MANY:
        found.append(at_least(f"{what}, of clean", of_clean, OF_CLEAN))
    if of_plain is not None:
        bar = MANY_OF_PLAIN if kind == MANY else OF_PLAIN
        found.append(at_least(f"{what}, of plain", of_plain, bar))
    return found
