"""Operations that Mews answers page by page, with a cursor."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from singer_sdk.pagination import BaseAPIPaginator

from tap_mews.errors import MewsError, TooHeavyError, UnexpectedAnswerError
from tap_mews.pages.decoder import page_decoder
from tap_mews.records.validator import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_mews.api.client import MewsClient

T = TypeVar("T")

logger = logging.getLogger("tap-mews.pages")

PAGES_BEFORE_GROWTH = 8
"""Pages that must go well before a size that was cut is tried larger again."""


@dataclass(frozen=True)
class PagedOperation:
    """An operation that answers in pages.

    Attributes:
        name: The operation, such as `enterprises/getAll`.
        rows: Enterprise of the answer that holds the rows.
    """

    name: str
    rows: str


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page.

    Attributes:
        rows: The rows as they were asked for.
        cursor: Names the place after the last row, or None where nothing follows.
        asked: How many rows were asked for.
        may_break: Whether a row can have a line break in it.
        of_request: Words for a message that name the request.
    """

    rows: list[T]
    cursor: str | None
    asked: int
    may_break: bool = True
    of_request: str = ""


class PageSize:
    """Rows to ask for: halved when a page is too heavy, and grown back slowly.

    It is shared by all threads that call one operation, so each need not learn anew.
    """

    def __init__(self, most: int) -> None:
        """Start with the largest size.

        Args:
            most: The setting `page_size`.
        """
        self.rows = most
        self._most = most
        self._good = 0
        self._lock = threading.Lock()

    def shrink(self, asked: int) -> int:
        """Note that a page of that many rows was too heavy.

        Returns:
            The size to ask for now.
        """
        with self._lock:
            self.rows = min(self.rows, max(1, asked // 2))
            self._good = 0
            return self.rows

    def keep(self, asked: int) -> None:
        """Note that a page of that many rows came."""
        with self._lock:
            if asked < self.rows or self.rows == self._most:
                return
            self._good += 1
            if self._good >= PAGES_BEFORE_GROWTH:
                self.rows = min(self._most, self.rows * 2)
                self._good = 0


class CursorPaginator(BaseAPIPaginator[str | None]):
    """Follows cursors to the last page, in whatever order the rows come."""

    def __init__(self, operation: str) -> None:
        """Start before the first page.

        Args:
            operation: Named in the error when a cursor repeats.
        """
        super().__init__(None)
        self._operation = operation
        self._seen: set[str] = set()

    # the SDK annotates a requests.Response, which it only hands on to these methods

    def has_more(self, page: Page[Any]) -> bool:  # type: ignore[override]
        """A page that is not full is the last one."""
        return len(page.rows) >= page.asked

    def get_next(self, page: Page[Any]) -> str | None:  # type: ignore[override]
        """The cursor of the next page.

        Raises:
            UnexpectedAnswerError: The cursor came before: following it would not end.
        """
        if page.cursor in self._seen:
            msg = (
                f"{self._operation}: page {self.count} has the cursor of an earlier "
                f"page{page.of_request}, so the pages would never end; report this "
                "to Mews with the RequestId"
            )
            raise UnexpectedAnswerError(msg)
        if page.cursor:
            self._seen.add(page.cursor)
        return page.cursor


def read_pages(
    client: MewsClient,
    operation: PagedOperation,
    body: Mapping[str, Any],
    size: PageSize,
    row: type[T],
) -> Iterator[Page[T]]:
    """Read all pages of a request; a page that is too heavy is asked for in parts.

    Args:
        client: Makes the calls.
        operation: What to call.
        body: Properties of the request besides tokens and `Limitation`.
        size: Rows to ask for in one page.
        row: What to make of a row, as `PageDecoder`.

    Yields:
        Pages with at least one row.

    Raises:
        TooHeavyError: Not even one row could be had in time (408).
        UnexpectedAnswerError: A cursor repeats.
        MewsError: As `MewsClient.call`.
    """
    paginator = CursorPaginator(operation.name)
    # mypy does not see that a type can be hashed
    decoder = page_decoder(operation.rows, row)  # type: ignore[arg-type]
    while not paginator.finished:
        asked = size.rows
        limitation = {"Count": asked, "Cursor": paginator.current_value}
        request = {**body, "Limitation": limitation}
        try:
            answer = client.call(operation.name, request, decoder, can_shrink=True)
        except TooHeavyError as error:
            if asked == 1:
                msg = f"{error}, even for a page of one row; ask Mews support about it"
                raise TooHeavyError(msg) from None
            now = size.shrink(asked)
            logger.warning("%s; asking for %d rows instead of %d", error, now, asked)
            continue
        if answer is None or not answer.value.rows:
            return
        came = answer.value
        page = Page(came.rows, came.cursor, asked, came.may_break, answer.of_request)
        # before the page is passed on: nothing of a page with a wrong cursor goes out
        paginator.advance(page)  # type: ignore[arg-type]
        size.keep(asked)
        yield page
        del answer, came, page  # not to be held while the next one comes


def read_rows(
    client: MewsClient,
    operation: PagedOperation,
    body: Mapping[str, Any],
    size: PageSize,
    what: str,
) -> Iterator[Rows]:
    """Read all pages of a request, as rows that say where they are from.

    Args:
        client: Makes the calls.
        operation: What to call.
        body: Properties of the request besides tokens and `Limitation`.
        size: Rows to ask for in one page.
        what: What is asked for, such as a window.

    Yields:
        The rows of one page each, as the bytes that came.

    Raises:
        MewsError: As `read_pages`; it says what was asked for.
    """
    pages = read_pages(client, operation, body, size, bytes)
    with _naming(what):
        for number, page in enumerate(pages, 1):
            place = f"{operation.name} ({what}), page {number}{page.of_request}"
            yield Rows(page.rows, place, unit="row", may_break=page.may_break)
            del page


def read_objects(
    client: MewsClient,
    operation: PagedOperation,
    body: Mapping[str, Any],
    size: PageSize,
    what: str,
    row: type[T],
) -> Iterator[list[T]]:
    """Read all pages of a request of which the tap itself needs some properties.

    Args:
        client: Makes the calls.
        operation: What to call.
        body: Properties of the request besides tokens and `Limitation`.
        size: Rows to ask for in one page.
        what: What is asked for, such as a window.
        row: An object with the properties that are needed.

    Yields:
        The objects of one page each.

    Raises:
        MewsError: As `read_pages`; it says what was asked for.
    """
    pages = read_pages(client, operation, body, size, row)
    with _naming(what):
        for page in pages:
            yield page.rows
            del page


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Make the errors of Mews say what was asked for."""
    try:
        yield
    except MewsError as error:
        error.args = (f"{error} (reading {what})",)
        raise
