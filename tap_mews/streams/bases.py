"""Streams by how they are read; what each one reads is its operation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar, TypeVar

from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
)

from tap_mews.pages.batches import batches_of, separate_refused
from tap_mews.pages.children import ChildFetch, Parent
from tap_mews.pages.fetch import PageFetch
from tap_mews.reading.reader import Slice
from tap_mews.streams.base import MewsStream
from tap_mews.timestamps import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import datetime, timedelta

    from singer_sdk.helpers.types import Context, Record

    from tap_mews.api.operations import Operation
    from tap_mews.pages.batches import Batch
    from tap_mews.reading.reader import Reader
    from tap_mews.reading.windows import Window
    from tap_mews.records.rows import Rows


T = TypeVar("T")

MAX_IDS = sys.maxsize
"""Identifiers that a list can be of: its requests are cut where it is read."""


class ByTime(MewsStream):
    """A stream of pages, by windows of the operation's time filter.

    Where the operation is under parents, each request names some of them, and the
    children of a parent that is new are read from their beginning.
    """

    @property
    def replication_method(self) -> str:
        """Incremental, even where no property of a row shows it."""
        return self.forced_replication_method or REPLICATION_INCREMENTAL

    def new_reader(self) -> Reader:
        """Page by page."""
        return self.page_reader(self.fetch(self.operation, bytes))

    def fetch(self, operation: Operation, row: type[T]) -> PageFetch[T]:
        """What fetches the rows of an operation for this stream.

        Args:
            operation: What to call.
            row: What to make of a row, as `PageDecoder`.
        """
        return PageFetch(
            operation,
            row,
            self.allocation,
            self.client_of,
            self.page_size,
            is_probe=self.is_dry_run,
        )


class Reference(ByTime):
    """What the rows of other streams refer to: whole at first, then what changes.

    `start_date` does not bound it, so that no id of a row points to nothing.
    """

    is_bounded = False

    @property
    def test_window(self) -> timedelta | None:
        """Of whatever time, if one can ask for that."""
        return ONE_DAY if self.operation.needs_filter else None

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """`reference_start_date`, else all that there is."""
        start = super().start(ids)
        if start is None and self.operation.needs_filter:
            return self.beginning(ids)
        return start


class Children(ByTime):
    """What belongs to rows that are too many to be asked for in each run.

    A window has the children of the parents that changed in it.

    Attributes:
        parents: The operations that give the parents, by one time filter.
    """

    parents: ClassVar[tuple[Operation, ...]]
    replication_key: str | None = None

    @property
    def windowed(self) -> Operation:
        """The parents."""
        return self.parents[0]

    def new_reader(self) -> Reader:
        """The parents of a window, then their children."""
        parents = [self.fetch(each, Parent) for each in self.parents]
        children = self.fetch(self.operation, bytes)
        return self.page_reader(
            ChildFetch(parents, children, self.allocation, is_probe=self.is_dry_run)
        )


class Whole(MewsStream):
    """A stream that is read whole in each run: no filter can tell what has changed."""

    is_bounded = False
    can_be_split = False  # the list that the run reads once has all of them

    def due(self) -> list[Slice]:
        """All there is."""
        return [Slice(None, self.end, self.selection.scope, ids=self.selection.ids)]

    def new_reader(self) -> Reader:
        """From the list that the run reads once."""
        return self.page_reader(self)

    def batches(self, slice_: Slice) -> list[Batch]:
        """One read a token, and one of what is refused to it."""
        selector = self.operation.selector
        batches = batches_of(self.allocation, selector, slice_, most=MAX_IDS)
        return [*separate_refused(self.allocation, self.operation, batches)]

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """The rows of the list."""
        del slice_, window
        if batch.is_separate:
            refused = self.allocation.refused(self.operation, [batch.access])
            raise next(iter(refused[batch.access].values()))
        yield from self.allocation.rows(self.operation, batch.access)

    def hold_back(self, ids: Iterable[str]) -> None:
        """Nothing is to be noted: the next run reads all of it anyhow."""

    def hold_back_token(self, ids: Iterable[str], through: Iterable[str]) -> None:
        """As `hold_back`."""


class FullTable(MewsStream):
    """A stream that has no bookmark: each run reads all of it."""

    replication_key = None

    @property
    def replication_method(self) -> str:
        """A full table, whatever the catalog says."""
        return REPLICATION_FULL_TABLE


class Replaced(FullTable, Reference):
    """A stream that is read whole in each run, to which no other row refers.

    No other stream needs its list, so its pages are not kept. A row that is gone does
    not come any more, and nothing else tells. So once all is read, the version of the
    run is announced: a target may drop what is older.
    """

    @property
    def announces_version(self) -> bool:
        """Whether what is read is all there is, and messages can say so."""
        settings, config = self.run.settings, self.config
        is_narrowed = settings.enterprise_ids or settings.chain_ids
        is_partial = is_narrowed or self.run.portfolio.unusable_tokens
        # a BATCH has no place for a version
        return not (is_partial or self.is_dry_run or config.get("batch_config"))

    def get_records(self, context: Context | None) -> Generator[Record, None, None]:
        """Deliver all, and announce the version if really all has come."""
        announces = self.announces_version
        if announces:
            self.begin_version()
        yield from super().get_records(context)
        if announces and self.is_complete:
            self.announce_version()
