"""Streams that Mews gives through data exports, and page by page as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_mews.api.operations import NIL_ID, UPDATED, TimeFilter
from tap_mews.exports.jobs import EntityExports, SavedJob
from tap_mews.exports.many import ManyExports
from tap_mews.exports.reader import ExportReader
from tap_mews.reading.choosing import PAGES, AutoReader, ExtractionMethod
from tap_mews.streams.bases import ByTime

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from datetime import datetime

    from tap_mews.api.access import Access
    from tap_mews.errors import MewsError
    from tap_mews.exports.api import ExportsApi
    from tap_mews.pages.batches import Batch
    from tap_mews.reading.reader import Reader, Slice, WindowRead


class Exported(ByTime):
    """An entity that Mews gives through data exports, and page by page as well.

    Attributes:
        entity_type: As `exports/add` calls it.
        export_filter: How exports are cut by time.
    """

    is_optional = False
    entity_type: ClassVar[str]
    export_filter: ClassVar[TimeFilter] = UPDATED
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
    def can_be_split(self) -> bool:
        """As the others; an export is not made for each enterprise."""
        return PAGES in self.methods and super().can_be_split

    def split_requests(self, size: int) -> None:
        """Page by page, for exports are refused as well."""
        self._is_by_pages = True
        super().split_requests(size)

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

    def _reader_by(self, method: ExtractionMethod, *, is_last: bool) -> Reader:
        if method is PAGES:
            reader = self.page_reader(self.fetch(self.operation, bytes))
            reader.raises_heavy = not is_last
            return reader
        run = self.run
        if self.is_dry_run:
            return _ExportsProbe(run.exports_apis[run.transport.accesses[0]])
        if not self.allocation.is_of_many:
            (access,) = run.transport.accesses
            return self._export_reader(access, self._saved_jobs, self._save_jobs)
        return ManyExports(
            self._export_reader,
            self.allocation,
            self.operation.selector,
            self._saved_jobs,
            self._save_jobs,
            self._handle_export_failure,
        )

    def _handle_export_failure(self, batch: Batch, error: MewsError) -> None:
        """Read page by page what one of the tokens may not export.

        Raises:
            MewsError: As `Failures.handle_failure`.
        """
        shares = None
        if error.is_forbidden and PAGES in self.methods and batch.ids:
            self._is_by_pages = True
            shares = {batch.access: batch.ids}
        self.failures.handle_failure(batch, error, shares)

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
            api=run.exports_apis[access],
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
        self._api.get([NIL_ID])

    def windows(self) -> Generator[WindowRead, None, None]:
        """None."""
        yield from ()

    def close(self) -> None:
        """Nothing is held."""
