"""What is pending of a stream: of which enterprises, from when, and until when."""

from __future__ import annotations

import abc
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_mews.pages.enterprises import FOUNDED
from tap_mews.reading.bookmarks import Bookmarks
from tap_mews.reading.reader import Reader, Slice
from tap_mews.reading.selection import Selection
from tap_mews.sdk import WindowedStream
from tap_mews.timestamps import ONE_DAY, format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from tap_mews.api.operations import Operation
    from tap_mews.metrics.record import StreamRecord
    from tap_mews.pages.allocation import Allocation, Shares
    from tap_mews.reading.partitions import Group
    from tap_mews.run import Run
    from tap_mews.streams.mews_tap import MewsTap


class PendingStream(WindowedStream, abc.ABC):
    """A stream that knows by its bookmarks and settings what it has to read.

    Attributes:
        reader: Reads what is pending; made when the stream is opened.
        operation: What it reads, page by page.
        partition_key: Names the partitions of a state of 0.1; None where it had none.
        is_bounded: Whether `start_date` bounds its beginning; what others refer to is
            read whole at first, unless `reference_start_date` is set.
        fails_by_enterprise: Whether one enterprise can fail and others of its token do
            not.
    """

    replication_key: str | None = "UpdatedUtc"
    reader: Reader

    operation: ClassVar[Operation]
    is_bounded: ClassVar[bool] = True
    partition_key: ClassVar[str | None] = None
    fails_by_enterprise: ClassVar[bool] = True

    _tap: MewsTap
    _whole: Selection | None = None

    @property
    def run(self) -> Run:
        """What the streams of this run share."""
        return self._tap.run

    @property
    @abc.abstractmethod
    def record(self) -> StreamRecord:
        """What is known of the reading of it."""

    @abc.abstractmethod
    def new_reader(self) -> Reader:
        """Make what reads this stream."""

    @abc.abstractmethod
    def note_unlisted(self, parents: Operation) -> None:
        """Note the tokens that cannot list parents, so that theirs are missing."""

    @property
    def windowed(self) -> Operation:
        """The operation that a window begins with; it says whose and when."""
        return self.operation

    @cached_property
    def allocation(self) -> Allocation:
        """What it is read of, and with which tokens."""
        parents = self.windowed.selector.parents
        if parents is None or self.is_dry_run:  # a test names each refusal
            return self.run.allocation
        return self.run.allocation_under(parents)

    @property
    def test_window(self) -> timedelta | None:
        """What `--test` reads of the last time; None for whatever time."""
        return ONE_DAY

    @cached_property
    def selection(self) -> Selection:
        """What it reads: that of the settings, else all that the token reaches."""
        settings, allocation = self.run.settings, self.allocation
        selector = self.windowed.selector
        if selector.parents is not None:
            parents = allocation.ids(selector.parents)
            self.note_unlisted(selector.parents)
            return Selection(parents, parents)
        if not selector.parameter:
            return Selection(None, None)
        if selector.of == "chain":
            ids, scope = allocation.chain_ids, settings.chain_ids
        else:
            ids, scope = allocation.enterprise_ids, settings.enterprise_ids
        if scope is not None and ids is not None:
            scope = ids
        if ids is None and selector.is_required:
            # those of earlier runs, where this one cannot list them
            ids = self.bookmarks.known
        return Selection(ids, scope)

    @property
    def whole_selection(self) -> Selection:
        """What it reads with all tokens, also while it reads with some of them."""
        return self._whole or self.selection

    @property
    def scope_of(self) -> str:
        """Whose identifiers a part of it is read by."""
        return self.windowed.selector.of

    @property
    def end(self) -> datetime:
        """Last moment to read."""
        return self.run.end

    @property
    def lookback(self) -> timedelta:
        """Time before the bookmark that is read again."""
        return self.run.settings.lookback

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """Where enterprises or chains without a bookmark start.

        Returns:
            `start_date`, else when the oldest was created; a stream that can be read
            without a start may return None.
        """
        if not self.is_bounded:
            return self.start_date
        return self.start_date or self.beginning(ids)

    @property
    def start_date(self) -> datetime | None:
        """The setting that cuts off what is older; None if nothing does."""
        settings = self._tap.settings
        start = (
            settings.start_date if self.is_bounded else settings.reference_start_date
        )
        return start if start is not None and start > FOUNDED else None

    def starts_too_late(self) -> bool:
        """Whether its history was begun at a later `start_date` than is set now."""
        if not self.is_bounded:
            return False  # it is read again by itself
        # not `stream_state`, which would make an entry for the stream
        state = self.tap_state.get("bookmarks", {}).get(self.name, {})
        begun = [
            parse_moment(part["start_date"])
            for part in (state, *(state.get("partitions") or ()))
            if part.get("start_date")
        ]
        if not begun:
            return False
        return self.start_date is None or self.start_date < max(begun)

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """The earliest moment that rows of enterprises or chains can have."""
        # the ids of parents do not tell when their enterprise was created
        has_parents = self.windowed.selector.parents is not None
        return self.allocation.beginning(None if has_parents else ids)

    @cached_property
    def bookmarks(self) -> Bookmarks:
        """What the state holds of this stream.

        Raises:
            InvalidStateError: It was not written by this tap.
        """
        return Bookmarks(
            self.name,
            self.stream_state,
            self.replication_key,
            self.write_bookmark,
            self.start_date,
        )

    @property
    def latest_bookmark(self) -> datetime:
        """The latest moment that a run can have read up to: now, by the server."""
        return self.run.server_began

    @staticmethod
    def write_bookmark(moment: datetime) -> str:
        """Give a bookmark its form."""
        return format_moment(moment)

    @property
    def moves_bookmark(self) -> bool:
        """Whether what is delivered is noted: not in a test, nor for a full table."""
        return not self.is_dry_run and self.replication_method != REPLICATION_FULL_TABLE

    def hold_back(self, ids: Iterable[str]) -> None:
        """Leave enterprises, chains or parents due from where they are."""
        self.bookmarks.hold_back(ids)

    def hold_back_token(self, ids: Iterable[str], through: Iterable[str]) -> None:
        """Leave chains due from where they are, for one token alone.

        Args:
            ids: Chains.
            through: The enterprises that the token reaches.
        """
        self.bookmarks.hold_back_token(ids, through)

    def due(self) -> list[Slice]:
        """The slices that the bookmarks make due.

        Raises:
            InvalidStateError: A bookmark is later than can be.
        """
        self.bookmarks.check_reached(self.latest_bookmark)
        settings = self.run.settings
        if not self.is_bounded and self.bookmarks.begins_late(settings.start_date):
            message = "%s: a start date limited its history; reading all of it once"
            self.logger.info(message, self.name)
            self.bookmarks.backfill()
        return self.bookmarks.due(
            self.whole_selection, self.start, self.end, self.lookback, self.run.began
        )

    def pending(self) -> list[Slice]:
        """What to read: for a test the last day, whatever the state says."""
        if self.is_dry_run:
            window = self.test_window
            return [self.all_since(self.end - window if window else None)]
        if self.replication_method == REPLICATION_FULL_TABLE:
            return [self.all_since(self.start(self.selection.ids))]
        slices = self.due()
        if not slices:
            self.logger.info("%s: nothing to read yet", self.name)
        return slices

    def all_since(self, start: datetime | None) -> Slice:
        """All that is read, from a moment to the end."""
        ids, scope = self.selection.ids, self.selection.scope
        return Slice(start, self.end, scope, ids=ids)

    def read_with(self, shares: Shares) -> set[str]:
        """Read with these tokens from now on.

        Args:
            shares: The enterprises or chains that are read with each of them.

        Returns:
            The identifiers that are read then.
        """
        self._whole = self.whole_selection
        self.allocation = self.run.allocation.narrowed(shares, self.windowed.selector)
        del self.selection
        return set(self.selection.ids or ())

    @property
    def can_be_split(self) -> bool:
        """Whether some of what Mews refuses together may be allowed alone.

        Permissions differ from enterprise to enterprise.
        """
        return self.fails_by_enterprise and self.operation.is_documented

    def split_requests(self, size: int) -> None:
        """Ask for parts from now on, of which one can be refused.

        Args:
            size: Enterprises, chains or parents in a part.
        """
        self.allocation = self.allocation.split(size)

    def pending_of(self, ids: set[str]) -> list[Slice]:
        """The slices of some that were set aside.

        Args:
            ids: Enterprises, chains or parents.
        """
        if not self.moves_bookmark:
            return self.pending()
        self.bookmarks.hold_back(ids)
        slices = self.bookmarks.due(
            self.whole_selection,
            self.start,
            self.end,
            self.lookback,
            self.run.began,
            is_separate=True,
        )
        whose = ((each, each.scope or each.ids) for each in slices)
        return [each for each, of in whose if of and ids.issuperset(of)]

    def pending_lagging(self, groups: Iterable[Group]) -> list[Slice]:
        """The slices of what tokens have not read of chains that others have read.

        Args:
            groups: As the bookmarks have them.
        """
        return self.bookmarks.due_lagging(groups, self.start, self.end, self.lookback)
