"""Rows on their way from Mews to the target, as the bytes that came."""

from __future__ import annotations

from dataclasses import dataclass

OBJECT_BYTES = 48
"""What a row takes in memory beside its own bytes, as an object of a list."""


@dataclass(frozen=True)
class Rows:
    """Some rows of one place, as the bytes that came.

    Attributes:
        lines: JSON of one row each; blank ones are no rows.
        place: Where they are from, such as `export …, file 2`.
        first: Number of the first of them there, from 1.
        unit: What the numbers count: `line` or `row`.
        may_break: Whether a row can have a line break in it or around it.
        beside: Bytes that whoever reads them holds beside them.
    """

    lines: list[bytes]
    place: str
    first: int = 1
    unit: str = "line"
    may_break: bool = False
    beside: int = 0

    @property
    def size(self) -> int:
        """Bytes that they take in memory."""
        rows = sum(map(len, self.lines)) + OBJECT_BYTES * len(self.lines)
        return rows + self.beside

    def where(self, index: int) -> str:
        """Words that say where a row is.

        Args:
            index: In `lines`, from 0.
        """
        return f"{self.place}, {self.unit} {self.first + index}"
