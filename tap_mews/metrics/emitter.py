"""The SDK's metrics of what reading takes; those of records are the SDK's own."""

from __future__ import annotations

import os
import threading
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any

from singer_sdk import metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tap_mews.metrics.usage import Usage


class MewsMetric(str, Enum):
    """What the SDK has no name for."""

    DOWNLOAD_BYTES = "download_bytes"
    EXPORT_WAIT = "export_wait"


class StreamMetrics:
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
        self._requests = metrics.Counter(metrics.Metric.HTTP_REQUEST_COUNT, {**tags})
        self._answers = _Seconds(metrics.Metric.HTTP_REQUEST_DURATION, {**tags})
        # the SDK has a list of its own metrics, of which it uses the values alone
        name: Any = MewsMetric.DOWNLOAD_BYTES
        self._file_bytes = metrics.Counter(name, {**tags})
        name = MewsMetric.EXPORT_WAIT
        self._waits = _Seconds(name, {**tags})

    def count(self, costs: Usage) -> None:
        """Add costs; any thread may."""
        with self._lock:
            for counter, count in (
                (self._requests, costs.requests),
                (self._file_bytes, costs.file_bytes),
            ):
                if count:
                    counter.increment(count)
            self._answers.add(costs.answer_seconds)
            self._waits.add(costs.export_seconds)

    def exit(self) -> None:
        """Log what has not been logged yet."""
        with self._lock:
            for each in (self._requests, self._answers, self._file_bytes, self._waits):
                if each.value:
                    each.exit()


class _Seconds:
    """A timer of the SDK's for time that comes in parts."""

    def __init__(self, metric: metrics.Metric, tags: dict[str, Any]) -> None:
        self.value = 0.0
        self._metric = metric
        self._tags = {**tags, metrics.Tag.PID: os.getpid()}
        self._told = monotonic()

    def add(self, seconds: float) -> None:
        """Add seconds, and log what came when the interval is over."""
        self.value += seconds
        if seconds and monotonic() - self._told > metrics.DEFAULT_LOG_INTERVAL:
            self.exit()

    def exit(self) -> None:
        """Log what came since the last point."""
        value = round(self.value, 3)
        point = metrics.Point("timer", self._metric, value, self._tags)
        metrics.log(metrics.get_metrics_logger(), point)
        self.value, self._told = 0.0, monotonic()


class MonitoredCounter(metrics.Counter):
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
