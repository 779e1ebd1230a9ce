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

    from tap_mews.reading.reader import Slice

PartitionKey = tuple[int, "tuple[str, ...] | None"]


@dataclass(frozen=True)
class Usage:
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

    def __add__(self, other: Usage) -> Usage:
        """The sum, amount by amount."""
        return Usage(
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


class UsageRecorder:
    """Adds up costs; several threads may charge it at once."""

    def __init__(self, tell: Callable[[Usage], None] | None = None) -> None:
        """Start at nothing.

        Args:
            tell: Is given all that is added; it must be safe to call from any thread.
        """
        self._lock = threading.Lock()
        self._total = Usage()
        self._tell = tell

    @property
    def total(self) -> Usage:
        """All that was charged so far, at one moment."""
        return self._total

    def charge(self, costs: Usage) -> None:
        """Add costs."""
        with self._lock:
            self._total += costs
        if self._tell is not None:
            self._tell(costs)


class StreamUsage:
    """The account of a stream, and one for each part that has a scope of its own."""

    def __init__(self, tell: Callable[[Usage], None] | None = None) -> None:
        """Start without parts.

        Args:
            tell: As of an account.
        """
        self.stream = UsageRecorder(tell)
        self._lock = threading.Lock()
        self._parts: dict[PartitionKey, UsageRecorder] = {}

    def of(self, span: Slice) -> UsageRecorder:
        """The account of the part that a span belongs to."""
        with self._lock:
            key = partition_key(span)
            if key not in self._parts:
                self._parts[key] = UsageRecorder(self.stream.charge)
            return self._parts[key]


def partition_key(span: Slice) -> PartitionKey:
    """What the spans of one part have in common: their bookmark and their scope."""
    return span.cohort, span.scope
