"""What was tried, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Tally:
    """Counts over all histories.

    Attributes:
        histories: Histories that ended with a completed run and were compared.
        runs: Runs of the tap in them.
        kills: Runs that were killed, by where or how.
        faults: What went wrong at Mews or on the way, by kind.
        states: STATE messages whose bookmarks were compared with what had been emitted.
        rows: Rows of the hotels that were compared with what the target had.
        lost: Those that it had not, or not as they were.
        largest_state: Bytes of the largest STATE.
    """

    histories: int = 0
    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    states: int = 0
    rows: int = 0
    lost: int = 0
    largest_state: int = 0

    def numbers(self) -> dict[str, Any]:
        """What another process can add to its own."""
        return {
            name: dict(number) if isinstance(number, Counter) else number
            for name, number in vars(self).items()
        }

    def add(self, numbers: Mapping[str, Any]) -> None:
        """Add the numbers of another process."""
        for name, number in numbers.items():
            known = getattr(self, name)
            if isinstance(known, Counter):
                known.update(number)
            elif name == "largest_state":
                self.largest_state = max(known, number)
            else:
                setattr(self, name, known + number)

    def __str__(self) -> str:
        """The numbers, a line for each kind."""
        return "\n".join(
            (
                f"histories run    {self.histories:,}, with {self.runs:,} runs",
                f"kills            {_counted(self.kills)}",
                f"faults injected  {_counted(self.faults)}",
                (
                    f"states checked   {self.states:,}, the largest of "
                    f"{self.largest_state:,} bytes"
                ),
                f"rows compared    {self.rows:,}",
                f"rows lost        {self.lost:,}",
            )
        )


def _counted(counts: Counter[str]) -> str:
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in counts.most_common())
    return f"{counts.total():,}" + (f" ({kinds})" if kinds else "")
