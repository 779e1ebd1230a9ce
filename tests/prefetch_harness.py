"""Lanes whose items weigh one byte each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_mews.reading.byte_budget import ByteBudget
from tap_mews.reading.prefetch import Lane, Prefetcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


AHEAD = 4

LATE = 20.0
"""Seconds after which a thread has not done what it must do."""


@contextmanager
def running(
    *sources: Callable[[], Iterator[int]], room: int = 1000, most: int = AHEAD
) -> Iterator[Iterator[Iterator[int]]]:
    """Run sources whose items weigh one byte each, in one lane that is answered."""
    prefetcher = Prefetcher(lambda: None, ByteBudget(room), most)
    lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
    lane.expected = 1
    lane.open([lambda: iter(()), *sources])
    try:
        # the others start once the first one is answered
        assert list(lane.items(0)) == []
        yield (lane.items(number) for number in range(1, len(sources) + 1))
    finally:
        lane.stop()
