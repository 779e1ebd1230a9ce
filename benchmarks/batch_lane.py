"""BATCH: rows of an export file into compressed files, against the RECORD lane."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.hotels import serving
from benchmarks.record_lane import spooled
from benchmarks.rows import ENTITIES
from benchmarks.sides import tap_side
from benchmarks.tables import Verdict, at_least, middle, print_table, rate

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Rows
    from benchmarks.runs import Run

STREAM = "order_items"

BAR = 1.0


def measure(folder: Path, rows: Rows, *, count: int, repeat: int) -> list[Verdict]:
    """Compare the two.

    Args:
        folder: Where the files go.
        rows: Makes the rows.
        count: Rows to read.
        repeat: Runs of each.
    """
    path = rows.write(folder / f"{STREAM}.jsonl", ENTITIES[STREAM], count)
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    lanes: dict[str, list[Run]] = {"RECORD": [], "gzip": [], "none": []}
    sizes: dict[str, int] = {}
    with serving({ENTITIES[STREAM]: path}) as config:
        for _ in range(repeat):
            for lane, runs in lanes.items():
                settings = config | {"spool_directory": str(spool)}
                batches = folder / "batches"
                if lane != "RECORD":
                    settings["batch_config"] = batch_config(batches, lane)
                side = tap_side(folder, settings, STREAM, name=f"tap-{lane}")
                runs.append(spooled(side, spool, path).run())
                if lane == "RECORD":
                    sizes[lane] = runs[-1].size
                else:
                    sizes[lane] = sum(each.stat().st_size for each in batches.iterdir())
                    shutil.rmtree(batches)
    path.unlink()
    print_table(
        f"BATCH, {count:,} {STREAM}, rows a second, medians of {repeat}",
        ("lane", "from disk to pipe or file", "/ processor s", "MB written"),
        [
            [
                lane if lane == "RECORD" else f"BATCH, compression {lane}",
                rate(count, middle(run.emitting for run in runs)),
                rate(count, middle(run.processor for run in runs)),
                f"{sizes[lane] / 1e6:,.0f}",
            ]
            for lane, runs in lanes.items()
        ],
    )
    ratio = middle(
        record.emitting / batch.emitting
        for record, batch in zip(lanes["RECORD"], lanes["gzip"], strict=True)
    )
    return [at_least("BATCH with gzip / RECORD", ratio, BAR)]


def batch_config(
    folder: Path, compression: str, rows: int = 10_000
) -> dict[str, object]:
    """The setting `batch_config` for a local folder.

    Args:
        folder: Where the files go.
        compression: `gzip` or `none`.
        rows: In one file.
    """
    return {
        "encoding": {"format": "jsonl", "compression": compression},
        "storage": {"root": folder.as_uri()},
        "batch_size": rows,
    }
