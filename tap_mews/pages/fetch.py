"""Fetches what one operation has in a window, in as many requests as Mews wants."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from requests import codes

from tap_mews.errors import RefusedError, UnauthorizedError
from tap_mews.pages.batches import batches_of, separate_unnamed
from tap_mews.pages.identifiers_sent import MostIds
from tap_mews.pages.intervals import LongestInterval
from tap_mews.pages.paginator import PageSize, read_pages
from tap_mews.reading.windows import Window, cut
from tap_mews.records.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_mews.api.access import Access
    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import Operation
    from tap_mews.api.responses import Response
    from tap_mews.identifiers import Ids
    from tap_mews.pages.allocation import Allocation
    from tap_mews.pages.batches import Batch
    from tap_mews.pages.decoder import Page
    from tap_mews.reading.reader import Slice

T = TypeVar("T")


ClientOf: TypeAlias = "Callable[[Slice, Access], MewsClient]"
"""Gives the client whose calls count as usage of the partition of a slice."""


class PageFetch(Generic[T]):
    """Fetches the pages of one operation; several threads may, at once.

    Mews names the longest interval, or the most identifiers, only when it refuses more.
    What a refusal teaches holds for the rest of the run.
    """

    def __init__(
        self,
        operation: Operation,
        row: type[T],
        allocation: Allocation,
        client_of: ClientOf,
        page_size: int,
        *,
        is_probe: bool = False,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            operation: What to call.
            row: What to make of a row, as `PageDecoder`.
            allocation: Says by which token whose rows are read.
            client_of: Gives what makes the calls for a slice.
            page_size: Rows to ask for in one page.
            is_probe: Whether one request is enough.
        """
        self.operation = operation
        self._row = row
        self._allocation = allocation
        self._client_of = client_of
        self._size = PageSize(page_size)
        by = operation.time_filter
        self._longest = LongestInterval(gap=by.gap if by else timedelta())
        self._most_ids = MostIds(operation.selector.most)
        self._is_probe = is_probe

    def batches(self, slice_: Slice) -> list[Batch]:
        """What each read of a slice asks for."""
        selector = self.operation.selector
        batches = [
            part
            for each in batches_of(self._allocation, selector, slice_)
            for part in separate_unnamed(each)
        ]
        return batches[:1] if self._is_probe else batches

    def pages(
        self, slice_: Slice, window: Window, batch: Batch
    ) -> Iterator[Response[Page[T]]]:
        """The pages of a window.

        Args:
            slice_: What it is a window of.
            window: When.
            batch: By which token, and whose rows; as of `batches`.

        Raises:
            MewsError: As `read_pages`.
        """
        time_filter = self.operation.time_filter
        if time_filter is None or window.start is None:
            yield from self._of_some(slice_, window, batch)
            return
        start = window.start
        while True:
            longest = self._longest.of(window.end - start)
            part = next(cut(start, window.end, longest, time_filter.gap))
            try:
                yield from self._of_some(slice_, part, batch)
            except RefusedError as error:
                if not self._longest.learn(error, part.length):
                    raise
                continue
            if part.end == window.end:
                return
            start = part.end + time_filter.gap

    def rows(
        self: PageFetch[bytes], slice_: Slice, window: Window, batch: Batch
    ) -> Iterator[Rows]:
        """The same as rows that say where they are from."""
        path, number = self.operation.path, 0
        for page in self.pages(slice_, window, batch):
            number += 1  # noqa: SIM113 - `enumerate` holds what it gave
            place = f"{path} ({window}), page {number}{page.of_request}"
            rows, may_break = page.value.rows, page.value.may_break
            handed = [Rows(rows, place, unit="row", may_break=may_break)]
            # as in `read_pages`
            del page, rows
            yield handed.pop()

    def _of_some(
        self, slice_: Slice, window: Window, batch: Batch
    ) -> Iterator[Response[Page[T]]]:
        """The pages of a window, of fewer identifiers at a time if Mews wants that."""
        client = self._client_of(slice_, batch.access)

        def some(ids: Ids) -> Iterator[Response[Page[T]]]:
            body = self.operation.body(window, ids)
            what = f"{window}{_of_whom(ids)}"
            pages = read_pages(
                client, self.operation, body, self._size, self._row, what
            )
            yield from islice(pages, 1) if self._is_probe else pages

        try:
            yield from self._most_ids.read(batch.scope, some)
        except RefusedError as error:
            if error.status == codes.not_found and not self.operation.is_documented:
                raise UnauthorizedError(str(error)) from None
            raise


class SeveralFetches:
    """Fetches the rows of a window by several operations, one after the other."""

    def __init__(self, fetches: Sequence[PageFetch[bytes]]) -> None:
        """Take them; all are asked by the same identifiers."""
        self._fetches = fetches

    def batches(self, slice_: Slice) -> list[Batch]:
        """As the first of them."""
        return self._fetches[0].batches(slice_)

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """The rows of each; those that several have come as often."""
        for fetch in self._fetches:
            yield from fetch.rows(slice_, window, batch)


def _of_whom(ids: tuple[str, ...] | None) -> str:
    """Words for a message that say whose rows, where that is short."""
    return f" of {ids[0]}" if ids and len(ids) == 1 else ""
