"""What time it is, for this machine and for the server, and pauses."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import backoff

if TYPE_CHECKING:
    from collections.abc import Generator

FIRST_YEAR, LAST_YEAR = 2000, 9000
"""A date that is not between these is no time that anyone's clock shows."""

MAX_DIFFERENCE = timedelta(minutes=2)
"""Between the two clocks; clocks that somebody looks after differ by seconds."""

LONGEST_RETRY_PAUSE = 60.0
"""Seconds; short enough to resume soon after an outage of minutes."""

logger = logging.getLogger("tap-mews.clock")


def retry_pauses() -> Generator[float, Any, None]:
    """Pauses between tries in seconds: 1, 2, 4 … 60.

    Each is jittered down to half, so that clients do not march in step.
    """
    waits = backoff.expo(max_value=LONGEST_RETRY_PAUSE)
    next(waits)  # the generator's start-up value, see the documentation of backoff
    for wait in waits:
        yield wait / 2 + backoff.full_jitter(wait / 2)


class Clock:
    """The time of this machine and sleep; tests pass one that does not wait."""

    def now(self) -> datetime:
        """The time of day in UTC, right or wrong."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Pause the calling thread for so many seconds."""
        time.sleep(seconds)


class ServerClock:
    """The server's time, learned from the `Date` header of its answers.

    It is a lower bound: a header is rounded down to the second and was written before
    it arrived. A window that ends by this clock has ended by the server's own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._learned: tuple[datetime, float] | None = None
        self._has_warned = False

    def learn(self, date_header: str | None) -> None:
        """Take the `Date` header of an answer that has just begun to come.

        Args:
            date_header: An HTTP date; None or an unreadable one is passed over.
        """
        try:
            date = parsedate_to_datetime(date_header or "")
            if date.tzinfo is None:
                date = date.replace(tzinfo=timezone.utc)
            date = date.astimezone(timezone.utc)
        except (ValueError, OverflowError):
            return
        if not FIRST_YEAR <= date.year <= LAST_YEAR:
            return
        with self._lock:
            self._learned = (date, self._clock.monotonic())
        self._compare(date)

    def now(self) -> datetime:
        """The server's time in UTC, or this machine's if that is earlier.

        A window must not end in the future of either: rows that are not there yet would
        never be read.
        """
        return min(self._clock.now(), self.server_now())

    @property
    def is_learned(self) -> bool:
        """Whether an answer has told the server's time."""
        with self._lock:
            return self._learned is not None

    def server_now(self) -> datetime:
        """The server's time in UTC; this machine's until an answer has come."""
        with self._lock:
            learned = self._learned
        if learned is None:
            return self._clock.now()
        date, at = learned
        return date + timedelta(seconds=self._clock.monotonic() - at)

    def _compare(self, date: datetime) -> None:
        """Warn once of clocks that differ."""
        ahead = self._clock.now() - date
        if abs(ahead) > MAX_DIFFERENCE and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "The clock of this machine is %s %s that of Mews; the tap uses the "
                "earlier of the two, check the clock of this machine",
                timedelta(minutes=abs(ahead) // timedelta(minutes=1)),
                "ahead of" if ahead > timedelta() else "behind",
            )
