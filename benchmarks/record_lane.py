"""The RECORD lane: rows of an export file, checked and written to a pipe."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.hotels import serving
from benchmarks.rows import ENTITIES
from benchmarks.sides import plain_side, tap_side
from benchmarks.tables import Verdict, at_least, middle, print_table, rate
from benchmarks.undocumented import CLEAN, KINDS, Undocumented, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Rows
    from benchmarks.runs import Run, Side

STREAMS = {"order_items": 20.0, "reservations": 10.0, "customers": 10.0}
"""What is measured, and how many times as fast as a plain stream it must be."""


@dataclass
class Sides:
    """The tap over rows of each kind, and a plain stream, in the same minutes."""

    taps: dict[str, list[Run]]
    plain: list[Run]

    def of_plain(self, kind: str, tap_rows: int, plain_rows: int) -> float:
        """How many times the rows a second of the plain stream, a median."""
        return middle(
            (tap_rows / tap.emitting) / (plain_rows / plain.emitting)
            for tap, plain in zip(self.taps[kind], self.plain, strict=True)
        )

    def of_clean(self, kind: str) -> float:
        """How many times the rows a second of clean rows, a median."""
        return middle(
            clean.emitting / tap.emitting
            for tap, clean in zip(self.taps[kind], self.taps[CLEAN], strict=True)
        )


def measure(
    folder: Path, rows: Rows, *, count: int, plain_count: int, repeat: int
) -> list[Verdict]:
    """Compare the two, over clean rows and over rows with undocumented properties.

    A plain stream is as fast over few rows as over many, so it is given fewer.

    Args:
        folder: Where the files go.
        rows: Makes the rows.
        count: Rows for the tap.
        plain_count: Rows for the plain stream.
        repeat: Rounds.
    """
    table, found = [], []
    for stream, bar in STREAMS.items():
        sides = _run(folder, rows, stream, count, plain_count, repeat)
        for kind, runs in sides.taps.items():
            of_plain = sides.of_plain(kind, count, plain_count)
            of_clean = sides.of_clean(kind)
            lane = f"RECORD lane, {stream}"
            if kind == CLEAN:
                found.append(at_least(lane, of_plain, bar))
            else:
                found += verdicts(lane, kind, of_clean, of_plain)
            table.append(
                [
                    stream,
                    kind,
                    rate(plain_count, middle(run.emitting for run in sides.plain)),
                    rate(count, middle(run.emitting for run in runs)),
                    f"{of_plain:.1f}",
                    f"{of_clean:.2f}",
                    rate(count, middle(run.reading for run in runs)),
                    rate(count, middle(run.seconds for run in runs)),
                    rate(count, middle(run.processor for run in runs)),
                ]
            )
    print_table(
        f"RECORD lane, {count:,} rows (plain: {plain_count:,} clean ones), rows a "
        f"second, medians of {repeat}",
        (
            "stream",
            "undocumented",
            "plain",
            "tap",
            "of plain",
            "of clean",
            "tap with export and download",
            "… and start-up",
            "tap / processor s",
        ),
        table,
    )
    return found


def _run(
    folder: Path, rows: Rows, stream: str, count: int, plain_count: int, repeat: int
) -> Sides:
    """Let both sides of a stream take turns."""
    entity, spool = ENTITIES[stream], folder / "spool"
    spool.mkdir(exist_ok=True)
    short = rows.write(folder / "plain.jsonl", entity, plain_count)
    plain = plain_side(folder, {stream: {"file": str(short)}})
    sides = Sides({kind: [] for kind in KINDS}, [])
    with ExitStack() as stack:
        taps: dict[str, Side] = {}
        for number, kind in enumerate(KINDS):
            path = folder / f"{stream}-{number}.jsonl"
            rows.write(path, entity, count, Undocumented(kind))
            stack.callback(path.unlink)
            config = stack.enter_context(serving({entity: path})) | _spool(spool)
            side = tap_side(folder, config, stream, name=f"tap-{number}")
            taps[kind] = spooled(side, spool, path)
        for _ in range(repeat):
            sides.plain.append(plain.run(plain_count))
            for kind, tap in taps.items():
                sides.taps[kind].append(tap.run(count))
    return sides


def spooled(side: Side, spool: Path, path: Path) -> Side:
    """The side, watched for the moment at which its export file is on disk."""
    return replace(side, spool=spool, spooled=path.stat().st_size)


def _spool(folder: Path) -> dict[str, str]:
    return {"spool_directory": str(folder)}
