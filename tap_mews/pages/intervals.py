"""The longest interval that an operation takes."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.api.refusals import next_interval

if TYPE_CHECKING:
    from tap_mews.errors import RefusedError

logger = logging.getLogger("tap-mews.pages")


class LongestInterval:
    """What is known of it; several threads may learn more.

    Mews names the longest interval only when it refuses more. What a refusal teaches
    holds for the rest of the run.
    """

    def __init__(
        self, known: timedelta | None = None, gap: timedelta = timedelta()
    ) -> None:
        """Start with what the documentation says, or with nothing.

        Args:
            known: The longest interval, if it is known.
            gap: Distance between neighbours: none for moments, a day for days. An
                interval of days has whole days, and its last one counts as well.
        """
        self._known = known
        self._gap = gap
        self._lock = threading.Lock()

    def of(self, interval: timedelta) -> timedelta:
        """How much of an interval to ask for at once; both from start to end."""
        return interval if self._known is None else min(self._known, interval)

    def learn(self, error: RefusedError, refused: timedelta) -> bool:
        """Take the longest interval from a refusal, or half of what was refused.

        Args:
            error: The refusal.
            refused: What was asked for, from start to end.

        Returns:
            Whether the refusal was about the interval, so that a shorter one can do.
        """
        asked = refused + self._gap
        longest = next_interval(error, asked)
        if longest is None:
            return False
        if self._gap:
            longest = max(longest // self._gap, 1) * self._gap
        if longest >= asked:
            return False
        with self._lock:
            self._known = self.of(longest - self._gap)
        most = str(longest).removesuffix(", 0:00:00")
        logger.warning("%s; reading at most %s at a time", error, most)
        return True
