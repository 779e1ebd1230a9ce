"""What was due of a stream and what came of it, part by part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_mews.metrics.usage import (
    PartitionKey,
    StreamUsage,
    UsageRecorder,
    partition_key,
)
from tap_mews.reading.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_mews.reading.reader import Slice, WindowRead


@dataclass
class Partition:
    """What has a scope and a bookmark of its own.

    Attributes:
        ids: The properties or chains, or None where nobody knows.
        account: What reading it took.
        bookmarks: Before the run and now, as the state has them.
        due: The time that was to be read, or None if nothing was due.
        read: The time that was delivered, or None.
        ways: How rows came.
        is_complete: Whether all that was due has been delivered.
    """

    ids: tuple[str, ...] | None
    account: UsageRecorder
    bookmarks: tuple[str | None, str | None] = (None, None)
    due: Window | None = None
    read: Window | None = None
    ways: set[str] = field(default_factory=set)
    is_complete: bool = False


@dataclass(frozen=True)
class SchemaDrift:
    """Where the rows of a stream are not as its schema.

    Attributes:
        unknown: JSON paths of properties that were left out.
        passed_on: Invalid records that were passed on.
    """

    unknown: tuple[str, ...]
    passed_on: int


class Coverage:
    """The parts of one stream.

    Attributes:
        parts: In the order in which they are read.
        has_failed: Whether it was this stream that ended the run.
    """

    def __init__(self, accounts: StreamUsage) -> None:
        """Start without parts.

        Args:
            accounts: Of the stream.
        """
        self.parts: dict[PartitionKey, Partition] = {}
        self.has_failed = False
        self._accounts = accounts
        self._done = False
        self._current: Partition | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all that was due of the stream has been delivered."""
        return self._done

    def plan(self, spans: Iterable[Slice]) -> None:
        """Take up what is due, in the order in which it is read."""
        for span in spans:
            part = self.of(span)
            part.due = _joined(part.due, Window(span.start, span.end))

    def of(self, span: Slice) -> Partition:
        """The part that a span belongs to."""
        key = partition_key(span)
        if key not in self.parts:
            ids = span.covers or span.scope
            self.parts[key] = Partition(ids, self._accounts.of(span))
        return self.parts[key]

    def begin(self, piece: WindowRead) -> None:
        """Note a piece whose rows are now taken.

        Pieces come part by part, so the part before is complete.
        """
        part = self.of(piece.span)
        if self._current is not None and self._current is not part:
            self._current.is_complete = True
        part.is_complete = False
        part.ways.add(piece.way)
        self._current = part

    def finish(self, piece: WindowRead) -> None:
        """Note a piece that is delivered."""
        if piece.complete_until is not None:
            part = self.of(piece.span)
            part.read = _joined(part.read, piece.window)

    def end(self) -> None:
        """Note that all that was due has been delivered."""
        self._done = True
        for part in self.parts.values():
            part.is_complete = True


def _joined(known: Window | None, window: Window) -> Window:
    """The time from the start of the first window to the end of the last one."""
    if known is None:
        return window
    return Window(_earlier(known.start, window.start), max(known.end, window.end))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else min(one, other)
