"""How much may be asked: the rate, the size of a page, the span of an interval."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from sandbox.answers import Refusal

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.contract import IntervalLimit

RetryAfter = Literal["seconds", "date"]


def retry_after(
    form: RetryAfter | None, seconds: float, clock: Clock
) -> dict[str, str]:
    """Give the Retry-After header in one of its forms, or none."""
    whole = max(1, math.ceil(seconds))
    if form == "seconds":
        return {"Retry-After": str(whole)}
    if form == "date":
        # A second more: the date has no fraction, and cutting it off comes too early.
        due = clock.now() + timedelta(seconds=whole + 1)
        return {"Retry-After": format_datetime(due, usegmt=True)}
    return {}


@dataclass
class Limits:
    """Knobs.

    Attributes:
        requests: how many requests an access token has in `window` real seconds.
        retry_after: the form in which 429 says when to come back.
        max_page: pages of more rows are answered by 408.
        latency: real seconds each request takes.
        max_body: longer bodies, in bytes, are answered by 413.
        page_caps: by operation, most rows a page has, whatever its `Count`.
        max_interval: by operation, a shorter span than documented, as the refusal
            names it (`3M1D`, `100D`, `100h`, `100:00:00`, `3.00:00:00`), or with a
            message of one's own, such as `Invalid UpdatedUtc.`.
        interval_end: whether an interval holds its end. The documentation says both:
            exclusive in its common objects, inclusive in an older page.
    """

    requests: int = 200
    window: float = 30.0
    retry_after: RetryAfter | None = "seconds"
    max_page: int | None = None
    latency: float = 0.0
    max_body: int | None = None
    page_caps: dict[str, int] = field(default_factory=dict)
    max_interval: dict[str, str | IntervalLimit] = field(
        # seen in 2026, though its page allows 367 days
        default_factory=lambda: {"services/getAvailability/2024-01-22": "100D"}
    )
    interval_end: Literal["inclusive", "exclusive"] = "exclusive"

    def __post_init__(self) -> None:
        """Start with an unused budget."""
        self._lock = threading.Lock()
        self._used: dict[str, deque[float]] = defaultdict(deque)

    def reset(self) -> None:
        """Let an hour pass, as it were: no token has used anything."""
        with self._lock:
            self._used.clear()

    def count(self, token: str, clock: Clock) -> None:
        """Count a request against the budget of its token.

        Raises:
            Refusal: 429, the budget of the sliding window is used up.
        """
        now = time.monotonic()
        with self._lock:
            used = self._used[token]
            while used and used[0] <= now - self.window:
                used.popleft()
            if len(used) < self.requests:
                used.append(now)
                return
            wait = used[0] + self.window - now if used else self.window
        headers = retry_after(self.retry_after, wait, clock)
        raise Refusal(429, "Too many requests.", headers=headers)

    def check_body(self, size: int) -> None:
        """Check that a body is not too large.

        Raises:
            Refusal: 413, send less.
        """
        if self.max_body is not None and size > self.max_body:
            message = "The request body is too large."
            raise Refusal(413, message, breach=False)

    def check_page(self, count: int) -> None:
        """Check that a page is not too heavy.

        Raises:
            Refusal: 408, ask for fewer rows.
        """
        if self.max_page is not None and count > self.max_page:
            raise Refusal(408, "Transaction has timed out.", breach=False)
