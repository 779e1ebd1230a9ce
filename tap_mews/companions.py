"""Fetches companionships by the reservation groups that were updated.

`companionships/getAll` has no list of what has changed, and its rows have no date. But
a companionship belongs to a reservation group, and reservations have both. So the
groups of the reservations of a window are found first, and then asked for, a thousand
at a time. A companionship without a reservation comes only by its group.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from tap_mews.pages import PagedOperation, PageSize, decoded, read_rows
from tap_mews.read_ahead import WaitingRoom, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_mews.intervals import Window
    from tap_mews.page_reader import ClientOf, Fetch
    from tap_mews.reading import Span
    from tap_mews.records import Rows

COMPANIONSHIPS = PagedOperation("companionships/getAll", "Companionships")

UPDATED = "ReservationGroupUpdatedUtc"
"""Added to each row: the latest `UpdatedUtc` of the group's reservations, as read."""

MOST_GROUPS = 1000
"""`companionships/getAll`: the most `ReservationGroupIds` in one request."""

MOST_UNPACKED = 20_000
"""Groups that are Python objects at a time, some 250 bytes each."""

SAMPLED = 100
"""One of so many groups is kept unpacked, to cut the others into parts."""

EXTENT = {"Customers": False, "Reservations": False, "ReservationGroups": False}


class _Reservation(msgspec.Struct):
    group: str = msgspec.field(name="GroupId")
    updated: str = msgspec.field(name="UpdatedUtc")


RESERVATIONS = PagedOperation(
    "reservations/getAll/2023-06-06", "Reservations", _Reservation
)


class _Companionship(msgspec.Struct):
    group: str = msgspec.field(name="ReservationGroupId")


class _Groups:
    """The groups of a window, each with its latest update.

    They wait as JSON, which takes a quarter of what Python's objects take: a month of
    many properties has hundreds of thousands, and several months are read at once.
    """

    def __init__(self, unpacking: threading.Lock) -> None:
        """Start without any.

        Args:
            unpacking: Held while many are unpacked, so that one thread at a time does.
        """
        self._unpacking = unpacking
        self._packed: list[bytes] = []
        self._some: list[str] = []
        self._count = 0

    def add(self, updated: dict[str, str]) -> None:
        """Add groups of one page; others may have added them as well."""
        self._packed.append(msgspec.json.encode(updated))
        self._some += list(updated)[::SAMPLED]
        self._count += len(updated)

    def batches(self) -> list[bytes]:
        """The groups in their order, each once, packed in batches of one request."""
        batches: list[bytes] = []
        rest: list[tuple[str, str]] = []
        with self._unpacking:
            for first, end in self._parts():
                found = rest + sorted(self._latest(first, end).items())
                full = len(found) // MOST_GROUPS * MOST_GROUPS
                batches += [
                    msgspec.json.encode(dict(found[at : at + MOST_GROUPS]))
                    for at in range(0, full, MOST_GROUPS)
                ]
                rest = found[full:]
        if rest:
            batches.append(msgspec.json.encode(dict(rest)))
        return batches

    def _parts(self) -> list[tuple[str, str | None]]:
        """The parts that are unpacked at a time: where each begins and ends."""
        parts = self._count // MOST_UNPACKED + 1
        some = sorted(self._some)
        between = {some[len(some) * part // parts] for part in range(1, parts)}
        begins = ["", *sorted(between)]
        return list(zip(begins, [*begins[1:], None], strict=True))

    def _latest(self, first: str, end: str | None) -> dict[str, str]:
        """The groups from one to another, which is not among them."""
        is_all = not first and end is None
        latest: dict[str, str] = {}
        for packed in self._packed:
            updates: Iterable[tuple[str, str]] = _UPDATES.decode(packed).items()
            if not is_all:
                updates = (
                    each
                    for each in updates
                    if first <= each[0] and (end is None or each[0] < end)
                )
            _keep_latest(latest, updates)
        return latest


_UPDATES = msgspec.json.Decoder(dict[str, str])

_BATCH = msgspec.json.Decoder(dict[str, msgspec.Raw])


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
        self._unpacking = threading.Lock()
        self._reservation = msgspec.json.Decoder(_Reservation)
        self._companionship = msgspec.json.Decoder(_Companionship)

    def __call__(self, span: Span, window: Window) -> Iterator[Rows]:
        """The companionships of all groups with a reservation in the window.

        Raises:
            MewsError: As `read_rows`.
        """
        batches = [
            partial(self._batch, span, window, packed)
            for packed in self._groups(span, window).batches()
        ]
        if len(batches) == 1:
            yield from batches[0]()
            return
        rows_ahead = read_ahead(batches, self._ahead, self._room, attrgetter("size"))
        with closing(rows_ahead) as fetched:
            for batch in fetched:
                yield from batch

    def _groups(self, span: Span, window: Window) -> _Groups:
        """The groups of the reservations, each with its latest `UpdatedUtc`."""
        groups = _Groups(self._unpacking)
        for rows in self._reservations(span, window):
            updated: dict[str, str] = {}
            found = decoded(rows, self._reservation)
            _keep_latest(updated, ((row.group, row.updated) for row in found))
            groups.add(updated)
        return groups

    def _batch(self, span: Span, window: Window, packed: bytes) -> Iterator[Rows]:
        """The companionships of some groups, dated."""
        dates = _BATCH.decode(packed)
        body = {"Extent": EXTENT, "ReservationGroupIds": list(dates)}
        if span.scope is not None:
            body["EnterpriseIds"] = list(span.scope)
        what = f"{len(dates)} groups of {window}"
        client = self._client_of(span)
        pages = read_rows(client, COMPANIONSHIPS, body, self._size, what)
        # no variable here holds a page while the next one comes
        return map(partial(self._dated, dates), pages)

    def _dated(self, dates: dict[str, msgspec.Raw], rows: Rows) -> Rows:
        """The rows with the date of their group; what has no group stays as it is.

        Args:
            dates: By group, as JSON.
            rows: Objects end in `}`, since no white space is around a row.
        """
        decode, name = self._companionship.decode, f',"{UPDATED}":'.encode()
        lines = []
        for line in rows.lines:
            try:
                date = dates.get(decode(line).group, _NULL)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                lines.append(line)  # the schema says what is wrong with it
            else:
                lines.append(b"%b%b%b}" % (line[:-1], name, date))
        return replace(rows, lines=lines)


_NULL = msgspec.Raw(b"null")


def _keep_latest(latest: dict[str, str], updates: Iterable[tuple[str, str]]) -> None:
    """Put updates where they are the latest of their group."""
    for group, moment in updates:
        known = latest.setdefault(group, moment)
        if known is not moment and _order(moment) > _order(known):
            latest[group] = moment


def _order(moment: str) -> str:
    """A key that sorts moments of any precision; all of them end in `Z`."""
    return moment.rstrip("Zz")
