"""What happens when: one queue of events for all hotels of the group."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

from sandbox.hotel.numbers import Numbers

Event = Callable[[datetime], None]


class Life:
    """Events in order of time, whoever plans them."""

    def __init__(self) -> None:
        """Start with nothing planned."""
        self._queue: list[tuple[datetime, int, Event]] = []
        self._numbers = Numbers()

    def at(self, moment: datetime, event: Event) -> None:
        """Plan an event; it is told the time at which it happens."""
        heapq.heappush(self._queue, (moment, next(self._numbers), event))

    def until(self, moment: datetime, not_before: datetime) -> None:
        """Let everything happen that is planned up to a moment.

        What should have happened before `not_before` happens then: rows that a
        client has read past must not appear in its past.
        """
        while self._queue and self._queue[0][0] <= moment:
            when, _, event = heapq.heappop(self._queue)
            event(max(when, not_before))
