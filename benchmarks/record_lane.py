"""The RECORD lane: rows of an export file, checked and written to a pipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.hotels import serving
from benchmarks.rows import ENTITIES
from benchmarks.sides import plain_side, tap_side
from benchmarks.tables import Verdict, at_least, middle, print_table, rate

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Rows
    from benchmarks.runs import Run, Side

STREAMS = {"order_items": 20.0, "reservations": 10.0, "customers": 10.0}
"""What is measured, and how many times as fast as a plain stream it must be."""


@dataclass
class Pair:
    """Both sides in the same minute, some times."""

    tap: list[Run]
    plain: list[Run]

    def ratio(self, tap_rows: int, plain_rows: int) -> float:
        """How many times the rows a second, the median of the pairs."""
        return middle(
            (tap_rows / tap.emitting) / (plain_rows / plain.emitting)
            for tap, plain in zip(self.tap, self.plain, strict=True)
        )


def measure(
    folder: Path, rows: Rows, *, count: int, plain_count: int, repeat: int
) -> list[Verdict]:
    """Compare the two.

    A plain stream is as fast over few rows as over many, so it is given fewer.

    Args:
        folder: Where the files go.
        rows: Makes the rows.
        count: Rows for the tap.
        plain_count: Rows for the plain stream.
        repeat: Pairs to run.
    """
    table, verdicts = [], []
    for stream, bar in STREAMS.items():
        path = rows.write(folder / f"{stream}.jsonl", ENTITIES[stream], count)
        short = rows.write(folder / "plain.jsonl", ENTITIES[stream], plain_count)
        width = path.stat().st_size / count
        spool = folder / "spool"
        spool.mkdir(exist_ok=True)
        with serving({ENTITIES[stream]: path}) as config:
            tap = spooled(tap_side(folder, config | _spool(spool), stream), spool, path)
            plain = plain_side(folder, {stream: {"file": str(short)}})
            pair = Pair([], [])
            for _ in range(repeat):
                pair.tap.append(tap.run(count))
                pair.plain.append(plain.run(plain_count))
        ratio = pair.ratio(count, plain_count)
        verdicts.append(at_least(f"RECORD lane, {stream}", ratio, bar))
        table.append(
            [
                f"{stream}, {width:,.0f} bytes a row",
                rate(plain_count, middle(run.emitting for run in pair.plain)),
                rate(count, middle(run.emitting for run in pair.tap)),
                f"{ratio:.1f}",
                rate(count, middle(run.reading for run in pair.tap)),
                rate(count, middle(run.seconds for run in pair.tap)),
                rate(plain_count, middle(run.processor for run in pair.plain)),
                rate(count, middle(run.processor for run in pair.tap)),
            ]
        )
        path.unlink()
    print_table(
        f"RECORD lane, {count:,} rows (plain: {plain_count:,}), rows a second, "
        f"medians of {repeat}",
        (
            "stream",
            "plain",
            "tap",
            "ratio",
            "tap with export and download",
            "… and start-up",
            "plain / processor s",
            "tap / processor s",
        ),
        table,
    )
    return verdicts


def spooled(side: Side, spool: Path, path: Path) -> Side:
    """The side, watched for the moment at which its export file is on disk."""
    return replace(side, spool=spool, spooled=path.stat().st_size)


def _spool(folder: Path) -> dict[str, str]:
    return {"spool_directory": str(folder)}
