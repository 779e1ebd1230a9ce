"""The front desk of one hotel: from the booking to the departure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sandbox.clock import utc_text
from sandbox.hotel.bills import Bills
from sandbox.hotel.books import Account, Books, Charge
from sandbox.hotel.places import MENU, SEASON, SOURCES, Source
from sandbox.hotel.shapes import cents

if TYPE_CHECKING:
    from sandbox.encoding import Json
    from sandbox.hotel.inventory import Inventory
    from sandbox.hotel.property import Category, Hotel

_DAY = timedelta(days=1)
_REASONS = ("RequestedByGuest", "BookedElsewhere", "PriceTooHigh")


@dataclass
class Booking:
    """A reservation group: what its reservations have in common."""

    group: str
    source: Source
    arrival: date
    nights: int
    company: str | None
    assignments: list[str] = field(default_factory=list)


@dataclass
class Stay:
    """A reservation and what hangs on it."""

    booking: Booking
    account: Account
    guest: str
    category: Category
    items: list[str] = field(default_factory=list)
    prepaid: list[str] = field(default_factory=list)
    bill: str = ""

    @property
    def id(self) -> str:
        """The reservation."""
        return self.account.reservation


class FrontDesk:
    """Takes bookings and looks after the guests until they leave."""

    def __init__(self, hotel: Hotel, inventory: Inventory, daily: float) -> None:
        """Take `daily` reservations on an average day."""
        self.hotel = hotel
        self.inventory = inventory
        self.daily = daily
        self.books = Books(hotel)
        self.bills = Bills(self.books)

    def day(self, now: datetime) -> None:
        """Start a day: its bookings are spread over it."""
        hotel = self.hotel
        hotel.life.at(now + _DAY, self.day)
        # Groups of rooms make 1.18 reservations of a booking.
        wanted = self.daily * SEASON[now.month - 1] / SEASON[1] / 1.18
        for _ in range(int(wanted * hotel.rng.uniform(0.6, 1.4) + hotel.rng.random())):
            seconds = hotel.rng.randrange(5 * 3600, 22 * 3600)
            hotel.plan(now + timedelta(seconds=seconds), self.book)

    def book(self, now: datetime) -> None:
        """Take a booking of one or more rooms."""
        hotel, rng = self.hotel, self.hotel.rng
        source = rng.choices(SOURCES, [each.share for each in SOURCES])[0]
        lead = 0 if source.name == "Walk-in" else min(int(rng.expovariate(1 / 16)), 150)
        booking = Booking(
            group=hotel.new_id(),
            source=source,
            arrival=(now + timedelta(days=lead)).date(),
            nights=rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 5)),
            company=rng.choice(hotel.chain.companies) if hotel.chance(0.12) else None,
        )
        values = {"Id": booking.group, "Name": f"Booking {source.name}"}
        hotel.put("ReservationGroup", now, values)
        for key in ("primary", "secondary") if hotel.chance(0.2) else ("primary",):
            values = {"ReservationGroupId": booking.group, **self._source(source, key)}
            assignment = hotel.put("SourceAssignment", now, values)
            booking.assignments.append(assignment)
        for _ in range(rng.choice((1,) * 9 + (2, 3))):
            self._reserve(booking, now)
        if hotel.chance(0.08):
            # Known to come along, not yet given a room: belongs to the group alone.
            values = {"ReservationGroupId": booking.group}
            values["CustomerId"] = hotel.chain.guest(rng, now)
            hotel.put("Companionship", now, values)

    def _reserve(self, booking: Booking, now: datetime) -> None:
        hotel = self.hotel
        guest = hotel.chain.guest(hotel.rng, now)
        reservation = hotel.new_id()
        account = Account(guest, "Customer", reservation)
        if booking.company:
            account = Account(booking.company, "Company", reservation)
        category = hotel.rng.choice(hotel.categories)
        stay = Stay(booking, account, guest, category)
        optional = hotel.chance(0.08)
        hotel.put("Reservation", now, self._reservation(stay, now, optional=optional))
        for key in ("primary", "secondary") if hotel.chance(0.2) else ("primary",):
            values = {"ReservationId": reservation}
            values |= self._source(booking.source, key)
            hotel.put("SourceAssignment_2024_09_20", now, values)
        self._accompany(stay, guest, now)
        self._charge_nights(stay, now, "Inactive" if optional else "Open")
        hotel.truth.book(stay.id, now, optional=optional)
        if hotel.rng.random() < booking.source.prepaid:
            total = self.books.total("OrderItem", stay.items)
            payment = self.books.pay(account, total, now, kind="CreditCardPayment")
            stay.prepaid.append(payment)
        self._plan(stay, now, optional=optional)

    def _plan(self, stay: Stay, now: datetime, *, optional: bool) -> None:
        hotel, booking = self.hotel, stay.booking
        arrives = hotel.local(booking.arrival, 15 + 5 * hotel.rng.random())
        arrives = max(arrives, now + timedelta(minutes=12))
        leaves = hotel.local(
            booking.arrival + _DAY * booking.nights, 7.5 + 3 * hotel.rng.random()
        )
        wait = arrives - now
        if optional:
            hotel.plan(now + wait * 0.1, partial(self._confirm, stay))
        if hotel.chance(0.2):
            change = partial(self._change, stay)
            hotel.plan(now + wait * hotel.rng.uniform(0.15, 0.5), change)
        if hotel.chance(0.1):
            cancel = partial(self._cancel, stay, hotel.rng.choice(_REASONS))
            hotel.plan(now + wait * hotel.rng.uniform(0.5, 1), cancel)
        elif hotel.chance(0.02):
            no_show = partial(self._cancel, stay, "NoShow")
            hotel.plan(arrives - timedelta(minutes=1), no_show)
        hotel.plan(arrives, partial(self._check_in, stay))
        for night in range(booking.nights):
            if hotel.chance(0.5):
                dinner = hotel.local(booking.arrival + _DAY * night, 20.5)
                hotel.plan(max(dinner, arrives), partial(self._dine, stay))
        hotel.plan(leaves, partial(self._check_out, stay))

    def _confirm(self, stay: Stay, now: datetime) -> None:
        if self._state(stay) != "Optional":
            return
        self.hotel.change("Reservation", stay.id, now, State="Confirmed")
        self.hotel.truth.book(stay.id, now, optional=False)
        for item in stay.items:
            self.hotel.change("OrderItem", item, now, AccountingState="Open")

    def _change(self, stay: Stay, now: datetime) -> None:
        if self._state(stay) != "Confirmed":
            return
        hotel = self.hotel
        hotel.change(
            "Reservation", stay.id, now, Purpose="Business", AssignedResourceLocked=True
        )
        values = {"ReservationId": stay.id, **self._source(stay.booking.source, "more")}
        hotel.put("SourceAssignment_2024_09_20", now, values)
        self._touch_group(stay, now)

    def _cancel(self, stay: Stay, reason: str, now: datetime) -> None:
        if self._state(stay) not in {"Confirmed", "Optional"}:
            return
        self.hotel.change(
            "Reservation",
            stay.id,
            now,
            State="Canceled",
            CancelledUtc=utc_text(now),
            CancellationReason=reason,
        )
        for item in stay.items:
            self.books.cancel(item, now)
        if stay.prepaid:
            paid = self.books.total("Payment", stay.prepaid)
            self.books.pay(stay.account, paid, now, kind="CreditCardPayment")
        if reason == "NoShow":
            fee = Charge("CancellationFee", "No-show fee", Decimal("60.00"), now)
            self.books.charge(stay.account, fee, now)
            self.hotel.truth.no_show(stay.id, fee.price, now)
        self.hotel.truth.cancel(stay.id, now)
        self._touch_group(stay, now)

    def _check_in(self, stay: Stay, now: datetime) -> None:
        self._confirm(stay, now)
        if self._state(stay) != "Confirmed":
            return
        hotel = self.hotel
        stay.bill = self.bills.open(stay.account, stay.guest, now)
        for item in stay.items:
            hotel.change("OrderItem", item, now, BillId=stay.bill)
        companion = hotel.chance(0.3)
        if companion:
            self._accompany(stay, hotel.chain.guest(hotel.rng, now), now)
        hotel.change(
            "Reservation",
            stay.id,
            now,
            State="Started",
            ActualStartUtc=utc_text(now),
            AssignedResourceId=hotel.rng.choice(stay.category.rooms),
            Options=_options(owner=True, companions=companion),
        )
        hotel.chain.edit(stay.guest, now, CarRegistrationNumber=f"W-{now:%j%H}")

    def _dine(self, stay: Stay, now: datetime) -> None:
        if self._state(stay) != "Started":
            return
        name, price = self.hotel.rng.choice(MENU)
        units = self.hotel.rng.randint(1, 3)
        order = Charge("ProductOrder", name, Decimal(price), now, units)
        stay.items.append(self.books.charge(stay.account, order, now, stay.bill))
        self.hotel.truth.eat(stay.id, order.price * units, now)

    def _check_out(self, stay: Stay, now: datetime) -> None:
        if self._state(stay) != "Started":
            return
        leaves = utc_text(now)
        changes = {"State": "Processed", "ActualEndUtc": leaves, "EndUtc": leaves}
        self.hotel.change("Reservation", stay.id, now, **changes)
        self.bills.close(stay.bill, stay.account, stay.items, stay.prepaid, now)

    def _state(self, stay: Stay) -> str:
        return str(self.hotel.store.get("Reservation", stay.id)["State"])

    def _accompany(self, stay: Stay, customer: str, now: datetime) -> None:
        values = {
            "CustomerId": customer,
            "ReservationGroupId": stay.booking.group,
            "ReservationId": stay.id,
        }
        self.hotel.put("Companionship", now, values)

    def _touch_group(self, stay: Stay, now: datetime) -> None:
        for key in stay.booking.assignments:
            self.hotel.change("SourceAssignment", key, now)
        self.hotel.change("ReservationGroup", stay.booking.group, now)

    def _source(self, source: Source, rank: str) -> Json:
        sources = self.hotel.chain.sources
        if rank == "primary":
            return {"SourceId": sources[source.name], "IsPrimary": True}
        return {
            "SourceId": self.hotel.rng.choice([*sources.values()]),
            "IsPrimary": False,
        }

    def _charge_nights(self, stay: Stay, now: datetime, state: str) -> None:
        hotel, booking = self.hotel, stay.booking
        season = SEASON[booking.arrival.month - 1]
        price = cents(stay.category.price * season * hotel.rng.uniform(0.85, 1.2))
        for night in range(booking.nights):
            day = booking.arrival + _DAY * night
            consumed = max(hotel.local(day, 24), now)
            space = Charge("SpaceOrder", f"Night {day}", price, consumed, state=state)
            space = space._replace(starts=hotel.local(day, 0))
            stay.items.append(self.books.charge(stay.account, space, now))
            hotel.truth.night(stay.id, stay.category.id, day, price)
        consumed = max(hotel.local(booking.arrival, 24), now)
        tax = Charge(
            "CityTax", "City tax", Decimal("2.30"), consumed, booking.nights, state
        )
        stay.items.append(self.books.charge(stay.account, tax, now))

    def _reservation(self, stay: Stay, now: datetime, *, optional: bool) -> Json:
        hotel, booking, rng = self.hotel, stay.booking, self.hotel.rng
        source = booking.source
        start = utc_text(hotel.local(booking.arrival, 14))
        end = utc_text(hotel.local(booking.arrival + _DAY * booking.nights, 11))
        channel = source.agency is not None
        children = rng.choice((0, 0, 0, 1, 2))
        people = [{"AgeCategoryId": hotel.adults, "Count": rng.choice((1, 2, 2))}]
        if children:
            people.append({"AgeCategoryId": hotel.children, "Count": children})
        segment = "Business" if booking.company else "Leisure"
        return {
            "Id": stay.id,
            "ServiceId": hotel.service,
            "AccountId": stay.guest,
            "AccountType": "Customer",
            "BookerId": stay.guest if channel else None,
            "Number": str(next(hotel.numbers)),
            "State": "Optional" if optional else "Confirmed",
            "Origin": source.origin,
            "CommanderOrigin": source.commander,
            "Options": _options(owner=False, companions=False),
            "RateId": rng.choice(hotel.rates),
            "BusinessSegmentId": (
                # what nobody was asked about has none
                hotel.named(f"BusinessSegment/{segment}")
                if booking.company or children or not channel
                else None
            ),
            "GroupId": booking.group,
            "RequestedResourceCategoryId": stay.category.id,
            "AvailabilityBlockId": self.inventory.block_for(booking.arrival),
            "PartnerCompanyId": booking.company,
            "TravelAgencyId": hotel.chain.agency(source),
            "AssignedResourceLocked": False,
            "ChannelNumber": f"{stay.id[:6].upper()}" if channel else None,
            "ChannelManagerNumber": "" if channel else None,
            "ReleasedUtc": utc_text(now + _DAY) if optional else None,
            "ScheduledStartUtc": start,
            "ScheduledEndUtc": end,
            "StartUtc": start,
            "EndUtc": end,
            "Purpose": "Leisure" if rng.randrange(3) else None,
            "PersonCounts": people,
        }


def _options(*, owner: bool, companions: bool) -> Json:
    return {
        "OwnerCheckedIn": owner,
        "AllCompanionsCheckedIn": owner,
        "AnyCompanionCheckedIn": companions,
        "ConnectorCheckIn": False,
    }
