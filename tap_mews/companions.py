"""Fetches companionships by the reservation groups that were updated.

`companionships/getAll` has no list of what has changed, and its rows have no date. But
a companionship belongs to a reservation group, and reservations have both. So the
groups of the reservations of a window are found first, and then asked for, a thousand
at a time. A companionship without a reservation comes only by its group.
"""

from __future__ import annotations

import json
import logging
from contextlib import closing
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from tap_mews.pages import PagedOperation, PageSize, decoded, read_rows
from tap_mews.read_ahead import WaitingRoom, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_mews.intervals import Window
    from tap_mews.page_reader import ClientOf, Fetch
    from tap_mews.reading import Span
    from tap_mews.records import Rows

RESERVATIONS = PagedOperation("reservations/getAll/2023-06-06", "Reservations")
COMPANIONSHIPS = PagedOperation("companionships/getAll", "Companionships")

UPDATED = "ReservationGroupUpdatedUtc"
"""Added to each row: the latest `UpdatedUtc` of the group's reservations, as read."""

MOST_GROUPS = 1000
"""`companionships/getAll`: the most `ReservationGroupIds` in one request."""

logger = logging.getLogger("tap-mews.pages")

EXTENT = {"Customers": False, "Reservations": False, "ReservationGroups": False}


class _Reservation(msgspec.Struct):
    group: str | None = msgspec.field(name="GroupId")
    updated: str | None = msgspec.field(name="UpdatedUtc")


class _Companionship(msgspec.Struct):
    group: str = msgspec.field(name="ReservationGroupId")


class CompanionshipFetch:
    """Fetches the companionships of the reservations that another fetch finds."""

    def __init__(
        self,
        client_of: ClientOf,
        reservations: Fetch,
        page_size: int,
        ahead: int,
        room: WaitingRoom,
    ) -> None:
        """Prepare.

        Args:
            client_of: Gives what makes the calls for a span.
            reservations: Fetches reservations.
            page_size: Rows to ask for in one page.
            ahead: Batches of groups to fetch ahead.
            room: Where rows wait that were fetched ahead.
        """
        self._client_of = client_of
        self._reservations = reservations
        self._size = PageSize(page_size)
        self._ahead = ahead
        self._room = room
        self._reservation = msgspec.json.Decoder(_Reservation)
        self._companionship = msgspec.json.Decoder(_Companionship)

    def __call__(self, span: Span, window: Window) -> Iterator[Rows]:
        """The companionships of all groups with a reservation in the window.

        Raises:
            MewsError: As `read_rows`.
        """
        updated = self._groups(span, window)
        groups = sorted(updated)
        batches = [
            partial(self._batch, span, window, groups[first : first + MOST_GROUPS])
            for first in range(0, len(groups), MOST_GROUPS)
        ]
        rows_ahead = read_ahead(batches, self._ahead, self._room, attrgetter("size"))
        with closing(rows_ahead) as fetched:
            for batch in fetched:
                for rows in batch:
                    yield self._dated(rows, updated)

    def _groups(self, span: Span, window: Window) -> dict[str, str | None]:
        """The groups of the reservations, each with its latest `UpdatedUtc`."""
        updated: dict[str, str | None] = {}
        alone = 0
        for rows in self._reservations(span, window):
            for found in decoded(rows, self._reservation):
                if found.group is None:
                    alone += 1
                    continue
                known = updated.setdefault(found.group, found.updated)
                if _order(found.updated) > _order(known):
                    updated[found.group] = found.updated
        if alone:
            logger.warning(
                "companionships: %d reservations of %s have no GroupId, so nobody can "
                "be found who comes along on them",
                alone,
                window,
            )
        return updated

    def _batch(
        self,
        span: Span,
        window: Window,
        groups: Sequence[str],
    ) -> Iterator[Rows]:
        body = {"Extent": EXTENT, "ReservationGroupIds": groups}
        if span.scope is not None:
            body["EnterpriseIds"] = span.scope
        what = f"{len(groups)} groups of {window}"
        return read_rows(self._client_of(span), COMPANIONSHIPS, body, self._size, what)

    def _dated(self, rows: Rows, updated: dict[str, str | None]) -> Rows:
        """The rows with the date of their group; what has no group stays as it is."""
        lines = []
        for line in rows.lines:
            try:
                group = self._companionship.decode(line).group
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                lines.append(line)  # the schema says what is wrong with it
                continue
            date = json.dumps(updated.get(group))
            end = line.rindex(b"}")
            lines.append(line[:end] + f',"{UPDATED}":{date}}}'.encode())
        return replace(rows, lines=lines)


def _order(moment: str | None) -> str:
    """A key that sorts moments of any precision; all of them end in `Z`."""
    return (moment or "").rstrip("Zz")
