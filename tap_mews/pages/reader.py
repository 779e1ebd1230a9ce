"""Reads a stream page by page, window by window."""

from __future__ import annotations

import abc
import logging
import threading
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tap_mews.api.refusals import next_interval
from tap_mews.errors import RefusedError
from tap_mews.pages.paginator import PagedOperation, PageSize
from tap_mews.reading.prefetch import ByteBudget, read_ahead
from tap_mews.reading.reader import Slice, WindowRead
from tap_mews.reading.windows import Window, months, slices
from tap_mews.records.validator import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from datetime import timedelta

    from tap_mews.api.client import MewsClient

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

logger = logging.getLogger("tap-mews.pages")


class ClientOf(Protocol):
    """Gives the client whose calls the part that a span belongs to is charged for."""

    def __call__(self, span: Slice, /) -> MewsClient:
        """The client for a span."""


class Fetch(Protocol[T_co]):
    """Fetches one window; may be called by several threads at once."""

    def __call__(self, span: Slice, window: Window) -> Iterator[T_co]:
        """What there is in a window of a span, page by page."""


class Read(Protocol[T_co]):
    """Reads all pages of a request, as `read_rows` does."""

    def __call__(
        self,
        client: MewsClient,
        operation: PagedOperation,
        body: Mapping[str, Any],
        size: PageSize,
        what: str,
        /,
    ) -> Iterator[T_co]:
        """The pages."""


class WindowedFetch(Generic[T]):
    """Fetches one operation that filters by an interval.

    Mews names the longest interval only when it refuses a longer one. What a refusal
    teaches holds for the rest of the run.
    """

    def __init__(
        self,
        client_of: ClientOf,
        operation: PagedOperation,
        body: Callable[[Slice, Window], dict[str, Any]],
        page_size: int,
        read: Read[T],
    ) -> None:
        """Prepare.

        Args:
            client_of: Gives what makes the calls for a span.
            operation: What to call.
            body: Makes the request for a window of a span, `Limitation` aside.
            page_size: Rows to ask for in one page.
            read: Reads all pages of a request.
        """
        self._read = read
        self._client_of = client_of
        self._operation = operation
        self._body = body
        self._size = PageSize(page_size)
        self._lock = threading.Lock()
        self._longest: timedelta | None = None

    def __call__(self, span: Slice, window: Window) -> Iterator[T]:
        """The pages of a window, in as many requests as Mews wants.

        Raises:
            MewsError: As `read_rows`.
        """
        if window.start is None:
            yield from self._pages(span, window)
            return
        start = window.start
        while True:
            part = next(slices(start, window.end, self._longest or window.length))
            try:
                yield from self._pages(span, part)
            except RefusedError as error:
                if not self._learn(error, part):
                    raise
                continue
            if part.end == window.end:
                return
            start = part.end

    def _pages(self, span: Slice, window: Window) -> Iterator[T]:
        return self._read(
            self._client_of(span),
            self._operation,
            self._body(span, window),
            self._size,
            str(window),
        )

    def _learn(self, error: RefusedError, window: Window) -> bool:
        """Take the longest interval from a refusal, or half of what was refused.

        Returns:
            Whether the refusal was about the interval, so that a shorter one can do.
        """
        longest = next_interval(error, window.length)
        if longest is None:
            return False
        with self._lock:
            self._longest = min(longest, self._longest or longest)
        logger.warning("%s; reading at most %s at a time", error, longest)
        return True


@dataclass(frozen=True)
class Task(Generic[T]):
    """A window to fetch.

    Attributes:
        span: What it is a part of.
        window: The window.
        fetch: Fetches it.
        moves: Whether the bookmark moves when it has been read.
    """

    span: Slice
    window: Window
    fetch: Fetch[T]
    moves: bool = True

    def __call__(self) -> Iterator[T]:
        """The pages of the window.

        Raises:
            MewsError: As the fetching.
        """
        return self.fetch(self.span, self.window)


class WindowReader(abc.ABC, Generic[T]):
    """Reads spans in windows of at most a calendar month.

    Attributes:
        ahead: What may be fetched ahead of what is taken.
        room: Where it waits.
    """

    def __init__(
        self,
        stream: str,
        fetch: Fetch[T],
        ahead: int,
        room: ByteBudget,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            stream: Its name, for log lines.
            fetch: Fetches the rows of one window.
            ahead: Windows, or what a reader makes of them, to fetch ahead.
            room: Where what was fetched ahead waits.
        """
        self._stream = stream
        self._fetch = fetch
        self.ahead = ahead
        self.room = room
        self._windows: list[Task[T]] = []
        self._last: list[Task[T]] = []

    def read_last(
        self,
        fetch: Fetch[T],
        window: Window,
        scopes: Sequence[tuple[str, ...] | None],
    ) -> None:
        """Read one more window when all that is due is read; it moves no bookmark.

        Args:
            fetch: Fetches its rows.
            window: The window; it need not lie in the past.
            scopes: Whose rows.
        """
        self._last += [
            Task(Slice(window.start, window.end, scope), window, fetch, moves=False)
            for scope in scopes
        ]

    def open(self, spans: Sequence[Slice]) -> None:
        """Cut the spans into windows."""
        for span in spans:
            windows = (
                [Window(None, span.end)]
                if span.start is None
                else months(span.start, span.end)
            )
            self._windows += [Task(span, window, self._fetch) for window in windows]

    def pieces(self) -> Generator[WindowRead, None, None]:
        """The windows in order, each as one piece.

        Raises:
            MewsError: As the fetching.
        """
        tasks = [*self._windows, *self._last]
        with closing(self.fetched(tasks)) as fetched:
            for number, rows in enumerate(fetched):
                task = tasks[number]
                logger.debug("%s: reading %s", self._stream, task.window)
                yield WindowRead(
                    span=task.span,
                    window=task.window,
                    rows=rows,
                    complete_until=task.window.end if task.moves else None,
                    share=(number + 1) / len(tasks),
                    way="pages",
                    known=len(tasks),
                )

    @abc.abstractmethod
    def fetched(
        self, tasks: Sequence[Task[T]]
    ) -> Generator[Iterator[Rows], None, None]:
        """The rows of each window, fetched ahead.

        Args:
            tasks: The windows in order.

        Raises:
            MewsError: As the fetching.
        """

    def close(self) -> None:
        """Nothing is held: threads end with the pieces."""


class PageReader(WindowReader[Rows]):
    """Reads the rows that are fetched, several windows ahead."""

    def fetched(
        self, tasks: Sequence[Task[Rows]]
    ) -> Generator[Iterator[Rows], None, None]:
        """The rows of each window, fetched ahead."""
        return read_ahead(tasks, self.ahead, self.room, attrgetter("size"))
