"""Follows the cursor of an operation that answers page by page."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from singer_sdk.pagination import BaseAPIPaginator

from tap_mews.errors import (
    MewsError,
    RefusedError,
    TooHeavyError,
    TooLargeError,
    UnexpectedAnswerError,
)
from tap_mews.pages.decoder import Page, page_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import Operation
    from tap_mews.api.responses import Response

T = TypeVar("T")

logger = logging.getLogger("tap-mews.pages")

RESTARTS = 3
"""How often pages are read again from the first one because a cursor is refused."""

MAX_BYTES = 4 << 20
"""Of a page: memory has to hold some of them, however large the rows are. Rows of usual
size make pages of a megabyte or two."""

READ_BYTES = MAX_BYTES * 3 // 2
"""Of a page of several rows: a larger one is not read to its end, since the first pages
of all streams come at once. It is more than `MAX_BYTES`, as rows differ in size."""

PAGES_BEFORE_GROWTH = 8
"""Pages that must go well before a size that was cut is tried larger again."""


class PageSize:
    """Rows to ask for: fewer when a page is too heavy or too large, then slowly more.

    It is shared by all threads that call one operation, so each need not learn again.
    """

    def __init__(self, most: int) -> None:
        self.rows = most
        self._most = most
        self._good = 0
        self._lock = threading.Lock()

    def shrink(self, asked: int) -> int:
        """Note that a page of that many rows was too heavy or too large.

        Returns:
            The size to ask for now.
        """
        with self._lock:
            self.rows = min(self.rows, max(1, asked // 2))
            self._good = 0
            return self.rows

    def keep(self, asked: int, size: int) -> None:
        """Note that a page of that many rows came.

        Args:
            asked: Rows that it was asked for.
            size: Its bytes.
        """
        with self._lock:
            if size > MAX_BYTES:
                self.rows = min(self.rows, max(1, asked * MAX_BYTES // size))
                self._good = 0
            could_grow = asked >= self.rows and size <= MAX_BYTES // 2
            if not could_grow or self.rows == self._most:
                return
            self._good += 1
            if self._good >= PAGES_BEFORE_GROWTH:
                self.rows = min(self._most, self.rows * 2)
                self._good = 0


class CursorPaginator(BaseAPIPaginator[str | None]):
    """Follows cursors to the last page, in whatever order the rows come."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(None)
        self._operation = operation
        self._seen: set[str] = set()
        self.asked = 0
        """Rows that the page was asked for."""

    # the SDK annotates a requests.Response, which it only hands on to these methods

    def has_more(self, result: Response[Page[Any]]) -> bool:  # type: ignore[override]
        """A page that is not full is the last one, where full is documented."""
        operation = self._operation
        is_full = operation.most_rows is None or result.value.count >= self.asked
        return operation.is_paged and is_full

    def get_next(self, result: Response[Page[Any]]) -> str | None:  # type: ignore[override]
        """The cursor of the next page.

        Raises:
            UnexpectedAnswerError: The cursor came before: following it would not end.
        """
        cursor = result.value.cursor
        if cursor in self._seen:
            msg = (
                f"{self._operation.path}: page {self.count} repeats the cursor of an "
                f"earlier page{result.of_request}, so paging would never end; "
                "report this to Mews with the RequestId"
            )
            raise UnexpectedAnswerError(msg)
        if cursor:
            self._seen.add(cursor)
        return cursor


def read_pages(
    client: MewsClient,
    operation: Operation,
    body: Mapping[str, Any],
    size: PageSize,
    row: type[T],
    what: str = "all",
) -> Iterator[Response[Page[T]]]:
    """Read all pages of a request; one too heavy or too large is asked for in parts.

    Args:
        client: Makes the calls.
        operation: What to call.
        body: Properties of the request besides tokens and `Limitation`.
        size: Rows to ask for in one page.
        row: What to make of a row, as `PageDecoder`.
        what: Names what is asked for in errors, such as a window.

    Yields:
        Pages with at least one row.

    Raises:
        TooHeavyError: Not even one row could be had in time (408).
        UnexpectedAnswerError: A cursor repeats.
        MewsError: As `MewsClient.call`.
    """
    try:
        yield from _read_pages(client, operation, body, size, row)
    except MewsError as error:
        text = f"{error.text} (reading {what})"
        raise error.reworded(text) from None


def _read_pages(
    client: MewsClient,
    operation: Operation,
    body: Mapping[str, Any],
    size: PageSize,
    row: type[T],
) -> Iterator[Response[Page[T]]]:
    paginator, restarts = CursorPaginator(operation), 0
    # mypy does not see that a type can be hashed
    rows, counted = operation.rows, operation.counted
    decoder = page_decoder(rows, row, counted)  # type: ignore[arg-type]
    while not paginator.finished:
        asked = paginator.asked = size.rows
        request = dict(body)
        if operation.is_paged:
            cursor = paginator.current_value
            request["Limitation"] = {"Count": asked, "Cursor": cursor}
        try:
            result = client.call(
                operation.path,
                request,
                decoder,
                can_shrink=operation.is_paged,
                most_bytes=READ_BYTES if operation.is_paged and asked > 1 else None,
            )
        except RefusedError as error:
            # the row that a cursor names may have changed, and so be elsewhere now
            is_other = error.is_forbidden or isinstance(error, TooLargeError)
            if paginator.current_value is None or is_other:
                raise
            if restarts == RESTARTS:
                text = (
                    f"{error.text}; a cursor was refused {RESTARTS + 1} times, maybe "
                    "because rows change while they are read: run again later"
                )
                raise error.reworded(text) from None
            restarts += 1
            logger.warning("%s; reading again from the first page", error)
            paginator = CursorPaginator(operation)
            continue
        except TooHeavyError as error:
            if asked == 1:
                msg = f"{error}, even for a page of one row; ask Mews support about it"
                raise TooHeavyError(msg) from None
            now = size.shrink(asked)
            logger.warning("%s; requesting %d rows instead of %d", error, now, asked)
            continue
        if result is None or not (result.value.rows or result.value.count):
            return
        # before the page is passed on: nothing of a page with a wrong cursor goes out
        paginator.advance(result)  # type: ignore[arg-type]
        size.keep(asked, result.value.size)
        handed = [result] if result.value.rows else []
        del result
        while handed:
            # whoever asks for the next page may wait long: this one is not held here
            yield handed.pop()
