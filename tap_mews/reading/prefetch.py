"""Reads ahead of what is being written, for all streams of a run at once.

Each stream has a lane: its reads in the order in which their items are written. All
lanes share one byte budget and one number of threads. The read whose items are being
written comes first, then the reads after it in the order in which they will be written.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

T = TypeVar("T")

Order = tuple[int, int]
"""The place of a read: of its lane among the lanes, and of the read in its lane."""

MOST_BYTES = 24 << 20
"""What may wait to be written or be under way, of all streams: enough for the rate
limit at a second an answer with large pages, and memory stays flat."""

TURN_SHARE = 4
"""One part in so many of the budget is kept for the read whose turn it is."""

UNKNOWN_BYTES = 1 << 18
"""Bytes that the first item of a lane is expected to have."""

MOST_READS = 64
"""Reads under way: far more than the rate limit needs at three seconds an answer."""

LOOK_SECONDS = 0.5
"""How often whoever waits for an item looks after something else."""


class _Claim:
    """Bytes that somebody waits for."""

    def __init__(self, order: Order, size: int) -> None:
        self.order = order
        self.size = size
        self.granted = threading.Event()

    def __lt__(self, other: _Claim) -> bool:
        return self.order < other.order


class ByteBudget:
    """Bytes that may be held by all that is read ahead.

    The read whose turn it is has a share of its own, and may always hold one item: so
    none can keep it from going on. So may the first read of each lane, since nothing is
    written before all lanes have been answered.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Start with all of it free."""
        self._lock = threading.Lock()
        self._free = most
        self._kept = most // TURN_SHARE
        self._claims: list[_Claim] = []
        self._held: dict[Order, int] = {}
        self._dropped: set[Order] = set()
        self._turn: Order = (-1, -1)

    def acquire(self, order: Order, size: int) -> None:
        """Wait until a read may hold so many bytes more, or is dropped."""
        claim = _Claim(order, size)
        with self._lock:
            if order in self._dropped:
                return
            _, number = order
            if number == 0 and order not in self._held:
                self._hold(claim)
            else:
                heapq.heappush(self._claims, claim)
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

    def drop(self, order: Order) -> None:
        """A read has been stopped: it holds nothing from now on, and never waits."""
        with self._lock:
            self._dropped.add(order)
            self._free += self._held.pop(order, 0)
            for claim in self._claims:
                if claim.order == order:
                    claim.granted.set()
            self._claims = [each for each in self._claims if each.order != order]
            heapq.heapify(self._claims)
            self._grant()

    def turn_to(self, order: Order) -> None:
        """The items of a read are being written now."""
        with self._lock:
            self._turn = order
            self._grant()

    def _grant(self) -> None:
        while self._claims and self._may_hold(self._claims[0]):
            self._hold(heapq.heappop(self._claims))

    def _hold(self, claim: _Claim) -> None:
        self._free -= claim.size
        self._held[claim.order] = self._held.get(claim.order, 0) + claim.size
        claim.granted.set()

    def _may_hold(self, claim: _Claim) -> bool:
        if claim.order <= self._turn:
            return claim.size <= self._free or claim.order not in self._held
        return claim.size <= self._free - self._kept or not self._held


class _Read(Generic[T]):
    """One iterator that runs in a thread of its own, from the moment it is started."""

    def __init__(
        self, lane: Lane[T], order: Order, source: Callable[[], Iterator[T]]
    ) -> None:
        self.order = order
        self.is_started = False
        self._lane = lane
        self._source = source
        self._changed = threading.Condition()
        self._items: deque[tuple[T, int]] = deque()
        self._stopped = threading.Event()
        self._has_ended = False
        self._error: BaseException | None = None

    def __lt__(self, other: _Read[T]) -> bool:
        return self.order < other.order

    def start(self) -> None:
        """Begin to read."""
        self.is_started = True
        # a daemon: a request under way must not hold up the end of the process
        threading.Thread(target=self._run, name="tap-mews-read", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for the first item, or the end; say whether there is one of the two."""
        with self._changed:
            return self._changed.wait_for(self._is_there, seconds)

    def error(self) -> BaseException | None:
        """What ended the reading before its first item was taken, if something did."""
        with self._changed:
            return None if self._items else self._error

    def items(self, meanwhile: Callable[[], None]) -> Iterator[T]:
        """The items in their order, as they come.

        Args:
            meanwhile: Called now and then while there is none.
        """
        budget = self._lane.budget
        while True:
            while not self.wait(LOOK_SECONDS):
                meanwhile()
            with self._changed:
                if not self._items:
                    break
                item, size = self._items.popleft()
            yield item
            del item  # what is written must not stay here until the next one comes
            budget.release(self.order, size)
        if self._error is not None and not self._stopped.is_set():
            raise self._error

    def stop(self) -> None:
        """Want no more items; those that wait are dropped."""
        with self._changed:
            self._stopped.set()
            self._items.clear()
        self._lane.budget.drop(self.order)

    def _is_there(self) -> bool:
        return bool(self._items) or self._has_ended or self._stopped.is_set()

    def _run(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            self._error = error
            self._lane.failed(self)
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
        self._lane.ended()

    def _read(self) -> None:
        lane, budget = self._lane, self._lane.budget
        items, is_first = self._source(), True
        while not self._stopped.is_set():
            expected = lane.expected
            budget.acquire(self.order, expected)
            # whoever waits for bytes may be stopped meanwhile
            item = None if self._stopped.is_set() else next(items, None)
            if is_first:
                lane.answered(self)
                is_first = False
            if item is None:
                budget.release(self.order, expected)
                return
            size = lane.weigh(item)
            lane.expected = max(size, 1)
            budget.release(self.order, expected - size)
            with self._changed:
                if not self._stopped.is_set():
                    self._items.append((item, size))
                    self._changed.notify_all()
            del item  # nor here


class Lane(Generic[T]):
    """The reads of one stream, in the order in which their items are written.

    Attributes:
        budget: Shared by all lanes.
        weigh: Gives the bytes of an item.
        expected: Bytes that the next item may have.
        goes_on: Whether an error of the first read leaves the others worth reading.
    """

    goes_on = False

    def __init__(
        self, prefetcher: Prefetcher, place: int, weigh: Callable[[T], int]
    ) -> None:
        """Start without reads."""
        self.budget = prefetcher.budget
        self.weigh = weigh
        self.expected = UNKNOWN_BYTES
        self._prefetcher = prefetcher
        self._place = place
        self._reads: list[_Read[T]] = []

    def open(self, sources: Iterable[Callable[[], Iterator[T]]]) -> None:
        """Take up reads; the first one starts at once, the others once it is answered.

        So what may not be read costs one request.
        """
        self._reads = [
            _Read(self, (self._place, number), source)
            for number, source in enumerate(sources)
        ]
        if self._reads:
            self._prefetcher.ensure_started(self._reads[0])

    def answered(self, read: _Read[T]) -> None:
        """A read has an item, or has ended well."""
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

    def take(self) -> Generator[Iterator[T], None, None]:
        """The items of each read, in order.

        Take them all before the next one. An error comes where the item would have
        come.
        """
        for read in self._reads:
            self.budget.turn_to(read.order)
            self._prefetcher.ensure_started(read)
            yield read.items(self._prefetcher.meanwhile)

    def stop(self) -> None:
        """Want no more of any read."""
        self._prefetcher.forget(self._reads)
        for read in self._reads:
            read.stop()

    def ended(self) -> None:
        """One of the reads has ended, so another one can start."""
        self._prefetcher.ended()


class Prefetcher:
    """Starts the reads of all lanes in the order in which they will be written."""

    def __init__(
        self,
        meanwhile: Callable[[], None],
        budget: ByteBudget | None = None,
        most_reads: int = MOST_READS,
    ) -> None:
        """Start without lanes.

        Args:
            meanwhile: Called now and then while an item is waited for.
            budget: What all lanes may hold.
            most_reads: Reads that may be under way.
        """
        self.meanwhile = meanwhile
        self.budget = budget or ByteBudget()
        self._most = most_reads
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: list[_Read[object]] = []
        self._lanes: list[Lane[Any]] = []

    def lane(self, place: int, weigh: Callable[[T], int]) -> Lane[T]:
        """A lane for a stream.

        Args:
            place: Of the stream among those that are written.
            weigh: Gives the bytes of an item.
        """
        lane = Lane(self, place, weigh)
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
                heapq.heappush(self._waiting, read)  # type: ignore[misc]
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

    def ended(self) -> None:
        """A read has ended."""
        with self._lock:
            self._running -= 1
            self._fill()

    def _start(self, read: _Read[T]) -> None:
        self._running += 1
        read.start()

    def _fill(self) -> None:
        while self._waiting and self._running < self._most:
            read = heapq.heappop(self._waiting)
            if not read.is_started:
                self._start(read)
