"""From rows to key figures: how long dbt builds two years of three hotels."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.runs import BenchmarkError
from benchmarks.tables import Verdict, at_most, print_table
from demo import kpis
from demo.pipeline import DemoError, Pipeline
from sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 730
RESERVATIONS_PER_DAY = 5
"""Of each hotel: some 11,000 stays."""

BAR = 60.0
"""Seconds for all models, with their tests."""


def measure(folder: Path) -> list[Verdict]:
    """Load the hotels into DuckDB, build all models, and once more a day later.

    Raises:
        BenchmarkError: The tap, the target or dbt failed, or is not installed.
    """
    folder = folder / "dbt"  # other benchmarks leave a state in theirs
    folder.mkdir()
    rows = []
    try:
        with Sandbox(
            properties=3, days=DAYS, reservations_per_day=RESERVATIONS_PER_DAY
        ) as sandbox:
            sandbox.limits.requests = 1_000_000
            pipeline = Pipeline(folder, sandbox.config())
            moved = pipeline.sync()
            first = _build(pipeline.warehouse)
            rows.append(["two years", f"{moved.total():,}", f"{first:.1f}"])
            sandbox.live_on(timedelta(days=1))
            moved = pipeline.sync()
            later = _build(pipeline.warehouse)
            rows.append(["a day later", f"{moved.total():,}", f"{later:.1f}"])
    except (DemoError, FileNotFoundError) as error:
        raise BenchmarkError(str(error)) from error
    print_table(
        "`dbt build` over three hotels, with all tests, in DuckDB",
        ("build", "rows loaded before", "seconds"),
        rows,
    )
    name = "dbt build over two years of three hotels"
    return [at_most(name, max(first, later), BAR, "s")]


def _build(warehouse: Path) -> float:
    began = time.monotonic()
    kpis.dbt(warehouse, "build")
    return time.monotonic() - began
