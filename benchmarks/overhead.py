"""What the tap costs before it reads anything: discovery, and the imports in it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.runs import ENVIRONMENT, PYTHON, Side
from benchmarks.tables import Verdict, at_most, middle, print_table

BAR = 1.5

TAP = Path(PYTHON).with_name("tap-mews")

SHOWN = 12
"""Imports that the table lists."""


@dataclass(frozen=True)
class Import:
    """A module that was imported.

    Attributes:
        name: Its name.
        depth: How many modules were being imported around it.
        own: Seconds without those of what it imported itself.
        seconds: Seconds with them.
    """

    name: str
    depth: int
    own: float
    seconds: float


def measure(folder: Path, *, repeat: int) -> list[Verdict]:
    """Compare the two, and list what only the tap imports.

    Args:
        folder: Where the logs go.
        repeat: Pairs to run.
    """
    sdk = Side([PYTHON, "-c", "import singer_sdk"], folder, "sdk")
    tap = Side([TAP, "--discover"], folder, "discover")
    sdk.run(), tap.run()  # the first ones fill caches
    pairs = [(sdk.run(), tap.run(1)) for _ in range(repeat)]
    ratio = middle(ours.seconds / theirs.seconds for theirs, ours in pairs)
    processor = middle(ours.processor / theirs.processor for theirs, ours in pairs)
    print_table(
        f"Overhead, seconds, medians of {repeat}",
        ("command", "wall", "processor", "peak MB"),
        [
            [
                name,
                f"{middle(run.seconds for run in runs):.3f}",
                f"{middle(run.processor for run in runs):.3f}",
                f"{middle(run.peak for run in runs):.0f}",
            ]
            for name, runs in zip(
                ("import singer_sdk", "tap-mews --discover"),
                zip(*pairs, strict=True),
                strict=True,
            )
        ]
        + [["ratio", f"{ratio:.2f}", f"{processor:.2f}", ""]],
    )
    _print_imports()
    return [at_most("tap-mews --discover / import singer_sdk", ratio, BAR, "times")]


def _print_imports() -> None:
    """Other packages' modules that the tap adds, and what its own ones cost."""
    known = {each.name for each in imports("-c", "import singer_sdk")}
    seen = imports("-m", "tap_mews", "--discover")
    own = sum(each.own for each in seen if each.name.startswith("tap_mews"))
    added = _outermost(seen, known)
    print_table(
        "What a discovery imports beside `import singer_sdk`, milliseconds",
        ("module", "with what it imports"),
        [
            ["tap_mews.*, without what they import", f"{own * 1000:.1f}"],
            *([each.name, f"{each.seconds * 1000:.1f}"] for each in added[:SHOWN]),
        ],
    )


def imports(*arguments: str) -> list[Import]:
    """What Python imports; each module comes after those that it imports."""
    done = subprocess.run(
        [PYTHON, "-X", "importtime", *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.findall(
        r"import time: +(\d+) \| +(\d+) \|( +)(\S+)", done.stderr, re.MULTILINE
    )
    return [
        Import(name, len(dent) // 2, int(own) / 1e6, int(all_) / 1e6)
        for own, all_, dent, name in found
    ]


def _outermost(seen: list[Import], known: set[str]) -> list[Import]:
    """Modules that are neither known nor ours nor within one of that kind."""
    found: list[Import] = []
    inside: int | None = None
    for each in reversed(seen):  # so each module comes before those that it imports
        if inside is not None and each.depth > inside:
            continue
        inside = None
        if each.name not in known and not each.name.startswith("tap_mews"):
            found.append(each)
            inside = each.depth
    return sorted(found, key=lambda each: each.seconds, reverse=True)
