"""What was tried, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

WIDTH = 88


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
        """The numbers, of each kind in a paragraph."""
        signals = {kind for kind in self.kills if kind.startswith("SIG")}
        states = f"{self.states:,}, the largest of {self.largest_state:,} bytes"
        numbers = {
            "histories run": f"{self.histories:,}, with {self.runs:,} runs",
            "killed in process": _counted(self.kills, self.kills.keys() - signals),
            "processes shot": _counted(self.kills, signals),
            "faults injected": _counted(self.faults, self.faults.keys()),
            "states checked": states,
            "rows compared": f"{self.rows:,}",
            "rows lost": f"{self.lost:,}",
        }
        return "\n".join(
            fill(
                f"{name:19}{number}",
                WIDTH,
                subsequent_indent=" " * 19,
                break_on_hyphens=False,
                break_long_words=False,
            )
            for name, number in numbers.items()
        )


def _counted(counts: Counter[str], kinds: Collection[str]) -> str:
    """The sum of some kinds, and how many there are of each."""
    chosen = Counter({kind: counts[kind] for kind in kinds})
    listed = ", ".join(f"{kind} {count:,}" for kind, count in chosen.most_common())
    return f"{chosen.total():,}" + (f" ({listed})" if listed else "")
