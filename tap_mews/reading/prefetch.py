"""Reads ahead of what is being written, for all streams of a run at once.

Each stream has a lane: its reads, in order. All lanes share one byte budget. The items
of some reads of one lane are written at a time, in whatever order they come: the reads
in turn. What others have read by then waits for its turn, so it is bounded twice: half
of the bytes and of the threads are for the reads in turn.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_mews.reading.background import LOOK_SECONDS
from tap_mews.reading.byte_budget import BEFORE_ALL, ByteBudget, Order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

T = TypeVar("T")

UNKNOWN_BYTES = 1 << 18
"""Bytes that the first item of a lane is expected to have."""

MAX_READS = 64
"""Reads under way, of those in turn and as many of the others: far more than the rate
limit needs at three seconds an answer."""


class _Read(Generic[T]):
    """One iterator that runs in a thread of its own, from the moment it is started.

    Attributes:
        order: Its place among all reads.
        is_started: Whether it need not be started any more.
        is_head: Whether its first answer is needed before its turn.
    """

    def __init__(
        self, lane: Lane[T], order: Order, source: Callable[[], Iterator[T]]
    ) -> None:
        self.order = order
        self.is_started = False
        self.is_head = False
        self._lane = lane
        self._source = source
        # whoever waits for items of a lane waits for those of several reads
        self._changed = lane.changed
        self._items: deque[tuple[T, int]] = deque()
        self._stopped = threading.Event()
        self._has_ended = self._has_answered = False
        self._error: BaseException | None = None

    def __lt__(self, other: _Read[T]) -> bool:
        return self.order < other.order

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
            self._lane.set_back(self)
        else:
            self._lane.ended(self)

    def _read(self) -> bool:
        """Read to the end; or set back, where there is no room for the first item."""
        lane, budget = self._lane, self._lane.budget
        items = self._source()
        while not self._stopped.is_set():
            expected = lane.expected
            is_first = not self._has_answered
            at_once = is_first and self.is_head
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
            if is_first and not budget.may_stay(self.order, claimed, size):
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


class Lane(Generic[T]):
    """The reads of one stream, in the order in which their items are written.

    Attributes:
        budget: Shared by all lanes.
        changed: Told of each item and each end of a read.
        ready: The reads that have items.
        weigh: Gives the bytes of an item.
        expected: Bytes that the next item may have.
        goes_on: Whether an error of the first read leaves the others worth reading.
    """

    goes_on = False

    def __init__(
        self, prefetcher: Prefetcher, place: tuple[int, int], weigh: Callable[[T], int]
    ) -> None:
        """Start without reads."""
        self.budget = prefetcher.budget
        self.changed = threading.Condition()
        self.ready: dict[Order, _Read[T]] = {}
        self.weigh = weigh
        self.expected = UNKNOWN_BYTES
        self._prefetcher = prefetcher
        self._place = place
        self._reads: list[_Read[T]] = []

    def open(
        self,
        sources: Iterable[Callable[[], Iterator[T]]],
        heads: Collection[int] = (0,),
    ) -> None:
        """Take up reads; the first one starts at once, the others once it is answered.

        So what may not be read costs one request.

        Args:
            sources: Give the items of each read.
            heads: Numbers of those whose first answers are needed before their turn.
                Their items are asked for again in their turn if there are too many of
                them to wait for it.
        """
        if self._added(sources):
            for number in heads:
                self._reads[number].is_head = True
            self._prefetcher.ensure_started(self._reads[0])

    def extend(self, sources: Iterable[Callable[[], Iterator[T]]]) -> None:
        """Take up more reads, once the first one is answered."""
        self._prefetcher.plan(self._added(sources))

    def _added(self, sources: Iterable[Callable[[], Iterator[T]]]) -> list[_Read[T]]:
        """The reads of some more sources."""
        reads = [
            _Read(self, (*self._place, number), source)
            for number, source in enumerate(sources, len(self._reads))
        ]
        self._reads += reads
        return reads

    def note_size(self, item: T) -> int:
        """The bytes of an item; the next ones are expected to have nearly as many."""
        size = self.weigh(item)
        self.expected = max(size, self.expected * 7 // 8, 1)
        return size

    def answered(self, read: _Read[T]) -> None:
        """A read has an item, or has ended well."""
        self._prefetcher.answered(read)
        if read is self._reads[0]:
            self._prefetcher.plan(self._reads[1:])

    def failed(self, read: _Read[T]) -> None:
        """A read has ended with an error."""
        if self.goes_on:
            self.answered(read)

    def first_error(self, seconds: float, number: int = 0) -> BaseException | None:
        """Wait for the first item of a read, or its end.

        Args:
            seconds: Most seconds to wait.
            number: Of the read.

        Returns:
            What ended that read before it had an item, if something did in time.
        """
        if not self._reads or not self._reads[number].wait(seconds):
            return None
        return self._reads[number].error()

    def drop(self, numbers: Iterable[int]) -> None:
        """Want nothing of some reads; they have no items then, and no error."""
        for number in numbers:
            self._prefetcher.forget(self._reads[number : number + 1])
            self._reads[number].stop()

    def items(self, number: int, last: int | None = None) -> Iterator[T]:
        """All items of a read, and those of the reads after it that come meanwhile.

        Whoever has taken the items of one read and the next has all items of both, in
        whatever order they came; and what comes late holds nothing up.

        Args:
            number: Of the read.
            last: Number of the last read whose items may come as well; the same if
                None.

        Raises:
            BaseException: What ended that read, once its items are taken.
        """
        read = self._reads[number]
        until = read.order if last is None else self._reads[last].order
        self._prefetcher.turn_to(read.order, until)
        self._prefetcher.ensure_started(read)
        while True:
            one = self._next_of(read, until)
            found = one.take()
            if found is not None:
                item, size = found
                del found  # what is written must not stay here until the next one comes
                yield item
                del item
                self.budget.release(one.order, size)
                # exports must go on also while items come without a pause
                self._prefetcher.meanwhile()
            elif one is read:
                return

    def _next_of(self, read: _Read[T], last: Order) -> _Read[T]:
        """Wait until a read has an item or its end, or a later one has an item."""
        while True:
            with self.changed:
                if read.has_come:
                    return read
                for order, other in self.ready.items():
                    if read.order < order <= last:
                        return other
                has_changed = self.changed.wait(LOOK_SECONDS)
            if not has_changed:
                self._prefetcher.meanwhile()

    def stop(self) -> None:
        """Want no more of any read."""
        self._prefetcher.forget(self._reads)
        for read in self._reads:
            read.stop()

    def ended(self, read: _Read[T]) -> None:
        """One of the reads has ended, so another one can start."""
        self._prefetcher.ended(read)

    def set_back(self, read: _Read[T]) -> None:
        """One of the reads is to start once more, in its turn."""
        self._prefetcher.set_back(read)


class Prefetcher:
    """Starts the reads of all lanes in the order in which they will be written."""

    def __init__(
        self,
        meanwhile: Callable[[], None],
        budget: ByteBudget | None = None,
        most_reads: int = MAX_READS,
    ) -> None:
        """Start without lanes.

        Args:
            meanwhile: Called after each item, and now and then while one is waited for.
            budget: What all lanes may hold.
            most_reads: Reads that may be under way: of those in turn, of the others,
                and of the heads that are not answered yet.
        """
        self.meanwhile = meanwhile
        self.budget = budget or ByteBudget()
        self._most = most_reads
        self._lock = threading.Lock()
        self._running: set[Order] = set()
        self._asking: set[Order] = set()
        self._last = BEFORE_ALL
        self._heads: list[_Read[object]] = []
        self._waiting: list[_Read[object]] = []
        self._lanes: list[Lane[Any]] = []
        self._serials = count()

    def lane(self, place: int, weigh: Callable[[T], int]) -> Lane[T]:
        """A lane for a stream.

        Args:
            place: Of the stream among those that are written.
            weigh: Gives the bytes of an item.
        """
        lane = Lane(self, (place, next(self._serials)), weigh)
        self._lanes.append(lane)
        return lane

    def stop(self) -> None:
        """Want no more of any lane."""
        for lane in self._lanes:
            lane.stop()

    def plan(self, reads: list[_Read[T]]) -> None:
        """Start reads as there is room."""
        with self._lock:
            for read in reads:
                self._push(read)
            self._fill()

    def ensure_started(self, read: _Read[T]) -> None:
        """Start a read whose turn has come, whatever else is running."""
        with self._lock:
            if not read.is_started:
                self._start(read)

    def forget(self, reads: list[_Read[T]]) -> None:
        """Do not start these any more."""
        with self._lock:
            for read in reads:
                read.is_started = True

    def turn_to(self, order: Order, last: Order) -> None:
        """The items of some reads are being written now, as `ByteBudget.turn_to`."""
        self.budget.turn_to(order, last)
        with self._lock:
            if last != self._last:
                self._last = last
                self._fill()

    def answered(self, read: _Read[T]) -> None:
        """A read has its first answer."""
        with self._lock:
            self._asking.discard(read.order)
            self._fill()

    def ended(self, read: _Read[T]) -> None:
        """A read has ended."""
        with self._lock:
            self._running.discard(read.order)
            self._asking.discard(read.order)
            self._fill()

    def set_back(self, read: _Read[T]) -> None:
        """A read has ended, to start once more in its turn; that may have come."""
        with self._lock:
            self._running.discard(read.order)
            read.is_head = False
            if read.order <= self._last:
                self._start(read)
            else:
                read.is_started = False
                self._push(read)
            self._fill()

    def _push(self, read: _Read[T]) -> None:
        waiting = self._heads if read.is_head else self._waiting
        heapq.heappush(waiting, read)  # type: ignore[misc]

    def _start(self, read: _Read[T]) -> None:
        self._running.add(read.order)
        if read.is_head:
            self._asking.add(read.order)
        read.start()

    def _fill(self) -> None:
        while self._heads and len(self._asking) < self._most:
            read = heapq.heappop(self._heads)
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
