"""What reading took: requests, retries, waits, bytes and rows, added up exactly.

A part of a stream that is read by a scope of its own has an account of its own. What it
is charged, the stream is charged as well.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_mews.reading import Span

PartKey = tuple[int, "tuple[str, ...] | None"]


@dataclass(frozen=True)
class Costs:
    """Amounts to add, or their sum.

    Attributes:
        requests: Calls that were sent to Mews, repeated ones included.
        retries: Calls and downloads that were tried again.
        rows: Records that were delivered.
        answer_seconds: Time in which calls of Mews were under way, added up.
        answer_bytes: Bytes of the answers of Mews, unpacked.
        file_bytes: Bytes of exported files as they were written; what came twice counts
            twice.
        retry_seconds: Pauses before another try.
        budget_seconds: Waits for the rate budget, those that a 429 asked for included.
        export_seconds: Waits for exports to be ready.
    """

    requests: int = 0
    retries: int = 0
    rows: int = 0
    answer_seconds: float = 0.0
    answer_bytes: int = 0
    file_bytes: int = 0
    retry_seconds: float = 0.0
    budget_seconds: float = 0.0
    export_seconds: float = 0.0

    def __add__(self, other: Costs) -> Costs:
        """The sum, amount by amount."""
        return Costs(
            self.requests + other.requests,
            self.retries + other.retries,
            self.rows + other.rows,
            self.answer_seconds + other.answer_seconds,
            self.answer_bytes + other.answer_bytes,
            self.file_bytes + other.file_bytes,
            self.retry_seconds + other.retry_seconds,
            self.budget_seconds + other.budget_seconds,
            self.export_seconds + other.export_seconds,
        )


class Account:
    """Adds up costs; several threads may charge it at once."""

    def __init__(self, tell: Callable[[Costs], None] | None = None) -> None:
        """Start at nothing.

        Args:
            tell: Is given all that is added; it must be safe to call from any thread.
        """
        self._lock = threading.Lock()
        self._total = Costs()
        self._tell = tell

    @property
    def total(self) -> Costs:
        """All that was charged so far, at one moment."""
        return self._total

    def charge(self, costs: Costs) -> None:
        """Add costs."""
        with self._lock:
            self._total += costs
        if self._tell is not None:
            self._tell(costs)


class StreamAccounts:
    """The account of a stream, and one for each part that has a scope of its own."""

    def __init__(self, tell: Callable[[Costs], None] | None = None) -> None:
        """Start without parts.

        Args:
            tell: As of an account.
        """
        self.stream = Account(tell)
        self._lock = threading.Lock()
        self._parts: dict[PartKey, Account] = {}

    def of(self, span: Span) -> Account:
        """The account of the part that a span belongs to."""
        with self._lock:
            key = part_key(span)
            if key not in self._parts:
                self._parts[key] = Account(self.stream.charge)
            return self._parts[key]


def part_key(span: Span) -> PartKey:
    """What the spans of one part have in common: their bookmark and their scope."""
    return span.cohort, span.scope
