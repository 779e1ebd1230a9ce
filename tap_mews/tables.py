"""Tables and lists of text for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence


MOST_NAMED = 5
"""Names in a line; the rest is counted."""


def some_of(names: Sequence[str]) -> str:
    """Names for a line of the log: the first ones, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if names[MOST_NAMED:] else ""
    return ", ".join(names[:MOST_NAMED]) + more


def aligned(
    rows: Sequence[Sequence[str]], numbers: Container[int] = ()
) -> Iterator[str]:
    """The lines of a table.

    Args:
        rows: Cells, as many in each row.
        numbers: Columns that are aligned to the right, from 0.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
