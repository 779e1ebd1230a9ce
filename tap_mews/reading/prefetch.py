"""Runs iterators ahead of the one whose items are being taken."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

T = TypeVar("T")

MOST_BYTES = 12 << 20
"""What may wait to be taken, of all iterators of a run: enough for a few windows of
full pages, and memory stays flat."""


class ByteBudget:
    """Where items wait to be taken, with room for so many bytes.

    It is shared by all iterators of a run. Each of them may have one item waiting
    however full it is, so none can keep another from going on.

    Attributes:
        lock: To be held by whoever calls a method.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Start empty.

        Args:
            most_bytes: Bytes that may wait.
        """
        self.lock = threading.Lock()
        self._room = most_bytes
        self._outside: dict[threading.Condition, None] = {}

    def has_room(self, weight: int) -> bool:
        """Whether so many bytes fit."""
        return weight <= self._room

    def wait_outside(self, turn: threading.Condition) -> None:
        """Wait until there may be room, or until somebody else notifies.

        Args:
            turn: Made with the lock; nobody else waits outside with it.
        """
        self._outside[turn] = None
        turn.wait()
        self._outside.pop(turn, None)

    def enter(self, weight: int) -> None:
        """Let so many bytes wait."""
        self._room -= weight

    def leave(self, weight: int) -> None:
        """So many bytes wait no more."""
        self._room += weight
        self.call()

    def call(self) -> None:
        """Wake the first of those outside, if there is room at all.

        One at a time: to wake all of them for each item costs more than their items.
        Who was called calls the next one when it is done.
        """
        if self._outside and self._room > 0:
            turn = next(iter(self._outside))
            del self._outside[turn]
            turn.notify()


class _Ahead(Generic[T]):
    """One iterator that runs in a thread of its own."""

    def __init__(
        self,
        source: Callable[[], Iterator[T]],
        room: ByteBudget,
        weigh: Callable[[T], int],
    ) -> None:
        self._source = source
        self._room = room
        self._weigh = weigh
        # the thread waits only while an item is there, who takes only while none is
        self._changed = threading.Condition(room.lock)
        self._items: deque[tuple[T, int]] = deque()
        self._is_wanted = True
        self._has_ended = False
        self._error: BaseException | None = None
        # a daemon: a request under way must not hold up the end of the process
        threading.Thread(target=self._run, name="tap-mews-read", daemon=True).start()

    def items(self) -> Iterator[T]:
        """The items in their order, as they come."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._has_ended)
                if not self._items:
                    break
                item, weight = self._items.popleft()
                self._room.leave(weight)
                self._changed.notify()
            yield item
            del item  # what is taken must not stay here until the next one comes
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Want no more items; those that wait are dropped."""
        with self._changed:
            self._is_wanted = False
            self._room.leave(sum(weight for _, weight in self._items))
            self._items.clear()
            self._changed.notify()

    def _run(self) -> None:
        try:
            for item in self._source():
                if not self._put(item):
                    break
                del item  # nor here
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            self._error = error
        with self._changed:
            self._has_ended = True
            self._changed.notify()

    def _put(self, item: T) -> bool:
        """Let an item wait, once there is room; say whether it is wanted at all."""
        weight = self._weigh(item)
        with self._changed:
            while self._is_wanted and self._items and not self._room.has_room(weight):
                self._room.wait_outside(self._changed)
            if self._is_wanted:
                self._items.append((item, weight))
                self._room.enter(weight)
                self._changed.notify()
            self._room.call()
            return self._is_wanted


def read_ahead(
    sources: Iterable[Callable[[], Iterator[T]]],
    ahead: int,
    room: ByteBudget,
    weigh: Callable[[T], int],
) -> Generator[Iterator[T], None, None]:
    """Start iterators before it is their turn.

    Args:
        sources: Each makes an iterator; it runs in a thread of its own.
        ahead: How many run beside the one whose items are being taken.
        room: Where items wait.
        weigh: Gives the bytes of an item.

    Yields:
        The items of each source, in the order of the sources. Take them all before the
        next one. An error comes where the item would have come.
    """
    waiting = iter(sources)
    running: deque[_Ahead[T]] = deque()
    try:
        while True:
            while len(running) <= ahead and (source := next(waiting, None)):
                running.append(_Ahead(source, room, weigh))
            if not running:
                return
            yield running[0].items()
            running.popleft()
    finally:
        for one in running:
            one.stop()
