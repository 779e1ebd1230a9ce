"""The benchmarks run: their numbers come from commands that anyone can run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SMALL = ("--gigabytes", "0.002", "--pages", "12")


def test_the_peaks_of_memory_are_measured_and_hold(tmp_path: Path) -> None:
    """It reads exports, pages, and both with a slow target."""
    command = [sys.executable, "-m", "benchmarks", "memory", *SMALL]
    done = subprocess.run(
        [*command, "--folder", tmp_path],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    held = [each for each in done.stdout.splitlines() if each.endswith("|   yes |")]
    assert len(held) == 6
