"""The bytes that all reads of a run may hold, and who gets them."""

from __future__ import annotations

import threading

Order = tuple[int, int, int]
"""The place of a read: of its stream among the streams, of its lane among all that were
made, since a stream that is opened again has a new one, and of the read in its lane."""

BEFORE_ALL: Order = (-1, -1, -1)

MAX_BYTES = 24 << 20
"""What may wait to be written or be under way, of all streams: enough for the rate
limit at three seconds an answer with pages of a megabyte, and memory stays flat."""

TURN_SHARE = 2
"""One part in so many of the budget is kept for the reads in turn."""


class _Claim:
    """Bytes that somebody waits for."""

    def __init__(self, order: Order, size: int) -> None:
        self.order = order
        self.size = size
        self.granted = threading.Event()


class ByteBudget:
    """Bytes that may be held by all that is read ahead.

    The reads in turn have a share of their own, and the first of them may always hold
    one item: so none can keep it from going on. So may the reads that are to be
    answered before anything is written; but what they have then can stay only while
    there is room.

    The reads in turn get bytes in the order in which they ask: if the first ones came
    first, the last ones would be left to be read alone, one page after the other.
    """

    def __init__(self, most: int = MAX_BYTES) -> None:
        """Start with all of it free."""
        self._lock = threading.Lock()
        self._free = most
        self._kept = most // TURN_SHARE
        self._claims: list[_Claim] = []
        self._held: dict[Order, int] = {}
        self._staying: dict[Order, int] = {}
        self._dropped: set[Order] = set()
        self._turn = self._last = BEFORE_ALL

    def acquire(self, order: Order, size: int, *, at_once: bool = False) -> None:
        """Wait until a read may hold so many bytes more, or is dropped.

        Args:
            order: The read.
            size: Bytes.
            at_once: Whether not to wait, for an answer that is needed now.
        """
        claim = _Claim(order, size)
        with self._lock:
            if order in self._dropped:
                return
            if at_once:
                self._hold(claim)
            else:
                self._claims.append(claim)
                self._grant()
        claim.granted.wait()

    def release(self, order: Order, size: int) -> None:
        """A read holds so many bytes less; a negative number of them is more."""
        with self._lock:
            if order in self._dropped:
                return
            self._free += size
            self._held[order] -= size
            if not self._held[order]:
                del self._held[order]
            self._grant()

    def may_buffer(self, order: Order, claimed: int, size: int) -> bool:
        """Whether the first item of a read can wait until it is written.

        Of those that did not wait for bytes, those ahead of their turn get as much as
        is kept for the others. The rest may not be larger than what it has claimed,
        unless there is room.

        Args:
            order: The read.
            claimed: Bytes that it holds; none of them if it did not wait.
            size: Bytes of the item.
        """
        with self._lock:
            if order > self._last and not claimed:
                kept = sum(
                    size for each, size in self._staying.items() if each > self._last
                )
                if kept + size > self._kept:
                    return False
                self._staying[order] = size
                return True
            has_room = size - claimed <= self._free
            return order <= self._turn or size <= claimed or has_room

    def drop(self, order: Order) -> None:
        """A read has been stopped: it holds nothing from now on, and never waits."""
        with self._lock:
            self._dropped.add(order)
            self._staying.pop(order, None)
            self._free += self._held.pop(order, 0)
            for claim in self._claims:
                if claim.order == order:
                    claim.granted.set()
            self._claims = [each for each in self._claims if each.order != order]
            self._grant()

    def turn_to(self, order: Order, last: Order) -> None:
        """The items of some reads are being written now.

        Args:
            order: The read that is waited for.
            last: The last read whose items are written as they come.
        """
        with self._lock:
            self._turn, self._last = order, last
            self._grant()

    def _grant(self) -> None:
        while self._claims:
            claim = min(self._claims, key=self._rank)
            if not self._may_hold(claim):
                return
            self._claims.remove(claim)
            self._hold(claim)

    def _rank(self, claim: _Claim) -> Order:
        """Which claims are granted first; of the same rank, those that came first."""
        if self._turn < claim.order <= self._last:
            place, serial, number = self._turn
            return place, serial, number + 1
        return claim.order

    def _hold(self, claim: _Claim) -> None:
        self._free -= claim.size
        self._held[claim.order] = self._held.get(claim.order, 0) + claim.size
        claim.granted.set()

    def _may_hold(self, claim: _Claim) -> bool:
        if claim.order <= self._turn:
            return claim.size <= self._free or claim.order not in self._held
        kept = 0 if claim.order <= self._last else self._kept
        return claim.size <= self._free - kept or not self._held
