"""What reading takes: requests, retries, waits and bytes, added up exactly.

The SDK's metrics show it; those of records are the SDK's own.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from enum import Enum
from operator import add
from typing import TYPE_CHECKING, Any

from singer_sdk import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_mews.clock import Clock


@dataclass(frozen=True)
class Usage:
    """Amounts to add, or their sum.

    Attributes:
        requests: Calls that were sent to Mews, repeated ones included.
        retries: Calls and downloads that were tried again.
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
    answer_seconds: float = 0.0
    answer_bytes: int = 0
    file_bytes: int = 0
    retry_seconds: float = 0.0
    budget_seconds: float = 0.0
    export_seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        """The sum, amount by amount."""
        return Usage(*map(add, vars(self).values(), vars(other).values()))


@dataclass(eq=False)
class UsageRecord:
    """Adds up usage; any thread may add to it.

    Attributes:
        added: Called after each addition, by the thread that adds.
        usage: All that was added so far, at one moment.
    """

    added: Callable[[], None] = lambda: None
    usage: Usage = Usage()
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def add(self, usage: Usage) -> None:
        """Add amounts."""
        with self._lock:
            self.usage += usage
        self.added()


class MewsMetric(str, Enum):
    """What the SDK has no name for."""

    DOWNLOAD_BYTES = "download_bytes"
    EXPORT_WAIT = "export_wait"


# the SDK has a list of its own metrics, of which it uses the values alone
POINTS: tuple[tuple[str, Any, str], ...] = (
    ("counter", metrics.Metric.HTTP_REQUEST_COUNT, "requests"),
    ("timer", metrics.Metric.HTTP_REQUEST_DURATION, "answer_seconds"),
    ("counter", MewsMetric.DOWNLOAD_BYTES, "file_bytes"),
    ("timer", MewsMetric.EXPORT_WAIT, "export_seconds"),
)
"""Type and name of each metric, and the amount that it shows."""


class StreamMetrics:
    """Logs points of the usage of a stream, or of what no single stream causes.

    Each tells what was added since the points before it. Any thread may log.
    """

    def __init__(self, usage: Callable[[], Usage], clock: Clock, **tags: str) -> None:
        """Start with nothing to log.

        Args:
            usage: Gives all usage so far.
            clock: Time of the run.
            tags: Of each point.
        """
        self._usage = usage
        self._clock = clock
        self._tags = {**tags, metrics.Tag.PID: os.getpid()}
        self._lock = threading.Lock()
        self._logged, self._logged_at = Usage(), clock.monotonic()

    def log_if_due(self) -> None:
        """Log when the SDK's interval is over."""
        waited = self._clock.monotonic() - self._logged_at
        if waited > metrics.DEFAULT_LOG_INTERVAL:
            self.log()

    def log(self) -> None:
        """Log what has not been logged yet."""
        with self._lock:
            before, self._logged = self._logged, self._usage()
            self._logged_at = self._clock.monotonic()
            for kind, metric, name in POINTS:
                value = getattr(self._logged, name) - getattr(before, name)
                if value:
                    point = metrics.Point(kind, metric, round(value, 3), self._tags)
                    metrics.log(metrics.get_metrics_logger(), point)
