"""What happened in one hotel, day by day, as its departments know it.

It is written down while guests book, stay and eat, and never read from the rows that
are served: whoever counts those can be compared with it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from sandbox.hotel.shapes import cents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.hotel.places import Place

_DAY = timedelta(days=1)


@dataclass
class Day:
    """What is counted of one day, or of one kind of room on it.

    Attributes:
        rooms_available: Rooms that there are, those under repair as well.
        rooms_out_of_order: Rooms under repair as the day ends.
        rooms_sold: Rooms in which somebody sleeps who pays for it.
        room_revenue_net: Nights, rebates on them, and fees of those who did not come.
        room_revenue_gross: The same with tax.
        total_revenue_net: All that is sold.
        total_revenue_gross: The same with tax.
    """

    rooms_available: int = 0
    rooms_out_of_order: int = 0
    rooms_sold: int = 0
    room_revenue_net: Decimal = Decimal(0)
    room_revenue_gross: Decimal = Decimal(0)
    total_revenue_net: Decimal = Decimal(0)
    total_revenue_gross: Decimal = Decimal(0)

    def earn(self, net: Decimal, gross: Decimal, *, of_room: bool) -> None:
        """Add to what was earned."""
        self.total_revenue_net += net
        self.total_revenue_gross += gross
        if of_room:
            self.room_revenue_net += net
            self.room_revenue_gross += gross

    def add(self, other: Day) -> None:
        """Add what was counted elsewhere on the same day."""
        for each in fields(self):
            value = getattr(self, each.name) + getattr(other, each.name)
            setattr(self, each.name, value)


class _Sale(NamedTuple):
    stay: str | None
    day: date
    net: Decimal
    gross: Decimal
    of_room: bool


@dataclass
class _Stay:
    category: str = ""
    nights: dict[date, Decimal] = field(default_factory=dict)
    counts: bool = False
    booked: date = date.max
    canceled: date | None = None


class Truth:
    """The days of one hotel."""

    def __init__(self, place: Place, rooms: dict[str, str]) -> None:
        """Know the rooms by their category; nothing has happened yet."""
        self.place = place
        self._rooms = rooms
        self._stays: dict[str, _Stay] = defaultdict(_Stay)
        self._sales: list[_Sale] = []
        self._repairs: list[tuple[str, date, date]] = []

    def day_of(self, moment: datetime) -> date:
        """Give the local day of a moment, in summer as in winter."""
        return moment.astimezone(ZoneInfo(self.place.zone)).date()

    def night(self, stay: str, category: str, day: date, price: Decimal) -> None:
        """Somebody wants to sleep here."""
        self._stays[stay].category = category
        self._stays[stay].nights[day] = price

    def book(self, stay: str, now: datetime, *, optional: bool) -> None:
        """Somebody takes a room, or only might."""
        known = self._stays[stay]
        known.counts = not optional
        known.booked = min(known.booked, self.day_of(now))

    def cancel(self, stay: str, now: datetime) -> None:
        """Somebody does not come."""
        self._stays[stay].counts = False
        self._stays[stay].canceled = self.day_of(now)

    def no_show(self, stay: str, fee: Decimal, now: datetime) -> None:
        """Somebody pays for not coming; there is no tax on that."""
        self._sales.append(_Sale(stay, self.day_of(now), fee, fee, of_room=True))

    def rebate(self, stay: str, now: datetime) -> None:
        """Somebody gets the price of the first night back."""
        price = -self._stays[stay].nights[min(self._stays[stay].nights)]
        net = _net(price, self.place.night_tax)
        self._sales.append(_Sale(stay, self.day_of(now), net, price, of_room=True))

    def eat(self, stay: str, price: Decimal, now: datetime) -> None:
        """Somebody orders in the restaurant."""
        net = _net(price, self.place.other_tax)
        self._sales.append(_Sale(stay, self.day_of(now), net, price, of_room=False))

    def sell(self, price: Decimal, units: int, now: datetime) -> None:
        """Somebody from the street buys something."""
        net = _net(price, self.place.other_tax) * units
        day = self.day_of(now)
        self._sales.append(_Sale(None, day, net, price * units, of_room=False))

    def repair(self, room: str, starts: datetime, ends: datetime) -> None:
        """Keep a room aside until it is repaired."""
        self._repairs.append((room, self.day_of(starts), self.day_of(ends)))

    def days(self) -> dict[date, Day]:
        """Count each day, from the first with a guest or a sale to the last."""
        found: dict[date, Day] = defaultdict(Day)
        for (day, _), counted in self.days_by_category().items():
            found[day].add(counted)
        return found

    def days_by_category(self) -> dict[tuple[date, str | None], Day]:
        """Count each day and kind of room; None is for what no room was sold with."""
        found: dict[tuple[date, str | None], Day] = defaultdict(Day)
        for sale in (*self._sales, *self._nights()):
            kind = self._stays[sale.stay].category if sale.stay else None
            found[sale.day, kind].earn(sale.net, sale.gross, of_room=sale.of_room)
        for stay in self._stays.values():
            for day in stay.nights if stay.counts else ():
                found[day, stay.category].rooms_sold += 1
        if not found:
            return found
        first, last = min(day for day, _ in found), max(day for day, _ in found)
        for number in range((last - first).days + 1):
            for kind in self._rooms.values():
                found[first + number * _DAY, kind].rooms_available += 1
        for day, room in self._out_of_order():
            if first <= day <= last:
                found[day, self._rooms[room]].rooms_out_of_order += 1
        return found

    def on_the_books(self, night: date, then: date) -> int:
        """Count who was to sleep here in a night, as it was at the end of a day.

        Those who only might come were among them if they confirmed or canceled since.
        """
        return sum(
            night in stay.nights
            and stay.booked <= then
            and (stay.canceled is None or stay.canceled > then)
            for stay in self._stays.values()
            if stay.counts or stay.canceled
        )

    def _nights(self) -> Iterator[_Sale]:
        for key, stay in self._stays.items():
            for day, price in stay.nights.items() if stay.counts else ():
                net = _net(price, self.place.night_tax)
                yield _Sale(key, day, net, price, of_room=True)

    def _out_of_order(self) -> set[tuple[date, str]]:
        return {
            (first + number * _DAY, room)
            for room, first, end in self._repairs
            for number in range((end - first).days)
        }


def _net(gross: Decimal, percent: int) -> Decimal:
    return cents(gross * 100 / (100 + percent))
