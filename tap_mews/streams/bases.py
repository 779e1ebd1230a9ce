"""Streams by how they are read; what each one reads is its operation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar, TypeVar

from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
)

from tap_mews.api.operations import NOBODY
from tap_mews.exports.api import ExportFilter
from tap_mews.exports.jobs import EntityExports, SavedJob
from tap_mews.exports.many import ManyExports
from tap_mews.exports.reader import ExportReader
from tap_mews.pages.batches import Batch, batches_of
from tap_mews.pages.children import ChildFetch, Parent
from tap_mews.pages.fetch import PageFetch
from tap_mews.reading.choosing import PAGES, AutoReader, ExtractionMethod
from tap_mews.reading.reader import Slice
from tap_mews.streams.base import MewsStream
from tap_mews.timestamps import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from singer_sdk.helpers.types import Context, Record

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation
    from tap_mews.errors import MewsError
    from tap_mews.exports.api import ExportsApi
    from tap_mews.reading.reader import Reader, WindowRead
    from tap_mews.reading.windows import Window
    from tap_mews.records.validator import Rows


T = TypeVar("T")

MOST = sys.maxsize
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
            self.reach,
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
    def tested(self) -> timedelta | None:
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
            ChildFetch(parents, children, self.reach, is_probe=self.is_dry_run)
        )


class Whole(MewsStream):
    """A stream that is read whole in each run: no filter can tell what has changed."""

    is_bounded = False
    may_be_apart = False  # the list that the run reads once has all of them

    def due(self) -> list[Slice]:
        """All there is."""
        return [Slice(None, self.end, self.selection.scope, covers=self.selection.ids)]

    def new_reader(self) -> Reader:
        """From the list that the run reads once."""
        return self.page_reader(self)

    def batches(self, slice_: Slice) -> list[Batch]:
        """One read a token."""
        return batches_of(self.reach, self.operation.selector, slice_, most=MOST)

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """The rows of the list."""
        del slice_, window
        return iter(self.reach.rows(self.operation, batch.access))

    def stay_behind(self, ids: Iterable[str]) -> None:
        """Nothing is to be noted: the next run reads all of it anyhow."""


class Replaced(Reference):
    """A stream that is read whole in each run, to which no other row refers.

    No other stream needs its list, so its pages are not kept. A row that is gone does
    not come any more, and nothing else tells. So once all is read, the version of the
    run is announced: a target may drop what is older.
    """

    replication_key = None

    @property
    def replication_method(self) -> str:
        """A full table, whatever the catalog says."""
        return REPLICATION_FULL_TABLE

    @property
    def emit_activate_version_messages(self) -> bool:
        """The SDK announces a version before the rows: not here."""
        return False

    @property
    def announces_version(self) -> bool:
        """Whether what is read is all there is, and messages can say so."""
        settings, config = self.run.settings, self.config
        is_narrowed = settings.enterprise_ids or settings.chain_ids
        is_partial = is_narrowed or self.run.portfolio.troubles
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


class Exported(ByTime):
    """An entity that Mews gives through data exports, and page by page as well.

    Attributes:
        entity_type: As `exports/add` calls it.
        export_filter: How exports are cut by time.
    """

    is_optional = False
    entity_type: ClassVar[str]
    export_filter: ClassVar[ExportFilter] = ExportFilter.UPDATED
    _is_by_pages = False

    @property
    def methods(self) -> tuple[ExtractionMethod, ...]:
        """By the setting `extraction`."""
        if self._is_by_pages:
            return (PAGES,)
        setting = self.run.settings.extraction
        found = tuple(each for each in ExtractionMethod if setting in {"auto", each})
        # `--test` asks for a page of one row; an export would be made for nothing
        return found[::-1] if self.is_dry_run else found

    @property
    def may_be_apart(self) -> bool:
        """As the others; an export is not made for each property."""
        return PAGES in self.methods and super().may_be_apart

    def read_apart(self, size: int) -> None:
        """Page by page, for exports are refused as well."""
        self._is_by_pages = True
        super().read_apart(size)

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """`start_date`, else the beginning.

        An export can do without a start, but not with an end alone.
        """
        if self.start_date is None and self.run.settings.end_date is None:
            return None
        return self.start_date or self.beginning(ids)

    def new_reader(self) -> Reader:
        """Through data exports or page by page."""
        self.reader = AutoReader(
            self.name,
            self._reader_by,
            self.methods,
            beginning=self.beginning,
            resumes=bool(self._saved_jobs),
            forget_exports=lambda: self._save_jobs([]),
        )
        return self.reader

    def _reader_by(self, method: ExtractionMethod) -> Reader:
        if method is PAGES:
            return super().new_reader()
        run = self.run
        if self.is_dry_run:
            return _ExportsProbe(run.exports_api(run.connection.accesses[0]))
        if not self.reach.is_of_many:
            (access,) = run.connection.accesses
            return self._export_reader(access, self._saved_jobs, self._save_jobs)
        return ManyExports(
            self._export_reader,
            self.reach,
            self.operation.selector,
            self._saved_jobs,
            self._save_jobs,
            self._set_exports_aside,
        )

    def _set_exports_aside(self, batch: Batch, error: MewsError) -> None:
        """Read page by page what one of the tokens may not export.

        Raises:
            MewsError: As `Failures.set_aside`.
        """
        shares = None
        if error.is_forbidden and PAGES in self.methods and batch.covers:
            self._is_by_pages = True
            shares = {batch.access: batch.covers}
        self.failures.set_aside(batch, error, shares)

    def _export_reader(
        self,
        access: Access,
        saved: Sequence[SavedJob],
        save: Callable[[list[SavedJob]], None],
    ) -> ExportReader:
        """What reads the exports of one token."""
        run = self.run
        exports = EntityExports(
            stream=self.name,
            entity_type=self.entity_type,
            scope_key=self.operation.selector.parameter,
            filter=self.export_filter,
            longest=run.settings.export_window,
            lookback=self.lookback,
            beginning=lambda: self.beginning(self.selection.ids),
            save=save,
            record=self.record,
            api=run.exports_api(access),
        )
        return ExportReader(
            exports, run.exports, run.downloader, run.spool, run.clock, saved
        )

    @property
    def _saved_jobs(self) -> list[SavedJob]:
        return [] if self.is_dry_run else self.bookmarks.jobs

    def _save_jobs(self, jobs: list[SavedJob]) -> None:
        """Keep what Mews works on, so that a run after this one resumes it."""
        if not self.is_dry_run:
            self.bookmarks.jobs = jobs


class _ExportsProbe:
    """Looks whether exports are allowed, and reads nothing."""

    def __init__(self, api: ExportsApi) -> None:
        self._api = api

    def open(self, slices: Sequence[Slice]) -> None:
        """Look at an export that nobody has added.

        Raises:
            MewsError: As `ExportsApi.get`.
        """
        del slices
        self._api.get([NOBODY])

    def windows(self) -> Generator[WindowRead, None, None]:
        """None."""
        yield from ()

    def close(self) -> None:
        """Nothing is held."""
