"""The rate of requests that Mews grants to an access token, shared by a whole run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pyrate_limiter import InMemoryBucket, Rate, RateItem

if TYPE_CHECKING:
    from tap_mews.clock import Clock

REQUESTS = 190
"""Mews grants 200 in a sliding window; the rest is left for what delays shift."""

WINDOW_SECONDS = 30.5
"""Mews counts over 30 s by arrival, we by departure; half a second covers the way."""

LONGEST_PAUSE = 3600.0
"""No `Retry-After` may stop a run for longer than an hour, in seconds."""


class RateLimiter:
    """A limiter that every thread of a run passes before it sends a request."""

    def __init__(self, clock: Clock) -> None:
        """Start with the whole budget.

        Args:
            clock: Time and sleep of the run.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._bucket = InMemoryBucket([Rate(REQUESTS, int(WINDOW_SECONDS * 1000))])
        self._closed_until = 0.0

    def acquire(self) -> float:
        """Wait until one more request is within the budget, and count it.

        Returns:
            Seconds of waiting.
        """
        waited = 0.0
        while (pause := self._pause()) > 0:
            self._clock.sleep(pause)
            waited += pause
        return waited

    def pause_for(self, seconds: float) -> None:
        """Let no thread send anything for a while, as a 429 asks for.

        Args:
            seconds: What `Retry-After` says, counted from now.
        """
        until = self._clock.monotonic() + min(seconds, LONGEST_PAUSE)
        with self._lock:
            self._closed_until = max(self._closed_until, until)

    def _pause(self) -> float:
        """Seconds to wait before the next try; 0 once the request is counted."""
        with self._lock:
            now = self._clock.monotonic()
            if now < self._closed_until:
                return self._closed_until - now
            item = RateItem("mews", int(now * 1000))
            self._bucket.leak(item.timestamp)
            if self._bucket.put(item):
                return 0.0
            waiting = self._bucket.waiting(item)
            assert isinstance(waiting, int)  # noqa: S101 - no bucket of coroutines
            # it is in whole milliseconds, rounded down
            return (waiting + 1) / 1000
