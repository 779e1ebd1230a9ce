"""What the entities share that Mews serves both as data exports and page by page."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tap_mews.exports.api import ExportFilter
from tap_mews.exports.jobs import EntityExports, SavedJob
from tap_mews.exports.reader import ExportReader
from tap_mews.pages.paginator import read_rows
from tap_mews.pages.portfolio import FOUNDED
from tap_mews.pages.reader import PageReader, WindowedFetch
from tap_mews.preflight import EXPORTS_PROBE, NOBODY, Probe, probe_of_pages
from tap_mews.reading.bookmarks import Selection
from tap_mews.reading.choosing import AutoReader, ExtractionMethod
from tap_mews.streams.base import MewsStream
from tap_mews.streams.pages import interval_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tap_mews.pages.paginator import PagedOperation
    from tap_mews.reading.reader import Reader, Slice
    from tap_mews.reading.windows import Window


class EntityStream(MewsStream):
    """An entity of an enterprise, cut by `UpdatedUtc`.

    Attributes:
        entity_type: As `exports/add` calls it.
        scope_key: Enterprise of a request that selects among what the token reaches.
        export_filter: How exports are cut by time.
        operation: Gives it page by page; None where no operation does.
        page_filters: What the operation must be told, so that it leaves out no row.
    """

    entity_type: ClassVar[str]
    scope_key: ClassVar[str] = "EnterpriseIds"
    export_filter: ClassVar[ExportFilter] = ExportFilter.UPDATED
    operation: ClassVar[PagedOperation | None] = None
    page_filters: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def planned_ways(self) -> tuple[ExtractionMethod, ...]:
        """By the setting `extraction`, as far as Mews has the operation."""
        setting = self.run.settings.extraction
        return tuple(
            way
            for way in ExtractionMethod
            if setting in {"auto", way}
            and (way is ExtractionMethod.EXPORTS or self.operation)
        )

    def probes(self) -> list[Probe]:
        """One for each way."""
        exports, probes = self.run.exports_api, []
        for way in self.ways:
            if way is ExtractionMethod.EXPORTS:
                probes.append(Probe(way, EXPORTS_PROBE, partial(exports.get, [NOBODY])))
            elif self.operation is not None:
                body = self.page_body(*self.probed())
                probes.append(probe_of_pages(self.run.client, self.operation, body))
        return probes

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """`start_date`, else the beginning.

        An export can do without a start, but not with an end alone.
        """
        settings = self.run.settings
        if settings.start_date is None and settings.end_date is None:
            return None
        return super().start(ids)

    def new_reader(self) -> Reader:
        """Through data exports or page by page."""
        jobs = [] if self.is_dry_run else self.bookmarks.jobs
        return AutoReader(
            self.name,
            self._reader_by,
            ways=self.ways,
            beginning=self.beginning,
            goes_on=bool(jobs),
            forget_exports=lambda: self._save_jobs([]),
        )

    def _reader_by(self, way: ExtractionMethod) -> Reader:
        return (
            self._page_reader()
            if way is ExtractionMethod.PAGES
            else self._export_reader()
        )

    def _page_reader(self) -> Reader:
        run = self.run
        assert self.operation is not None  # noqa: S101 - else there is no such way
        fetch = WindowedFetch(
            self.client_of,
            self.operation,
            self.page_body,
            run.settings.page_size,
            read_rows,
        )
        ahead = run.settings.max_concurrency
        return PageReader(self.name, fetch, ahead, run.waiting_room)

    def _export_reader(self) -> Reader:
        run = self.run
        lane = EntityExports(
            stream=self.name,
            entity_type=self.entity_type,
            scope_key=self.scope_key,
            filter=self.export_filter,
            longest=run.settings.export_window,
            lookback=self.lookback,
            beginning=lambda: self.beginning(self.reach.ids),
            save=self._save_jobs,
            accounts=self.accounts,
            skips_if_busy=self.is_dry_run,
        )
        jobs = [] if self.is_dry_run else self.bookmarks.jobs
        return ExportReader(
            lane, run.exports, run.downloader, run.spool, run.clock, jobs
        )

    def page_body(self, span: Slice, window: Window) -> dict[str, Any]:
        """The request for what was updated in a window."""
        scope = {} if span.scope is None else {self.scope_key: span.scope}
        return interval_of("UpdatedUtc", window) | scope | dict(self.page_filters)

    def _save_jobs(self, jobs: list[SavedJob]) -> None:
        """Keep what Mews works on, so that a run after this one goes on with it."""
        if not self.is_dry_run:
            self.bookmarks.jobs = jobs
            self.write_state()


class ChainEntityStream(EntityStream):
    """An entity that belongs to a chain, shared by its properties."""

    scope_key = "ChainIds"
    scope_of = "chain"

    @property
    def reach(self) -> Selection:
        """The chains of the settings, else all that the token opens."""
        return Selection(self.run.portfolio.chain_ids, self.run.settings.chain_ids)

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """The beginning of Mews: a chain can be older than what the token reaches."""
        del ids
        return FOUNDED

    def page_body(self, span: Slice, window: Window) -> dict[str, Any]:
        """The request for what was updated in a window; it names the chains.

        `customers/getAll` requires them with a portfolio token.
        """
        chains = span.scope or self.reach.ids
        named = {} if chains is None else {self.scope_key: chains}
        return super().page_body(span, window) | named
