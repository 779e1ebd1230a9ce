"""The properties themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_mews.pages.paginator import PageSize, read_rows
from tap_mews.pages.portfolio import ENTERPRISES
from tap_mews.preflight import probe_of_pages
from tap_mews.reading.reader import Reader, Slice
from tap_mews.streams.pages import PageStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_mews.preflight import Probe
    from tap_mews.reading.windows import Window
    from tap_mews.records.validator import Rows


class Enterprises(PageStream):
    """The properties that the token reaches; all of them in each run."""

    name = "enterprises"

    start_date = None

    def start(self, ids: Iterable[str] | None) -> None:
        """The beginning, whatever the settings say."""
        del ids

    def due(self) -> list[Slice]:
        """All there is: the list is short, and a change of reach shows no update."""
        return [Slice(None, self.end)]

    def probes(self) -> list[Probe]:
        """The first property."""
        return [probe_of_pages(self.run.client, ENTERPRISES, {})]

    def new_reader(self) -> Reader:
        """Without a filter (`enterprises/getAll`)."""
        size = PageSize(self.run.settings.page_size)

        def fetch(span: Slice, window: Window) -> Iterator[Rows]:
            del window
            return read_rows(self.client_of(span), ENTERPRISES, {}, size, "all")

        return self.page_reader(fetch)
