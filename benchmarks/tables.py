"""Prints what was measured."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Verdict:
    """A bar, and what was measured against it.

    Attributes:
        what: What must hold.
        bar: The bar, in words.
        measured: What was measured, in words.
        holds: Whether it holds.
    """

    what: str
    bar: str
    measured: str
    holds: bool


def at_least(what: str, measured: float, bar: float) -> Verdict:
    """Judge a ratio that must be large."""
    return Verdict(what, f"≥ {bar:g} times", f"{measured:.3g} times", measured >= bar)


def at_most(what: str, measured: float, bar: float, unit: str) -> Verdict:
    """Judge a number that must be small."""
    return Verdict(what, f"≤ {bar:g} {unit}", f"{measured:.4g} {unit}", measured <= bar)


def print_table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in Markdown; all columns but the first are aligned right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}\n")
    for number, line in enumerate(lines):
        first, *others = [
            cell.rjust(width) if position else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("|", " | ".join([first, *others]), "|")
        if number == 0:
            rules = [
                "-" * widths[0],
                *("-" * (width - 1) + ":" for width in widths[1:]),
            ]
            print("|", " | ".join(rules), "|")


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(values)


def rate(rows: float, seconds: float) -> str:
    """Rows a second, with thousands set apart."""
    return f"{rows / seconds:,.0f}"


def machine() -> str:
    """Words for the machine, and for the versions that matter."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("utf-8").splitlines()
        model = next(
            (line.partition(":")[2].strip() for line in lines if "model name" in line),
            model,
        )
    packages = [f"{name} {version(name)}" for name in ("singer-sdk", "msgspec")]
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(packages)}, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )
