"""The rooms of one hotel that are kept aside: for groups, or out of order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sandbox.clock import utc_text
from sandbox.hotel.numbers import Numbers

if TYPE_CHECKING:
    from sandbox.encoding import Json
    from sandbox.hotel.property import Hotel

_DAY = timedelta(days=1)
_EVENTS = ("Wedding", "Jazz festival", "Chess open", "Réunion d'équipe", "Tradeshow")


class Inventory:
    """Availability blocks with their adjustments, and resource blocks."""

    def __init__(self, hotel: Hotel) -> None:
        """Look after the rooms of a hotel."""
        self.hotel = hotel
        self._numbers = Numbers()
        self._open: dict[str, tuple[date, date]] = {}

    def day(self, now: datetime) -> None:
        """Start a day: now and then something is kept aside."""
        hotel = self.hotel
        hotel.life.at(now + _DAY, self.day)
        morning = now + timedelta(hours=7, seconds=hotel.rng.randrange(9 * 3600))
        for probability, event in (
            (0.15, self._add_block),
            (0.2, self._add_single),
            (0.25, self._add_repair),
        ):
            if hotel.chance(probability):
                hotel.plan(morning, event)

    def block_for(self, arrival: date) -> str | None:
        """Give a block that a reservation may be picked up from."""
        for block, (first, last) in self._open.items():
            if first <= arrival <= last and self.hotel.chance(0.2):
                return block
        return None

    def _add_block(self, now: datetime) -> None:
        hotel, rng = self.hotel, self.hotel.rng
        first = now.date() + _DAY * rng.randrange(10, 70)
        last = first + _DAY * rng.randrange(1, 5)
        number = next(self._numbers)
        rolling = hotel.chance(0.3)
        release = None if rolling else utc_text(hotel.local(first - _DAY * 7, 12))
        budget = {"Currency": "EUR", "Value": Decimal("4800.00")}
        values = {
            "ServiceId": hotel.service,
            "RateId": hotel.rates[0],
            "BookerId": hotel.chain.guest(rng, now),
            "CompanyId": rng.choice(hotel.chain.companies),
            "Budget": {**budget, "Net": None, "Tax": None, "TaxRate": None},
            "State": "Optional",
            "ReservationPurpose": rng.choice(("Leisure", "Business", None)),
            "FirstTimeUnitStartUtc": utc_text(hotel.local(first, 0)),
            "LastTimeUnitStartUtc": utc_text(hotel.local(last, 0)),
            "ReleasedUtc": release,
            "RollingReleaseOffset": "P3DT4H" if rolling else None,
            "ExternalIdentifier": f"Block-{number:04}",
            "Name": rng.choice(_EVENTS),
            "PickupDistribution": "AllInOneGroup",
            "IsActive": True,
            "AvailabilityBlockNumber": str(number),
            "ReleaseStrategy": "RollingRelease" if rolling else "FixedRelease",
            "ActivityState": "Active",
            "StartUtc": utc_text(hotel.local(first, 0)),
            "EndUtc": utc_text(hotel.local(last, 24)),
        }
        block = hotel.put("AvailabilityBlock", now, values)
        self._open[block] = (first, last)
        parts = [
            self._add_adjustment(now, first, last, block)
            for _ in range(rng.randint(1, 3))
        ]
        decided = now + timedelta(hours=rng.randrange(10, 200))
        hotel.plan(decided, partial(self._decide_block, block, parts))
        leaves = hotel.local(last, 12)
        hotel.plan(leaves, partial(self._end_block, block, parts))

    def _decide_block(self, block: str, parts: list[str], now: datetime) -> None:
        if self.hotel.chance(0.75):
            self.hotel.change("AvailabilityBlock", block, now, State="Confirmed")
            return
        self.hotel.change(
            "AvailabilityBlock",
            block,
            now,
            State="Canceled",
            CanceledUtc=utc_text(now),
            CancellationReason="BookedElsewhere",
        )
        self._end_block(block, parts, now)

    def _end_block(self, block: str, parts: list[str], now: datetime) -> None:
        if self._open.pop(block, None):
            self.hotel.change(
                "AvailabilityBlock", block, now, IsActive=False, ActivityState="Deleted"
            )
            for part in parts:
                self._delete_adjustment(part, now)

    def _add_single(self, now: datetime) -> None:
        first = now.date() + _DAY * self.hotel.rng.randrange(1, 40)
        part = self._add_adjustment(now, first, first + _DAY, None)
        if self.hotel.chance(0.4):
            later = now + timedelta(hours=self.hotel.rng.randrange(3, 90))
            self.hotel.plan(later, partial(self._delete_adjustment, part))

    def _add_adjustment(
        self, now: datetime, first: date, last: date, block: str | None
    ) -> str:
        hotel = self.hotel
        units = hotel.rng.randint(1, 6)
        released = utc_text(hotel.local(first - _DAY, 12)) if block else None
        values: Json = {
            "AvailabilityBlockId": block,
            "ResourceCategoryId": hotel.rng.choice(hotel.categories).id,
            "FirstTimeUnitStartUtc": utc_text(hotel.local(first, 0)),
            "LastTimeUnitStartUtc": utc_text(hotel.local(last, 0)),
            "UnitCount": units if block else -units,
            "IsActive": True,
            "PaxCounts": [{"PersonCount": 2, "UnitCount": units}] if block else None,
            "FirstTimeUnitReleaseUtc": released,
            "ReleaseOverrideUtc": released if units % 2 else None,
            "ActivityState": "Active",
        }
        return hotel.put("AvailabilityAdjustment", now, values)

    def _delete_adjustment(self, key: str, now: datetime) -> None:
        self.hotel.change(
            "AvailabilityAdjustment", key, now, IsActive=False, ActivityState="Deleted"
        )

    def _add_repair(self, now: datetime) -> None:
        hotel, rng = self.hotel, self.hotel.rng
        starts = now.replace(microsecond=0) + timedelta(hours=rng.randrange(2, 60))
        ends = starts + timedelta(hours=rng.randrange(3, 70))
        repair = hotel.chance(0.8)
        room = rng.choice(rng.choice(hotel.categories).rooms)
        values = {
            "AssignedResourceId": room,
            "IsActive": True,
            "Type": "OutOfOrder" if repair else "InternalUse",
            "StartUtc": utc_text(starts),
            "EndUtc": utc_text(ends),
            "Name": "Air conditioning" if repair else "Staff training",
            "Notes": None if rng.randrange(3) else "Téléphoner à la réception",
        }
        block = hotel.put("ResourceBlock", now, values)
        if repair:
            hotel.truth.repair(room, starts, ends)
        if hotel.chance(0.5):
            hotel.plan(ends, partial(self._lift, block))

    def _lift(self, block: str, now: datetime) -> None:
        self.hotel.change(
            "ResourceBlock", block, now, IsActive=False, DeletedUtc=utc_text(now)
        )
