"""What the streams share that Mews serves page by page alone."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar

from tap_mews.pages.paginator import read_rows
from tap_mews.pages.reader import Fetch, PageReader, WindowedFetch
from tap_mews.preflight import Probe, probe_of_pages
from tap_mews.reading.choosing import ExtractionMethod
from tap_mews.streams.base import MewsStream
from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    from tap_mews.pages.paginator import PagedOperation
    from tap_mews.reading.reader import Reader, Slice
    from tap_mews.reading.windows import Window
    from tap_mews.records.validator import Rows


class PageStream(MewsStream, abc.ABC):
    """A stream of pages, read in windows of a month."""

    def planned_ways(self) -> tuple[ExtractionMethod, ...]:
        """Pages, whatever the settings say."""
        return (ExtractionMethod.PAGES,)

    def page_reader(self, fetch: Fetch[Rows]) -> PageReader:
        """What reads the rows that are fetched."""
        ahead = self.run.settings.max_concurrency
        return PageReader(self.name, fetch, ahead, self.run.waiting_room)


class UpdatedPageStream(PageStream):
    """A stream of one operation that filters by `UpdatedUtc`."""

    operation: ClassVar[PagedOperation]

    def new_reader(self) -> Reader:
        """By `UpdatedUtc`, and by enterprise where requests must name some."""
        page_size = self.run.settings.page_size
        fetch = WindowedFetch(
            self.client_of, self.operation, updated_in, page_size, read_rows
        )
        return self.page_reader(fetch)

    def probes(self) -> list[Probe]:
        """One, of the first of its properties."""
        body = updated_in(*self.probed())
        return [probe_of_pages(self.run.client, self.operation, body)]


def updated_in(span: Slice, window: Window) -> dict[str, Any]:
    """The request for what was updated in a window."""
    return interval_of("UpdatedUtc", window) | enterprises_of(span)


def interval_of(name: str, window: Window) -> dict[str, Any]:
    """An interval filter; none for a window without a start."""
    if window.start is None:
        return {}
    start, end = format_moment(window.start), format_moment(window.end)
    return {name: {"StartUtc": start, "EndUtc": end}}


def enterprises_of(span: Slice) -> dict[str, Any]:
    """The filter that selects enterprises; none for all that the token reaches."""
    return {} if span.scope is None else {"EnterpriseIds": span.scope}
