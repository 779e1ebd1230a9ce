"""`python -m benchmarks`: measure what the tap must hold, and print it."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import cached_property
from pathlib import Path

from benchmarks import (
    analytics,
    batch_lane,
    exports_wait,
    groups,
    loading,
    memory,
    overhead,
    page_lane,
    record_lane,
    walls,
)
from benchmarks.rows import Rows
from benchmarks.tables import Verdict, machine, print_table


class Benchmarks:
    """All of them, each a method of its own."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        """Prepare.

        Args:
            folder: Where files go; it has to hold the export of the memory benchmark
                twice.
            options: Of the command line.
        """
        self._folder = folder
        self._options = options

    def overhead(self) -> list[Verdict]:
        """Discovery against the import of the SDK."""
        return overhead.measure(self._folder, repeat=3 * self._options.repeat)

    def records(self) -> list[Verdict]:
        """RECORD lane against a plain stream."""
        return record_lane.measure(
            self._folder,
            self._rows,
            count=self._options.rows,
            plain_count=self._options.plain_rows,
            repeat=self._options.repeat,
        )

    def pages(self) -> list[Verdict]:
        """Page lane against a plain REST stream."""
        return page_lane.measure(self._folder, repeat=self._options.repeat)

    def batches(self) -> list[Verdict]:
        """BATCH against the RECORD lane."""
        return batch_lane.measure(
            self._folder,
            self._rows,
            count=self._options.rows,
            repeat=self._options.repeat,
        )

    def exports(self) -> list[Verdict]:
        """Ten exports at once."""
        return exports_wait.measure(self._folder)

    def walls(self) -> list[Verdict]:
        """What a run waits for."""
        return walls.measure(self._folder)

    def groups(self) -> list[Verdict]:
        """Hundreds of properties."""
        return groups.measure(self._folder)

    def memory(self) -> list[Verdict]:
        """Peaks."""
        return memory.measure(
            self._folder,
            self._rows,
            size=round(self._options.gigabytes * 1e9),
            pages=self._options.pages,
        )

    def postgres(self) -> list[Verdict]:
        """End to end, without a bar."""
        loading.measure(
            self._folder,
            self._rows,
            count=self._options.loaded_rows,
            repeat=min(3, self._options.repeat),
        )
        return []

    def dbt(self) -> list[Verdict]:
        """From rows to key figures."""
        return analytics.measure(self._folder)

    @cached_property
    def _rows(self) -> Rows:
        return Rows()


ALL = (
    "walls",
    "groups",
    "overhead",
    "records",
    "pages",
    "batches",
    "exports",
    "memory",
    "postgres",
    "dbt",
)


def main() -> int:
    """Measure, and give the exit code: 0 if all bars hold."""
    options = _options()
    print(machine())
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(
        prefix="tap-mews-bench-", dir=options.folder
    ) as name:
        benchmarks = Benchmarks(Path(name), options)
        for which in options.which or ALL:
            began = time.monotonic()
            verdicts += getattr(benchmarks, which)()
            print(f"\n({which}: {time.monotonic() - began:.0f} s)", flush=True)
    print_table(
        "Bars",
        ("what", "bar", "measured", "holds"),
        [
            [each.what, each.bar, each.measured, "yes" if each.holds else "NO"]
            for each in verdicts
        ],
    )
    return 0 if all(each.holds for each in verdicts) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=main.__doc__
    )
    add = parser.add_argument
    add("which", nargs="*", choices=[*ALL, []], help="what to measure (default: all)")
    add("--repeat", type=int, default=5, help="runs of each side (default: 5)")
    add("--rows", type=int, default=200_000, help="rows of an export (default: 200000)")
    add("--plain-rows", type=int, default=20_000, help="for plain streams (20000)")
    add("--gigabytes", type=float, default=2.0, help="of the large export (default: 2)")
    add("--pages", type=int, default=1000, help="of the long history (default: 1000)")
    add("--loaded-rows", type=int, default=30_000, help="into PostgreSQL (30000)")
    add("--folder", help="where temporary files go (default: the system's folder)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
