"""The page lane: rows of pages, checked and written to a pipe."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from benchmarks.page_server import END, START, Shape, serving
from benchmarks.sides import plain_side, tap_side
from benchmarks.tables import Verdict, at_least, middle, print_table, rate
from benchmarks.undocumented import CLEAN, KINDS, MANY, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.runs import Run

BAR = 8.0

STREAMS = {
    "source_assignments": Shape(reservations=0),
    "companionships": Shape(assignments=0),
    "order_items": Shape(assignments=0, reservations=0, order_items=20),
}
"""At most 170 requests a stream: fewer than the 190 that the tap may send in 30.5 s."""

OTHER_MESSAGES = 500
"""At most, beside the rows: SCHEMA, and STATE now and then."""

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
    """Compare the two, over clean rows and over rows with undocumented properties.

    Args:
        folder: Where the files go.
        repeat: Rounds.
    """
    table, found = [], []
    for stream, shape in STREAMS.items():
        count = shape.rows_of(stream)
        taps: dict[str, list[Run]] = {kind: [] for kind in KINDS}
        plains: list[Run] = []
        for _, (kind, runs) in product(range(repeat), taps.items()):
            # a server for each run: the tap forgets its budget, as the server does
            with serving(shape, kind) as url:
                tap = tap_side(folder, config_for(url), stream)
                runs.append(tap.run(count, count + OTHER_MESSAGES))
                if kind == CLEAN:
                    plain = plain_side(folder, {stream: {"url": url + API}})
                    plains.append(plain.run(count))
        for kind, runs in taps.items():
            of_plain, of_clean = _times(plains, runs), _times(taps[CLEAN], runs)
            lane = f"Page lane, {stream}"
            if kind == CLEAN:
                found.append(at_least(lane, of_plain, BAR))
            else:
                found += verdicts(
                    lane, kind, of_clean, of_plain if kind == MANY else None
                )
            table.append(
                [
                    f"{stream}, {count:,} rows",
                    kind,
                    rate(count, middle(run.reading for run in plains)),
                    rate(count, middle(run.reading for run in runs)),
                    f"{of_plain:.1f}",
                    f"{of_clean:.2f}",
                    rate(count, middle(run.seconds for run in runs)),
                    rate(count, middle(run.processor for run in plains)),
                    rate(count, middle(run.processor for run in runs)),
                ]
            )
    print_table(
        f"Page lane, rows a second, medians of {repeat}",
        (
            "stream",
            "undocumented",
            "plain, clean rows",
            "tap",
            "of plain",
            "of clean",
            "tap with start-up",
            "plain / processor s",
            "tap / processor s",
        ),
        table,
    )
    return found


def _times(one: list[Run], other: list[Run]) -> float:
    """How many times as fast the other is, the median of the rounds."""
    rounds = zip(one, other, strict=True)
    return middle(first.reading / second.reading for first, second in rounds)
