"""Reads companionships by the reservation groups that were updated.

`companionships/getAll` has no list of what has changed, and its rows have no date. But
a companionship belongs to a reservation group, and reservations have both. So the
groups of the reservations of a window are found first, and then asked for, a thousand
at a time. A companionship without a reservation comes only by its group.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import closing
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NoReturn

import msgspec

from tap_mews.errors import MewsError
from tap_mews.pages.paginator import PagedOperation, PageSize, read_rows
from tap_mews.pages.reader import WindowReader
from tap_mews.reading.prefetch import read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from tap_mews.pages.reader import ClientOf, Fetch, Task
    from tap_mews.reading.prefetch import ByteBudget
    from tap_mews.records.validator import Rows

RESERVATIONS = PagedOperation("reservations/getAll/2023-06-06", "Reservations")
COMPANIONSHIPS = PagedOperation("companionships/getAll", "Companionships")

UPDATED = "ReservationGroupUpdatedUtc"
"""Added to each row: the latest `UpdatedUtc` of the group's reservations, as read."""

MOST_GROUPS = 1000
"""`companionships/getAll`: the most `ReservationGroupIds` in one request."""

FINDS_AHEAD = 1
"""Windows of reservations to read ahead, beside the companionships. Their pages are
large, and little of them is kept: more at once would only take more memory, since the
rate budget has no more requests to give."""

logger = logging.getLogger("tap-mews.pages")

EXTENT = {"Customers": False, "Reservations": False, "ReservationGroups": False}


class Reservation(msgspec.Struct, gc=False):
    """What is needed of a reservation."""

    group: str | None = msgspec.field(name="GroupId")
    updated: str | None = msgspec.field(name="UpdatedUtc")


class _Companionship(msgspec.Struct, gc=False):
    group: str = msgspec.field(name="ReservationGroupId")


class CompanionshipReader(WindowReader[list[Reservation]]):
    """Reads the reservations of windows, and then who comes along on them.

    Windows of reservations are read ahead, and batches of groups beside them, also over
    the ends of windows. The groups that are found wait as JSON, which takes a quarter
    of the memory; only those of the window whose turn it is are taken out.
    """

    def __init__(
        self,
        stream: str,
        reservations: Fetch[list[Reservation]],
        ahead: int,
        room: ByteBudget,
        *,
        client_of: ClientOf,
        page_size: int,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            stream: Its name, for log lines.
            reservations: Fetches the reservations of a window.
            ahead: Batches of groups to fetch ahead.
            room: Where rows and groups wait that were fetched ahead.
            client_of: Gives what makes the calls for a span.
            page_size: Rows to ask for in one page.
        """
        super().__init__(stream, reservations, ahead, room)
        self._client_of = client_of
        self._size = PageSize(page_size)
        self._companionship = msgspec.json.Decoder(_Companionship)

    def fetched(
        self, tasks: Sequence[Task[list[Reservation]]]
    ) -> Generator[Iterator[Rows], None, None]:
        """The companionships of all groups with a reservation in each window.

        Args:
            tasks: The windows in order; they fetch reservations.

        Raises:
            MewsError: As `read_rows`, at the window that it is about.
        """
        finds = (partial(_find, task) for task in tasks)
        ends: deque[bool] = deque()
        with closing(read_ahead(finds, FINDS_AHEAD, self.room, len)) as found:
            batches = self._batches(tasks, found, ends)
            weigh = attrgetter("size")
            with closing(read_ahead(batches, self.ahead, self.room, weigh)) as read:
                for _ in tasks:
                    yield _until_end(read, ends)

    def _batches(
        self,
        tasks: Sequence[Task[list[Reservation]]],
        found: Iterator[Iterator[bytes]],
        ends: deque[bool],
    ) -> Iterator[Callable[[], Iterator[Rows]]]:
        """What reads the companionships of a thousand groups each.

        Args:
            tasks: The windows.
            found: The groups of each window.
            ends: Gets for each batch whether it is the last of its window; a window
                without groups has an empty one.
        """
        for task, pages in zip(tasks, found, strict=True):
            updated: dict[str, str | None] = {}
            try:
                for page in pages:
                    for group, moment in msgspec.json.decode(page).items():
                        _note(updated, group, moment)
            except MewsError as error:
                # what was found before it is read and delivered before it is raised
                ends.append(True)
                yield partial(_raise, error)
                return
            groups = sorted(updated)
            for first in range(0, len(groups) or 1, MOST_GROUPS):
                some = groups[first : first + MOST_GROUPS]
                batch = {group: updated.pop(group) for group in some}
                ends.append(not updated)
                yield partial(self._batch, task, batch)

    def _batch(
        self, task: Task[list[Reservation]], updated: dict[str, str | None]
    ) -> Iterator[Rows]:
        if not updated:
            return
        body = {"Extent": EXTENT, "ReservationGroupIds": [*updated]}
        if task.span.scope is not None:
            body["EnterpriseIds"] = task.span.scope
        client = self._client_of(task.span)
        what = f"{len(updated)} groups of {task.window}"
        endings = {group: _ending(moment) for group, moment in updated.items()}
        for rows in read_rows(client, COMPANIONSHIPS, body, self._size, what):
            yield self._dated(rows, endings)

    def _dated(self, rows: Rows, endings: dict[str, bytes]) -> Rows:
        """The rows with the date of their group; what has no group stays as it is."""
        lines = []
        for line in rows.lines:
            try:
                group = self._companionship.decode(line).group
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                lines.append(line)  # the schema says what is wrong with it
                continue
            lines.append(line[:-1] + endings.get(group, NO_DATE))
        return replace(rows, lines=lines)


def _find(task: Task[list[Reservation]]) -> Iterator[bytes]:
    """The groups of the reservations of each page, with their latest `UpdatedUtc`.

    Yields:
        JSON of an object.
    """
    alone = 0
    for page in task():
        updated: dict[str, str | None] = {}
        for found in page:
            if found.group is None:
                alone += 1
            else:
                _note(updated, found.group, found.updated)
        yield msgspec.json.encode(updated)
    if alone:
        logger.warning(
            "companionships: %d reservations of %s have no GroupId, so nobody can "
            "be found who comes along on them",
            alone,
            task.window,
        )


def _until_end(read: Iterator[Iterator[Rows]], ends: deque[bool]) -> Iterator[Rows]:
    """The rows of the batches up to the end of a window."""
    for rows in read:
        yield from rows
        if ends.popleft():
            return


def _note(updated: dict[str, str | None], group: str, moment: str | None) -> None:
    """Keep the latest `UpdatedUtc` of a group."""
    if group not in updated or _order(moment) > _order(updated[group]):
        updated[group] = moment


def _ending(moment: str | None) -> bytes:
    """What takes the place of the last brace of a row."""
    return b',"%b":%b}' % (UPDATED.encode(), msgspec.json.encode(moment))


NO_DATE = _ending(None)
"""For the row of a group that was not asked for."""


def _raise(error: MewsError) -> NoReturn:
    raise error


def _order(moment: str | None) -> str:
    """A key that sorts moments of any precision; all of them end in `Z`."""
    return (moment or "").rstrip("Zz")
