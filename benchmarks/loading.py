"""Into PostgreSQL, end to end: the tap, piped into target-postgres."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.batch_lane import batch_config
from benchmarks.hotels import serving
from benchmarks.postgres import NoPostgresError, Server
from benchmarks.postgres import serving as serving_postgres
from benchmarks.rows import ENTITIES
from benchmarks.runs import CHECKOUT, ENVIRONMENT, BenchmarkError
from benchmarks.sides import tap_side
from benchmarks.tables import middle, print_table, rate
from sandbox.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Rows
    from benchmarks.runs import Side

TARGET = CHECKOUT / ".venv-bench-target" / "bin" / "target-postgres"

STREAM = "order_items"

LOT_ROWS = 50_000
"""Rows that the target loads at once, where the default of 10,000 is not kept."""

SAFE: dict[str, object] = {
    "validate_records": False,
    "use_copy": True,
    "batch_size_rows": LOT_ROWS,
}
"""Settings of the target that the tap's own validation makes safe."""

WAYS: dict[str, tuple[dict[str, object], bool]] = {
    "RECORD, target's defaults": ({}, False),
    "RECORD, validate_records: false": ({"validate_records": False}, False),
    "RECORD, … and use_copy: true": (
        {"validate_records": False, "use_copy": True},
        False,
    ),
    f"RECORD, … and batch_size_rows: {LOT_ROWS}": (SAFE, False),
    "BATCH, target's defaults": ({}, True),
    "BATCH, the same settings": (SAFE, True),
}
"""Settings of the target, and whether the tap writes batch files."""


@dataclass
class Load:
    """What was seen of a load, in seconds.

    Attributes:
        seconds: From the start of both processes to the end of both.
        tap: Processor time of the tap.
        target: Processor time of the target.
        server: Processor time of PostgreSQL.
    """

    seconds: float
    tap: float
    target: float
    server: float


def measure(folder: Path, rows: Rows, *, count: int, repeat: int) -> None:
    """Load some order items in several ways, each into an empty table.

    Args:
        folder: Where the files go.
        rows: Makes the rows.
        count: Rows to load.
        repeat: Loads of each kind.
    """
    if not TARGET.exists():
        print("\nInto PostgreSQL: skipped, `make bench` installs the target first")
        return
    path = rows.write(folder / f"{STREAM}.jsonl", ENTITIES[STREAM], count)
    loads: dict[str, list[Load]] = {way: [] for way in WAYS}
    try:
        with serving_postgres() as server, serving({ENTITIES[STREAM]: path}) as config:
            for _ in range(repeat):
                for way, (settings, in_files) in WAYS.items():
                    side = _tap(folder, config, in_files=in_files)
                    loads[way].append(_load(folder, side, settings, server, count))
            version = server.version
    except NoPostgresError as error:
        print(f"\nInto PostgreSQL: skipped, {error}")
        return
    finally:
        path.unlink()
    print_table(
        f"Into {version}, {count:,} order items, medians of {repeat}; seconds of "
        "processor time",
        ("way", "rows a second", "seconds", "tap", "target", "server"),
        [
            [
                way,
                rate(count, middle(load.seconds for load in seen)),
                f"{middle(load.seconds for load in seen):.1f}",
                f"{middle(load.tap for load in seen):.1f}",
                f"{middle(load.target for load in seen):.1f}",
                f"{middle(load.server for load in seen):.1f}",
            ]
            for way, seen in loads.items()
        ],
    )


def _tap(folder: Path, config: dict[str, Any], *, in_files: bool) -> Side:
    settings = dict(config)
    if in_files:
        settings["batch_config"] = batch_config(folder / "batches", "gzip", LOT_ROWS)
    return tap_side(folder, settings, STREAM, name="tap")


def _load(
    folder: Path, tap: Side, settings: dict[str, object], server: Server, count: int
) -> Load:
    """Load once, and count the rows that arrived."""
    server.ask("drop schema if exists mews cascade")
    target = {"sqlalchemy_url": server.url, "default_target_schema": "mews", **settings}
    path = folder / "target.config.json"
    path.write_text(json.dumps(target), "utf-8")
    before = server.processor
    start = time.monotonic()
    with (
        (folder / "tap.log").open("wb") as ours,
        (folder / "target.log").open("wb") as theirs,
        running(
            tap.command, cwd=folder, env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=ours,
        ) as source,
        running(
            [TARGET, "--config", path], cwd=folder, env=ENVIRONMENT,
            stdin=source.stdout, stdout=subprocess.DEVNULL, stderr=theirs,
        ) as sink,
    ):  # fmt: skip
        assert source.stdout is not None  # noqa: S101 - it is a pipe
        source.stdout.close()
        ends = [os.wait4(process.pid, 0) for process in (source, sink)]
        seconds = time.monotonic() - start
        source.returncode, sink.returncode = (status for _, status, _ in ends)
    arrived = server.ask(f"select count(*) from mews.{STREAM}")  # noqa: S608 - ours
    if source.returncode or sink.returncode or arrived != str(count):
        msg = f"{arrived} of {count} rows arrived; see the logs in {folder}"
        raise BenchmarkError(msg)
    used = [usage.ru_utime + usage.ru_stime for _, _, usage in ends]
    return Load(seconds, used[0], used[1], server.processor - before)
