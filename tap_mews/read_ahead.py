"""Runs iterators ahead of the one whose items are being taken."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

T = TypeVar("T")

MOST_WAITING = 2
"""Items of one iterator that may wait to be taken, so that memory stays flat."""

LOOK_SECONDS = 0.2
"""How often a thread that waits for room looks whether anyone still wants items."""


class _End:
    """Follows the last item; with the error, if there was one."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Ahead(Generic[T]):
    """One iterator that runs in a thread of its own."""

    def __init__(self, source: Callable[[], Iterator[T]]) -> None:
        self._source = source
        self._items: queue.Queue[T | _End] = queue.Queue(MOST_WAITING)
        self._wanted = threading.Event()
        self._wanted.set()
        # a daemon: a request under way must not hold up the end of the process
        threading.Thread(target=self._run, name="tap-mews-read", daemon=True).start()

    def items(self) -> Iterator[T]:
        """The items in their order, as they come."""
        while True:
            item = self._items.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def stop(self) -> None:
        """Want no more items."""
        self._wanted.clear()

    def _run(self) -> None:
        end = _End()
        try:
            for item in self._source():
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            end = _End(error)
        self._put(end)

    def _put(self, item: T | _End) -> bool:
        while self._wanted.is_set():
            try:
                self._items.put(item, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False


def read_ahead(
    sources: Iterable[Callable[[], Iterator[T]]],
    ahead: int,
) -> Generator[Iterator[T], None, None]:
    """Start iterators before it is their turn.

    Args:
        sources: Each makes an iterator; it runs in a thread of its own.
        ahead: How many run beside the one whose items are being taken.

    Yields:
        The items of each source, in the order of the sources. Take them all before the
        next one. An error comes where the item would have come.
    """
    waiting = iter(sources)
    running: deque[_Ahead[T]] = deque()
    try:
        while True:
            while len(running) <= ahead and (source := next(waiting, None)):
                running.append(_Ahead(source))
            if not running:
                return
            yield running[0].items()
            running.popleft()
    finally:
        for one in running:
            one.stop()
