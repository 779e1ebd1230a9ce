"""Operations that Mews answers page by page, with a cursor."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.pagination import BaseAPIPaginator

from tap_mews.errors import TooHeavyError, UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_mews.client import MewsClient

logger = logging.getLogger("tap-mews.pages")

PAGES_BEFORE_GROWTH = 4
"""Pages that must go well before a size that was cut is tried larger again."""


@dataclass(frozen=True)
class PagedOperation:
    """An operation that answers in pages.

    Attributes:
        name: The operation, such as `enterprises/getAll`.
        rows: Property of the answer that holds the rows.
    """

    name: str
    rows: str


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        rows: The rows as the bytes that came, not parsed.
        cursor: Names the place after the last row, or None where nothing follows.
        asked: How many rows were asked for.
    """

    rows: list[bytes]
    cursor: str | None
    asked: int


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

    def has_more(self, page: Page) -> bool:  # type: ignore[override]
        """A page that is not full is the last one."""
        return len(page.rows) >= page.asked

    def get_next(self, page: Page) -> str | None:  # type: ignore[override]
        """The cursor of the next page.

        Raises:
            UnexpectedAnswerError: The cursor came before: following it would not end.
        """
        if page.cursor in self._seen:
            msg = (
                f"{self._operation}: page {self.count} has the cursor of an earlier "
                "page, so the pages would never end; report this to Mews"
            )
            raise UnexpectedAnswerError(msg)
        if page.cursor:
            self._seen.add(page.cursor)
        return page.cursor


def read_pages(
    client: MewsClient,
    operation: PagedOperation,
    body: Mapping[str, Any],
    page_size: int,
) -> Iterator[Page]:
    """Read all pages of a request; a page that is too heavy is asked for in parts.

    Args:
        client: Makes the calls.
        operation: What to call.
        body: Properties of the request besides tokens and `Limitation`.
        page_size: Rows to ask for in one page.

    Yields:
        Pages with at least one row.

    Raises:
        TooHeavyError: Not even one row could be had in time (408).
        UnexpectedAnswerError: A cursor repeats.
        MewsError: As `MewsClient.call`.
    """
    decoder = _decoder(operation.rows)
    paginator = CursorPaginator(operation.name)
    size, good = page_size, 0
    while not paginator.finished:
        limitation = {"Count": size, "Cursor": paginator.current_value}
        request = {**body, "Limitation": limitation}
        try:
            answer = client.call(operation.name, request, decoder, can_shrink=True)
        except TooHeavyError:
            if size == 1:
                raise
            size, good = size // 2, 0
            logger.warning("%s: too heavy, asking for %d rows", operation.name, size)
            continue
        if answer is None or not answer.rows:
            return
        page = Page([bytes(row) for row in answer.rows], answer.cursor, size)
        # counted before the page is passed on, so a wrong cursor emits nothing more
        paginator.advance(page)  # type: ignore[arg-type]
        yield page
        good += 1
        if size < page_size and good >= PAGES_BEFORE_GROWTH:
            size, good = min(page_size, size * 2), 0


@lru_cache
def _decoder(rows: str) -> msgspec.json.Decoder[Any]:
    """A decoder of answers whose rows stand under a given property."""
    answer = msgspec.defstruct(
        "Answer",
        [
            ("rows", list[msgspec.Raw], msgspec.field(name=rows)),
            ("cursor", str | None, msgspec.field(name="Cursor", default=None)),
        ],
    )
    return msgspec.json.Decoder(answer)
