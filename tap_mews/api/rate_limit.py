"""The rate of requests that Mews grants to an access token."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_mews.clock import Clock

REQUESTS, WINDOW_SECONDS = 200, 30.0
"""What Mews grants: so many requests in a sliding window."""

MAX_MARGIN = 1.5
"""Mews counts by arrival, we by departure: seconds that a request may be on its way
longer than the one before it."""

MIN_MARGIN = 0.3
"""The same for a request whose answer came as fast as any: it was not on its way for
long."""

LATE_SECONDS = 0.5
"""A thread that leaves so much later than it was to leave has to queue again."""


@dataclass(eq=False)
class Departure:
    """A request that is counted.

    Attributes:
        operation: What it asks for.
        place: When it was to leave, in a time that stands still while all are held.
        waited: Seconds that it waited.
        late: Seconds that it left later.
        has_left: Whether it is on its way, or was answered.
        answered_in: Seconds from leaving to the answer, once it has come.
    """

    operation: str
    place: float
    waited: float = 0.0
    late: float = 0.0
    has_left: bool = False
    answered_in: float | None = None


class RateLimiter:
    """Lets requests leave in the order in which they came, any number of threads.

    Each has its place in a time that stands still while `pause_for` holds all of them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._departures: deque[Departure] = deque()
        self._fastest: dict[str, float] = {}
        self._opens_at = 0.0
        self._held = 0.0

    def acquire(self, operation: str) -> Departure:
        """Wait until one more request is within the rate, and count it.

        Args:
            operation: Requests of the same one are expected to take as long.

        Returns:
            The request; tell `answered` of its answer.
        """
        began, departure = self._clock.monotonic(), Departure(operation, -math.inf)
        while True:
            with self._lock:
                now = self._clock.monotonic()
                if now - (departure.place + self._held) > LATE_SECONDS:
                    departure = Departure(operation, self._next_place(now))
                    self._departures.append(departure)
                pause = departure.place + self._held - now
                if pause <= 0:
                    departure.waited, departure.late = now - began, -pause
                    departure.has_left = True
                    return departure
            self._clock.sleep(pause)

    def answered(self, departure: Departure, seconds: float) -> None:
        """A request was answered, so many seconds after it left.

        It cannot have arrived later than that: the faster the answer, the less margin
        its place in the window needs.
        """
        with self._lock:
            departure.answered_in = seconds
            fastest = self._fastest.setdefault(departure.operation, seconds)
            self._fastest[departure.operation] = min(fastest, seconds)

    def pause_for(self, seconds: float) -> float:
        """Let no request leave for a while, as a 429 asks for.

        Returns:
            By how many seconds that is longer than it was known before.
        """
        with self._lock:
            now = self._clock.monotonic()
            until = max(self._opens_at, now + seconds)
            held = until - max(self._opens_at, now)
            self._held += held
            self._opens_at = until
            # for what Mews has counted, time goes on
            for each in self._departures:
                each.place -= held if each.has_left else 0.0
            return held

    def _next_place(self, now: float) -> float:
        """When the next request may leave, not before those that wait already."""
        departures = self._departures
        place = max(now, self._opens_at) - self._held
        while departures and departures[0].place + WINDOW_SECONDS + MAX_MARGIN < place:
            departures.popleft()
        if departures:
            place = max(place, departures[-1].place)
        if len(departures) >= REQUESTS:
            place = max(place, sorted(map(self._ends, departures))[-REQUESTS])
        return place

    def _ends(self, departure: Departure) -> float:
        """When a request counts no more."""
        margin = MAX_MARGIN
        if departure.answered_in is not None:
            slower = departure.answered_in - self._fastest[departure.operation]
            margin = min(MIN_MARGIN + departure.late + slower, MAX_MARGIN)
        return departure.place + WINDOW_SECONDS + margin
