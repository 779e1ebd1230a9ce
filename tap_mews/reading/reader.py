"""What streams and readers agree on: slices that are due, and windows that are read.

A stream says which slices of time are due. A reader cuts them as its operation wants it
and yields windows in order of time. A window whose rows have all been taken is done:
only then does the bookmark move to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tap_mews.errors import MewsError
from tap_mews.reading.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from tap_mews.records.rows import Rows


@dataclass(frozen=True)
class Slice:
    """A period that is pending.

    Attributes:
        start: First moment, or None for everything from the beginning.
        end: Last moment.
        scope: Identifiers that requests must name; None for all that the token reaches.
        partition: Which partition of the bookmark it moves.
        ids: Identifiers that it is known to cover, or None.
        token_enterprises: Enterprises of the token that reads it, where several tokens
            do; they tell its exports from those of the others of a chain.
        bookmark: The bookmark, which is after the start by what is read again; None
            without one. A run that was not interrupted would have resumed there.
    """

    start: datetime | None
    end: datetime
    scope: tuple[str, ...] | None = None
    partition: int = 0
    ids: tuple[str, ...] | None = None
    bookmark: datetime | None = None
    token_enterprises: tuple[str, ...] | None = None

    def __str__(self) -> str:
        """The slice as a log line shows it."""
        who = (
            f" of {len(self.scope)} that joined"
            if self.partition and self.scope
            else ""
        )
        return f"{Window(self.start, self.end)}{who}"


def _nothing() -> None:
    """There is nothing to do when the window is done."""


@dataclass(frozen=True)
class WindowRead:
    """A window of a slice, being read.

    Attributes:
        slice: What it was cut from.
        window: When.
        rows: Its rows, in no order; to be taken once.
        complete_until: No row up to here can still come, so the bookmark may move here;
            None if the window moves no bookmark.
        number: How many windows are done with it.
        known: How many there are, as far as is known.
        method: The extraction method: `exports` or `pages`.
        done: To be called when the rows are taken and the bookmark has moved.
    """

    slice: Slice
    window: Window
    rows: Iterator[Rows]
    complete_until: datetime | None
    number: int
    known: int
    method: str
    done: Callable[[], None] = _nothing


class WindowLostError(Exception):
    """A window cannot be read to its end; its rows come again in a later one."""


def capture_errors(
    read: WindowRead, errors: list[MewsError], are_captured: Callable[[MewsError], bool]
) -> WindowRead:
    """The same window, which is lost by some errors.

    Args:
        read: A window.
        errors: Gets the error that ended its reading.
        are_captured: Whether an error is one of those; others are raised as ever.
    """

    def rows() -> Iterator[Rows]:
        try:
            yield from read.rows
        except MewsError as error:
            if not are_captured(error):
                raise
            errors.append(error)
            raise WindowLostError from None

    return replace(read, rows=rows())


class Reader(Protocol):
    """Reads slices of one stream, from wherever."""

    def open(self, slices: Sequence[Slice]) -> None:
        """Begin to read, ahead of the stream's turn, and wait for the first answer."""

    def windows(self) -> Generator[WindowRead, None, None]:
        """The windows of the slices in order; each must be done before the next."""

    def close(self) -> None:
        """Let go of what is held; called however reading ends."""
