"""BATCH: rows of an export file into compressed files, against the RECORD lane."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.hotels import serving
from benchmarks.record_lane import spooled
from benchmarks.rows import ENTITIES
from benchmarks.sides import tap_side
from benchmarks.tables import Verdict, at_least, middle, print_table, rate
from benchmarks.undocumented import CLEAN, KINDS, Undocumented, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Rows
    from benchmarks.runs import Run, Side

STREAM = "order_items"

BAR = 1.0


RECORD, GZIP, NO_COMPRESSION = "RECORD", "BATCH, gzip", "BATCH, not compressed"
COMPRESSIONS = {GZIP: "gzip", NO_COMPRESSION: "none"}

Lane = tuple[str, str]
"""How rows leave, and what is undocumented in them."""

LANES: tuple[Lane, ...] = (
    (RECORD, CLEAN),
    (NO_COMPRESSION, CLEAN),
    *((GZIP, kind) for kind in KINDS),
)


def measure(folder: Path, rows: Rows, *, count: int, repeat: int) -> list[Verdict]:
    """Compare the two; BATCH also over rows with undocumented properties.

    Args:
        folder: Where the files go.
        rows: Makes the rows.
        count: Rows to read.
        repeat: Runs of each.
    """
    seen: dict[Lane, list[Run]] = {lane: [] for lane in LANES}
    sizes: dict[Lane, int] = {}
    spool, batches = folder / "spool", folder / "batches"
    spool.mkdir(exist_ok=True)
    with ExitStack() as stack:
        sides: dict[Lane, Side] = {}
        for kind in KINDS:
            path = folder / f"{STREAM}-{KINDS.index(kind)}.jsonl"
            rows.write(path, ENTITIES[STREAM], count, Undocumented(kind))
            stack.callback(path.unlink)
            config = stack.enter_context(serving({ENTITIES[STREAM]: path}))
            for lane in LANES:
                if lane[1] == kind:
                    settings = config | {"spool_directory": str(spool)}
                    if lane[0] in COMPRESSIONS:
                        compression = COMPRESSIONS[lane[0]]
                        settings["batch_config"] = batch_config(batches, compression)
                    name = f"tap-{LANES.index(lane)}"
                    side = tap_side(folder, settings, STREAM, name=name)
                    sides[lane] = spooled(side, spool, path)
        for _ in range(repeat):
            for lane, side in sides.items():
                seen[lane].append(side.run())
                sizes[lane] = seen[lane][-1].size
                if lane[0] in COMPRESSIONS:
                    sizes[lane] = sum(each.stat().st_size for each in batches.iterdir())
                    shutil.rmtree(batches)
    print_table(
        f"BATCH, {count:,} {STREAM}, rows a second, medians of {repeat}",
        (
            "lane",
            "undocumented",
            "from disk to pipe or file",
            "/ processor s",
            "MB written",
        ),
        [
            [
                *lane,
                rate(count, middle(run.emitting for run in runs)),
                rate(count, middle(run.processor for run in runs)),
                f"{sizes[lane] / 1e6:,.0f}",
            ]
            for lane, runs in seen.items()
        ],
    )
    clean = seen[GZIP, CLEAN]
    found = [at_least(f"{GZIP} / RECORD", _times(seen[RECORD, CLEAN], clean), BAR)]
    for kind in KINDS[1:]:
        found += verdicts(GZIP, kind, _times(clean, seen[GZIP, kind]))
    return found


def _times(one: list[Run], other: list[Run]) -> float:
    """How many times as fast the other is, the median of the rounds."""
    rounds = zip(one, other, strict=True)
    return middle(first.emitting / second.emitting for first, second in rounds)


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
