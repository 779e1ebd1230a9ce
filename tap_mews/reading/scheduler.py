"""Starts reads in the order in which what they read will be written."""

from __future__ import annotations

import abc
import heapq
import threading
from typing import TYPE_CHECKING

from tap_mews.reading.byte_budget import BEFORE_ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_mews.reading.byte_budget import ByteBudget, Order


class ScheduledRead(abc.ABC):
    """What is started when there is room, or when its turn has come.

    Attributes:
        order: Its place among all reads.
        is_started: Whether it need not be started any more.
        is_urgent: Whether its first answer is needed before its turn.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.is_started = False
        self.is_urgent = False

    def __lt__(self, other: ScheduledRead) -> bool:
        """Whether it comes before another one."""
        return self.order < other.order

    @abc.abstractmethod
    def start(self) -> None:
        """Begin to read."""


class ReadScheduler:
    """Starts the reads of all lanes, no more at once than it may."""

    def __init__(self, budget: ByteBudget, most_reads: int) -> None:
        """Start without reads.

        Args:
            budget: Told whose turn it is.
            most_reads: As for `Prefetcher`.
        """
        self._budget = budget
        self._most = most_reads
        self._lock = threading.Lock()
        self._running: set[Order] = set()
        self._asking: set[Order] = set()
        self._last = BEFORE_ALL
        self._urgent: list[ScheduledRead] = []
        self._waiting: list[ScheduledRead] = []

    def plan(self, reads: Sequence[ScheduledRead]) -> None:
        """Start reads as there is room."""
        with self._lock:
            for read in reads:
                self._push(read)
            self._fill()

    def ensure_started(self, read: ScheduledRead) -> None:
        """Start a read whose turn has come, whatever else is running."""
        with self._lock:
            if not read.is_started:
                self._start(read)

    def forget(self, reads: Sequence[ScheduledRead]) -> None:
        """Do not start these any more."""
        with self._lock:
            for read in reads:
                read.is_started = True

    def turn_to(self, order: Order, last: Order) -> None:
        """The items of some reads are being written now, as `ByteBudget.turn_to`."""
        self._budget.turn_to(order, last)
        with self._lock:
            if last != self._last:
                self._last = last
                self._fill()

    def answered(self, read: ScheduledRead) -> None:
        """A read has its first answer."""
        with self._lock:
            self._asking.discard(read.order)
            self._fill()

    def ended(self, read: ScheduledRead) -> None:
        """A read has ended."""
        with self._lock:
            self._running.discard(read.order)
            self._asking.discard(read.order)
            self._fill()

    def requeue(self, read: ScheduledRead) -> None:
        """A read has ended, to start once more in its turn; that may have come."""
        with self._lock:
            self._running.discard(read.order)
            read.is_urgent = False
            if read.order <= self._last:
                self._start(read)
            else:
                read.is_started = False
                self._push(read)
            self._fill()

    def _push(self, read: ScheduledRead) -> None:
        waiting = self._urgent if read.is_urgent else self._waiting
        heapq.heappush(waiting, read)

    def _start(self, read: ScheduledRead) -> None:
        self._running.add(read.order)
        if read.is_urgent:
            self._asking.add(read.order)
        read.start()

    def _fill(self) -> None:
        while self._urgent and len(self._asking) < self._most:
            read = heapq.heappop(self._urgent)
            if not read.is_started:
                self._start(read)
        others = self._running - self._asking
        in_turn = sum(order <= self._last for order in others)
        ahead = len(others) - in_turn
        while self._waiting:
            read = self._waiting[0]
            is_in_turn = read.order <= self._last
            if not read.is_started:
                if (in_turn if is_in_turn else ahead) >= self._most:
                    return
                self._start(read)
                in_turn, ahead = in_turn + is_in_turn, ahead + (not is_in_turn)
            heapq.heappop(self._waiting)
