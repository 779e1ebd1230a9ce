"""The rate of requests that Mews grants to an access token."""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_mews.clock import Clock

REQUESTS, WINDOW_SECONDS = 200, 30.0
"""What Mews grants: so many requests in a sliding window."""

MARGIN_SECONDS = 1.5
"""Mews counts by arrival, we by departure, and not every connection is equally fast."""

LATE_SECONDS = MARGIN_SECONDS / 3
"""A thread that leaves so much later than it was to leave has to queue again."""


class RateLimiter:
    """Lets requests leave in the order in which they came, any number of threads.

    Each has its place in a time that stands still while `pause_for` holds all of them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places: deque[float] = deque(maxlen=REQUESTS)
        self._opens_at = 0.0
        self._held = 0.0

    def acquire(self) -> float:
        """Wait until one more request is within the rate, and count it.

        Returns:
            Seconds of waiting.
        """
        began, place = self._clock.monotonic(), -math.inf
        while True:
            with self._lock:
                now = self._clock.monotonic()
                if now - (place + self._held) > LATE_SECONDS:
                    place = max(now, self._opens_at) - self._held
                    if len(self._places) == REQUESTS:
                        window = WINDOW_SECONDS + MARGIN_SECONDS
                        place = max(place, self._places[0] + window)
                    self._places.append(place)
                pause = place + self._held - now
            if pause <= 0:
                return now - began
            self._clock.sleep(pause)

    def pause_for(self, seconds: float) -> None:
        """Let no request leave for a while, as a 429 asks for."""
        with self._lock:
            now = self._clock.monotonic()
            until = max(self._opens_at, now + seconds)
            self._held += until - max(self._opens_at, now)
            self._opens_at = until
