"""Fetches companionships by the reservation groups that were updated.

`companionships/getAll` has no list of what has changed, and its rows have no date. But
a companionship belongs to a reservation group, and reservations have both. So the
groups of the reservations of a window are asked for, a thousand at a time, while the
reservations come. A companionship without a reservation comes only by its group.

A group whose reservations are far apart in a window is asked for again: to know all of
those that were asked for, memory would have to grow with the window.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from tap_mews.api.operations import NIL_ID, Operation
from tap_mews.identifiers import plain_id
from tap_mews.pages.batches import pop_first
from tap_mews.pages.paginator import PageSize, read_pages
from tap_mews.records.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_mews.pages.batches import Batch
    from tap_mews.pages.fetch import ClientOf, PageFetch
    from tap_mews.reading.reader import Slice
    from tap_mews.reading.windows import Window

COMPANIONSHIPS = Operation(
    "companionships/getAll",
    "Companionships",
    time_filter=None,
    all_rows={
        "Extent": {
            "Customers": False,
            "Reservations": False,
            "ReservationGroups": False,
        }
    },
)

UPDATED = "ReservationGroupUpdatedUtc"
"""Added to each row: the latest `UpdatedUtc` of the group's reservations, of those that
its request is for."""

_NAME_OF_DATE = msgspec.json.encode(UPDATED)

MAX_GROUPS = 1000
"""`companionships/getAll`: the most `ReservationGroupIds` in one request."""

GROUP_BYTES = 300
"""What a group takes in memory, with its date and its place in the request."""

logger = logging.getLogger("tap-mews.pages")


class Reservation(msgspec.Struct, gc=False):
    """What is needed of a reservation."""

    group: str | None = msgspec.field(name="GroupId", default=None)
    updated: str | None = msgspec.field(name="UpdatedUtc", default=None)


class _Companionship(msgspec.Struct, gc=False):
    group: str = msgspec.field(name="ReservationGroupId")


class CompanionshipFetch:
    """Fetches the reservations of a window and, as they come, their companionships."""

    def __init__(
        self,
        reservations: PageFetch[Reservation],
        client_of: ClientOf,
        page_size: int,
        *,
        is_probe: bool = False,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            reservations: Fetches the reservations of a window.
            client_of: Gives what makes the calls for a slice.
            page_size: Rows to ask for in one page.
            is_probe: Whether one request for companionships is enough; it is made
                even if no group is found.
        """
        self._reservations = reservations
        self._client_of = client_of
        self._size = PageSize(page_size)
        self._is_probe = is_probe
        self._companionship = msgspec.json.Decoder(_Companionship)

    def batches(self, slice_: Slice) -> list[Batch]:
        """As the reservations."""
        return self._reservations.batches(slice_)

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """The companionships of all groups with a reservation in the window.

        Raises:
            MewsError: As `read_pages`.
        """
        client = self._client_of(slice_, batch.access)
        for updated in self._portions(slice_, window, batch):
            groups = {"ReservationGroupIds": sorted(updated)}
            body = COMPANIONSHIPS.body(None, batch.scope) | groups
            what = f"{len(updated)} groups of {window}"
            pages = read_pages(client, COMPANIONSHIPS, body, self._size, bytes, what)
            read = islice(pages, 1) if self._is_probe else pages
            for number, page in enumerate(read, 1):
                yield Rows(
                    [self._dated(row, updated) for row in page.value.rows],
                    f"{COMPANIONSHIPS.path} ({what}), page {number}{page.of_request}",
                    unit="row",
                    may_break=page.value.may_break,
                    beside=GROUP_BYTES * len(updated),
                )
                del page  # not to be held while the next one comes

    def _portions(
        self, slice_: Slice, window: Window, batch: Batch
    ) -> Iterator[dict[str, str | None]]:
        """The groups of the window's reservations, as many as a request may name.

        Each has the latest `UpdatedUtc` of those of its reservations that were read.
        """
        alone = 0
        updated: dict[str, str | None] = {}
        for page in self._reservations.pages(slice_, window, batch):
            for found in page.value.rows:
                if not found.group:
                    alone += 1
                    continue
                group = plain_id(found.group)
                if group not in updated or (
                    _order(found.updated) > _order(updated[group])
                ):
                    updated[group] = found.updated
            del page
            while len(updated) >= MAX_GROUPS:
                yield pop_first(updated, MAX_GROUPS)
        if self._is_probe and not updated:
            updated[NIL_ID] = None
        if updated:
            yield updated
        if alone:
            logger.warning(
                "companionships: %d reservations of %s have no GroupId, so their "
                "companionships cannot be looked up",
                alone,
                window,
            )

    def _dated(self, row: bytes, updated: Mapping[str, str | None]) -> bytes:
        """The row with the date of its group, if the group was asked for."""
        try:
            group = self._companionship.decode(row).group
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return row  # the schema says what is wrong with it
        date = msgspec.json.encode(updated.get(plain_id(group)))
        # in place of its last brace
        return b"%b,%b:%b}" % (row[:-1], _NAME_OF_DATE, date)


def _order(moment: str | None) -> str:
    """A key that sorts moments of any precision; all of them end in `Z`."""
    return (moment or "").rstrip("Zz")
