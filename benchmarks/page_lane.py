"""The page lane: rows of pages, checked and written to a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.page_server import END, START, Shape, serving
from benchmarks.sides import plain_side, tap_side
from benchmarks.tables import Verdict, at_least, middle, print_table, rate

if TYPE_CHECKING:
    from pathlib import Path

BAR = 8.0

SHAPE = Shape(order_items=20)
"""At most 170 requests a stream: fewer than the 190 that the tap may send in 30.5 s."""

API = "/api/connector/v1"


def config_for(url: str) -> dict[str, object]:
    """Settings with which the tap reads all pages of the page server, once."""
    return {
        "client_token": "client",
        "access_token": "access",
        "api_url": url,
        "start_date": START,
        "end_date": END,
        "companionship_refresh_days": 0,
        "extraction": "pages",
    }


def measure(folder: Path, *, repeat: int) -> list[Verdict]:
    """Compare the two.

    Args:
        folder: Where the files go.
        repeat: Pairs to run.
    """
    counts = {
        "source_assignments": SHAPE.all_assignments,
        "companionships": SHAPE.all_companionships,
        "order_items": SHAPE.all_order_items,
    }
    table, verdicts = [], []
    for stream, count in counts.items():
        taps, plains = [], []
        for _ in range(repeat):
            # a server for each pair: the tap forgets its budget, as the server does
            with serving(SHAPE) as url:
                tap = tap_side(folder, config_for(url), stream)
                plain = plain_side(folder, {stream: {"url": url + API}})
                taps.append(tap.run(count))
                plains.append(plain.run(count))
        ratio = middle(
            plain.reading / tap.reading for tap, plain in zip(taps, plains, strict=True)
        )
        verdicts.append(at_least(f"Page lane, {stream}", ratio, BAR))
        table.append(
            [
                f"{stream}, {count:,} rows",
                rate(count, middle(run.reading for run in plains)),
                rate(count, middle(run.reading for run in taps)),
                f"{ratio:.1f}",
                rate(count, middle(run.seconds for run in taps)),
                rate(count, middle(run.processor for run in plains)),
                rate(count, middle(run.processor for run in taps)),
            ]
        )
    print_table(
        f"Page lane, rows a second, medians of {repeat}",
        (
            "stream",
            "plain",
            "tap",
            "ratio",
            "tap with start-up",
            "plain / processor s",
            "tap / processor s",
        ),
        table,
    )
    return verdicts
