"""Ten exports that take ten seconds each, and files that arrive while others go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.hotels import serving
from benchmarks.rows import ENTITIES
from benchmarks.sides import tap_side
from benchmarks.tables import Verdict, at_most, print_table

if TYPE_CHECKING:
    from pathlib import Path

BAR = 14.0

EXPORT_SECONDS = 10.0


def measure(folder: Path) -> list[Verdict]:
    """Read all ten entities of a small hotel, so that there is little to transfer.

    Args:
        folder: Where the files go.
    """
    runs = []
    for seconds in (0.0, EXPORT_SECONDS):
        with serving(seconds=seconds) as config:
            runs.append(tap_side(folder, config, *ENTITIES).run(len(ENTITIES)))
    at_once, waiting = runs
    print_table(
        f"Ten entity types, one process each from start to end, {at_once.lines:,} "
        "messages",
        ("exports", "seconds"),
        [
            ["ready at once", f"{at_once.seconds:.1f}"],
            [f"of {EXPORT_SECONDS:.0f} s each", f"{waiting.seconds:.1f}"],
        ],
    )
    return [at_most("Ten exports of 10 s", waiting.seconds, BAR, "s")]
