"""One read of a stream, in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tap_mews.reading.scheduler import ScheduledRead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_mews.reading.byte_budget import ByteBudget, Order
    from tap_mews.reading.scheduler import ReadScheduler

T = TypeVar("T")


class LaneOfReads(Protocol[T]):
    """What a read needs of the lane that it belongs to.

    Attributes:
        budget: Shared by all lanes.
        scheduler: Starts the reads of all lanes.
        changed: Told of each item and each end of a read.
        ready: The reads that have items.
        expected: Bytes that the next item may have.
    """

    budget: ByteBudget
    scheduler: ReadScheduler
    changed: threading.Condition
    ready: dict[Order, BackgroundRead[T]]
    expected: int

    def note_size(self, item: T) -> int:
        """The bytes of an item, from which those of the next ones are expected."""

    def answered(self, read: BackgroundRead[T]) -> None:
        """A read has an item, or has ended well."""

    def failed(self, read: BackgroundRead[T]) -> None:
        """A read has ended with an error."""


class BackgroundRead(ScheduledRead, Generic[T]):
    """One iterator that runs in a thread of its own, from the moment it is started."""

    def __init__(
        self, lane: LaneOfReads[T], order: Order, source: Callable[[], Iterator[T]]
    ) -> None:
        """Read nothing yet.

        Args:
            lane: What it belongs to.
            order: Its place among all reads.
            source: Gives its items.
        """
        super().__init__(order)
        self._lane = lane
        self._source = source
        # whoever waits for items of a lane waits for those of several reads
        self._changed = lane.changed
        self._items: deque[tuple[T, int]] = deque()
        self._stopped = threading.Event()
        self._has_ended = self._has_answered = False
        self._error: BaseException | None = None

    def start(self) -> None:
        """Begin to read."""
        self.is_started = True
        # a daemon: a request under way must not hold up the end of the process
        threading.Thread(target=self._run, name="tap-mews-read", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for the first answer; say whether it is there."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._has_answered or self.has_come, seconds
            )

    def error(self) -> BaseException | None:
        """What ended the reading before its first item was taken, if something did."""
        with self._changed:
            return None if self._items else self._error

    def take(self) -> tuple[T, int] | None:
        """The next item with its bytes, if it is there; give the bytes back after use.

        Raises:
            BaseException: What ended the reading, once its items are taken.
        """
        with self._changed:
            if self._items:
                item = self._items.popleft()
                if not self._items:
                    del self._lane.ready[self.order]
                return item
        if self._error is not None and not self._stopped.is_set():
            raise self._error
        return None

    def stop(self) -> None:
        """Want no more items; those that wait are dropped."""
        with self._changed:
            self._stopped.set()
            self._items.clear()
            self._lane.ready.pop(self.order, None)
            self._changed.notify_all()
        self._lane.budget.drop(self.order)

    @property
    def has_come(self) -> bool:
        """Whether an item is there, or none comes any more."""
        return bool(self._items) or self._has_ended or self._stopped.is_set()

    def _run(self) -> None:
        is_set_back = False
        try:
            is_set_back = self._read()
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            self._error = error
            self._lane.failed(self)
        with self._changed:
            self._has_ended = not is_set_back
            self._changed.notify_all()
        if is_set_back:
            self._lane.scheduler.requeue(self)
        else:
            self._lane.scheduler.ended(self)

    def _read(self) -> bool:
        """Read to the end; or set back, where there is no room for the first item."""
        lane, budget = self._lane, self._lane.budget
        items = self._source()
        while not self._stopped.is_set():
            expected = lane.expected
            is_first = not self._has_answered
            at_once = is_first and self.is_urgent
            budget.acquire(self.order, expected, at_once=at_once)
            try:
                # whoever waits for bytes may be stopped meanwhile
                item = None if self._stopped.is_set() else next(items, None)
            except BaseException:
                budget.release(self.order, expected)
                raise
            size = 0 if item is None else lane.note_size(item)
            if is_first:
                self._has_answered = True
                lane.answered(self)
            if item is None:
                budget.release(self.order, expected)
                return False
            claimed = 0 if at_once else expected
            if is_first and not budget.may_buffer(self.order, claimed, size):
                budget.release(self.order, expected)
                return True
            budget.release(self.order, expected - size)
            with self._changed:
                if not self._stopped.is_set():
                    self._items.append((item, size))
                    lane.ready[self.order] = self
                    self._changed.notify_all()
            del item  # nor here
        return False
