"""Reads ahead of what is being written, for all streams of a run at once.

Each stream has a lane: its reads, in order. All lanes share one byte budget. The items
of some reads of one lane are written at a time, in whatever order they come: the reads
in turn. What others have read by then waits for its turn, so it is bounded twice: half
of the bytes and of the threads are for the reads in turn.
"""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_mews.reading.background import LOOK_SECONDS
from tap_mews.reading.background_read import BackgroundRead
from tap_mews.reading.byte_budget import ByteBudget
from tap_mews.reading.scheduler import ReadScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from tap_mews.reading.byte_budget import Order

T = TypeVar("T")

UNKNOWN_BYTES = 1 << 18
"""Bytes that the first item of a lane is expected to have."""

MAX_READS = 64
"""Reads under way, of those in turn and as many of the others: far more than the rate
limit needs at three seconds an answer."""


class Lane(Generic[T]):
    """The reads of one stream, in the order in which their items are written.

    Attributes:
        budget: Shared by all lanes.
        scheduler: Starts the reads of all lanes.
        changed: Told of each item and each end of a read.
        ready: The reads that have items.
        weigh: Gives the bytes of an item.
        expected: Bytes that the next item may have.
        continues_after_error: Whether the others are read if the first read fails.
    """

    continues_after_error = False

    def __init__(
        self,
        budget: ByteBudget,
        scheduler: ReadScheduler,
        meanwhile: Callable[[], None],
        place: tuple[int, int],
        weigh: Callable[[T], int],
    ) -> None:
        """Start without reads.

        Args:
            budget: Shared by all lanes.
            scheduler: Starts the reads of all lanes.
            meanwhile: As for `Prefetcher`.
            place: Of its reads among all.
            weigh: Gives the bytes of an item.
        """
        self.budget = budget
        self.scheduler = scheduler
        self.changed = threading.Condition()
        self.ready: dict[Order, BackgroundRead[T]] = {}
        self.weigh = weigh
        self.expected = UNKNOWN_BYTES
        self._meanwhile = meanwhile
        self._place = place
        self._reads: list[BackgroundRead[T]] = []

    def open(
        self,
        sources: Iterable[Callable[[], Iterator[T]]],
        urgent: Collection[int] = (0,),
    ) -> None:
        """Take up reads; the first one starts at once, the others once it is answered.

        So what may not be read costs one request.

        Args:
            sources: Give the items of each read.
            urgent: Numbers of those whose first answers are needed before their turn.
                Their items are asked for again in their turn if there are too many of
                them to wait for it.
        """
        if self._added(sources):
            for number in urgent:
                self._reads[number].is_urgent = True
            self.scheduler.ensure_started(self._reads[0])

    def extend(self, sources: Iterable[Callable[[], Iterator[T]]]) -> None:
        """Take up more reads, once the first one is answered."""
        self.scheduler.plan(self._added(sources))

    def _added(
        self, sources: Iterable[Callable[[], Iterator[T]]]
    ) -> list[BackgroundRead[T]]:
        """The reads of some more sources."""
        reads = [
            BackgroundRead(self, (*self._place, number), source)
            for number, source in enumerate(sources, len(self._reads))
        ]
        self._reads += reads
        return reads

    def note_size(self, item: T) -> int:
        """The bytes of an item; the next ones are expected to have nearly as many."""
        size = self.weigh(item)
        self.expected = max(size, self.expected * 7 // 8, 1)
        return size

    def answered(self, read: BackgroundRead[T]) -> None:
        """A read has an item, or has ended well."""
        self.scheduler.answered(read)
        if read is self._reads[0]:
            self.scheduler.plan(self._reads[1:])

    def failed(self, read: BackgroundRead[T]) -> None:
        """A read has ended with an error."""
        if self.continues_after_error:
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
            self.scheduler.forget(self._reads[number : number + 1])
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
        self.scheduler.turn_to(read.order, until)
        self.scheduler.ensure_started(read)
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
                self._meanwhile()
            elif one is read:
                return

    def _next_of(self, read: BackgroundRead[T], last: Order) -> BackgroundRead[T]:
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
                self._meanwhile()

    def stop(self) -> None:
        """Want no more of any read."""
        self.scheduler.forget(self._reads)
        for read in self._reads:
            read.stop()


class Prefetcher:
    """Makes the lanes of a run; their reads share bytes and threads."""

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
                and of the urgent ones that are not answered yet.
        """
        self._meanwhile = meanwhile
        self._budget = budget or ByteBudget()
        self._scheduler = ReadScheduler(self._budget, most_reads)
        self._lanes: list[Lane[Any]] = []
        self._serials = count()

    def lane(self, place: int, weigh: Callable[[T], int]) -> Lane[T]:
        """A lane for a stream.

        Args:
            place: Of the stream among those that are written.
            weigh: Gives the bytes of an item.
        """
        lane = Lane(
            self._budget,
            self._scheduler,
            self._meanwhile,
            (place, next(self._serials)),
            weigh,
        )
        self._lanes.append(lane)
        return lane

    def stop(self) -> None:
        """Want no more of any lane."""
        for lane in self._lanes:
            lane.stop()
