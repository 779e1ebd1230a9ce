"""Memory: the largest resident size of the tap's process, whatever it reads."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks import page_lane
from benchmarks.hotels import serving
from benchmarks.page_server import MONTHS, PAGE, Shape
from benchmarks.page_server import serving as serving_pages
from benchmarks.rows import ENTITIES
from benchmarks.runs import PYTHON
from benchmarks.sides import tap_side
from benchmarks.tables import Verdict, at_most, print_table, rate

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Rows
    from benchmarks.runs import Run, Side

BAR = 120.0

STREAM = "order_items"

BLOCK_ROWS = 10_000
"""Rows that are made; the file repeats them."""

SLOW_BYTES, SLOW_PAUSE = 1 << 16, 0.02
"""How the slow target reads: 3 MB a second."""

SLOW_SHARE = 40
"""It gets so many times less to read."""

WITHOUT_BUDGET = (
    "from tap_mews.api import rate_limit; rate_limit.REQUESTS = 1_000_000; "
    "from tap_mews.tap import TapMews; TapMews.cli()"
)
"""The tap with a rate budget that lets a thousand pages pass in less than minutes."""


def measure(folder: Path, rows: Rows, *, size: int, pages: int) -> list[Verdict]:
    """Measure the peaks.

    Args:
        folder: Where the files go.
        rows: Makes the rows.
        size: Bytes of the export.
        pages: Pages of the history, of 1000 rows each.
    """
    results = [
        _export(folder, rows, size, slow=False),
        _export(folder, rows, size // SLOW_SHARE, slow=True),
        _page_history(folder, "source_assignments", pages, slow=False),
        _page_history(folder, "companionships", pages, slow=False),
        # the server keeps them all, and they are large
        _page_history(folder, STREAM, pages // 4, slow=False),
        _page_history(folder, "source_assignments", pages // 10, slow=True),
    ]
    print_table(
        "Memory of the tap's process, peak resident MB",
        ("what", "rows", "rows a second", "peak MB"),
        [
            [what, f"{rows:,}", rate(rows, run.seconds), f"{run.peak:.0f}"]
            for what, rows, run in results
        ],
    )
    return [at_most(f"Memory, {what}", run.peak, BAR, "MB") for what, _, run in results]


def _export(folder: Path, rows: Rows, size: int, *, slow: bool) -> tuple[str, int, Run]:
    """Read one large export."""
    path = folder / "large.jsonl"
    count = _write_large(path, rows, size)
    with serving({ENTITIES[STREAM]: path}) as config:
        tap = tap_side(folder, config | {"spool_directory": str(folder)}, STREAM)
        run = _slowed(tap).run(count) if slow else tap.run(count)
    path.unlink()
    told = f"export of {size / 1e9:.2f} GB" + (", slow target" if slow else "")
    return told, count, run


def _slowed(side: Side) -> Side:
    return replace(side, pause=SLOW_PAUSE, read_bytes=SLOW_BYTES)


def _page_history(
    folder: Path, stream: str, pages: int, *, slow: bool
) -> tuple[str, int, Run]:
    """Read many pages of one stream."""
    in_month = max(1, pages // MONTHS)
    if stream == "companionships":
        # a page of reservations leads to two pages of companionships
        in_month = max(1, in_month // 2)
        shape = Shape(0, in_month, 2 * PAGE)
    elif stream == STREAM:
        shape = Shape(0, 0, 0, in_month)
    else:
        shape = Shape(in_month, 0)
    count = shape.rows_of(stream)
    with serving_pages(shape) as url:
        tap = tap_side(folder, page_lane.config_for(url), stream)
        hurried = [PYTHON, "-c", WITHOUT_BUDGET, *tap.command[3:]]
        tap = replace(tap, command=hurried)
        run = _slowed(tap).run(count) if slow else tap.run(count)
    told = f"pages of {stream}" + (", slow target" if slow else "")
    return told, count, run


def _write_large(path: Path, rows: Rows, size: int) -> int:
    """Write an export file of about so many bytes; gives its rows."""
    lines = rows.lines(ENTITIES[STREAM], BLOCK_ROWS)
    block = b"".join(line + b"\n" for line in islice(lines, BLOCK_ROWS))
    times = max(1, round(size / len(block)))
    with path.open("wb") as file:
        for _ in range(times):
            file.write(block)
    return times * BLOCK_ROWS
