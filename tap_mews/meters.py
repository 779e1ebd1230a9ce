"""The SDK's metrics of what reading takes; those of records are the SDK's own."""

from __future__ import annotations

import threading
import time
from enum import Enum
from typing import TYPE_CHECKING, Any

from singer_sdk import metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tap_mews.accounts import Costs


class MewsMetric(str, Enum):
    """What the SDK has no name for."""

    DOWNLOAD_BYTES = "download_bytes"
    EXPORT_WAIT = "export_wait"


class Meters:
    """Metrics of one stream, or of what no single stream causes.

    A point is logged when the SDK's interval is over, and at the end. It tells what was
    added since the point before it.
    """

    def __init__(self, **tags: str) -> None:
        """Start at nothing.

        Args:
            tags: Of each point.
        """
        self._lock = threading.Lock()
        self._tags = tags
        self._requests = metrics.Counter(metrics.Metric.HTTP_REQUEST_COUNT, {**tags})
        # the SDK has a list of its own metrics, of which it uses the values alone
        name: Any = MewsMetric.DOWNLOAD_BYTES
        self._file_bytes = metrics.Counter(name, {**tags})
        self._waited = 0.0
        self._told = time.monotonic()

    def count(self, costs: Costs) -> None:
        """Add costs; any thread may."""
        with self._lock:
            if costs.requests:
                self._requests.increment(costs.requests)
            if costs.file_bytes:
                self._file_bytes.increment(costs.file_bytes)
            if costs.export_seconds:
                self._waited += costs.export_seconds
                if time.monotonic() - self._told > metrics.DEFAULT_LOG_INTERVAL:
                    self._tell_waiting()

    def exit(self) -> None:
        """Log what has not been logged yet."""
        with self._lock:
            for counter in (self._requests, self._file_bytes):
                if counter.value:
                    counter.exit()
            if self._waited:
                self._tell_waiting()

    def _tell_waiting(self) -> None:
        name: Any = MewsMetric.EXPORT_WAIT
        tags = {**self._tags, metrics.Tag.PID: self._requests.tags[metrics.Tag.PID]}
        point = metrics.Point("timer", name, round(self._waited, 3), tags)
        metrics.log(metrics.get_metrics_logger(), point)
        self._waited, self._told = 0.0, time.monotonic()


class WatchedCounter(metrics.Counter):
    """The SDK's counter of a stream, which knows how the reading of it ended."""

    def __init__(
        self,
        counter: metrics.Counter,
        ended: Callable[[BaseException | None], None],
    ) -> None:
        """Take the place of a counter.

        Args:
            counter: As the SDK has made it.
            ended: Is given what ended the reading, or None if it is whole.
        """
        super().__init__(counter.metric, counter.tags, counter.log_interval)
        self._ended = ended

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Log the count and tell."""
        super().__exit__(exc_type, exc_val, exc_tb)
        self._ended(exc_val)
