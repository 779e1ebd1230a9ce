"""The benchmarks run: their numbers come from commands that anyone can run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SMALL = ("--gigabytes", "0.002", "--pages", "12")


def test_the_peaks_of_memory_are_measured_and_hold(tmp_path: Path) -> None:
    """It reads exports, pages, and both with a slow target."""
    printed = run("benchmarks", "memory", *SMALL, "--folder", tmp_path)
    held = [each for each in printed.splitlines() if each.endswith("|   yes |")]
    assert len(held) == 6


def test_the_alternatives_are_measured() -> None:
    printed = run("benchmarks.alternatives", "--repeat", "1", "--rows", "500")
    assert printed.count("| variant ") == 2


def run(module: str, *arguments: str | Path) -> str:
    """Run a module of Python, and give what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
