"""A hotel of one's own in a sandbox, whose rows a test writes as Mews would."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from sandbox.clock import UTC, utc_text
from sandbox.hotel.shapes import shape

if TYPE_CHECKING:
    from sandbox import Sandbox

Row: TypeAlias = dict[str, Any]

ZONE = "Europe/Berlin"
CATEGORIES = {"Standard": ("S1", "S2", "S3"), "Suite": ("U1", "U2", "U3")}
CLASSES = {
    "Nights": "Accommodation",
    "Food": "FoodAndBeverage",
    "Fees": "SundryIncome",
    "City tax": "Taxes",
}
NIGHT, FOOD, FREE = 7, 19, 0
"""Taxes in percent."""


def key(name: str) -> str:
    """The identifier of what has a name in this hotel."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.ten-days.example"))


HOTEL = key("hotel")


def at(day: str, hour: float = 0) -> datetime:
    """The moment of a local time of day; hours after 24 are of the next morning."""
    whole = date.fromisoformat(f"2026-{day}") + timedelta(days=hour // 24)
    clock = time(int(hour % 24), int(hour * 60 % 60), tzinfo=ZoneInfo(ZONE))
    return datetime.combine(whole, clock).astimezone(UTC)


class SmallHotel:
    """Writes what happens in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Open the hotel, with five rooms."""
        self._sandbox = sandbox
        self._numbers = 0
        opened = at("03-01")
        chain = sandbox.chain_ids[0]
        self.put(
            "Enterprise",
            HOTEL,
            opened,
            ChainId=chain,
            Name="Ten Days",
            TimeZoneIdentifier=ZONE,
            BusinessDayClosingOffset="P0M0DT3H0M0S",
        )
        for name in ("Stays", "Kitchen"):
            self.put("Service", key(name), opened, IsActive=True, Name=name)
        for name, kind in CLASSES.items():
            self.put(
                "AccountingCategory",
                key(name),
                opened,
                Name=name,
                IsActive=True,
                Classification=kind,
            )
        for name, rooms in CATEGORIES.items():
            self.put(
                "ResourceCategory",
                key(name),
                opened,
                ServiceId=key("Stays"),
                IsActive=True,
                Type="Room" if name == "Standard" else "Suite",
                Names={"de-DE": f"{name} (de)", "en-US": name},
            )
            for room in rooms:
                if room != "U3":
                    self.build(room, name, opened)

    def build(self, room: str, category: str, opened: datetime) -> None:
        self.put("Resource", key(room), opened, IsActive=True, Name=room)
        self.put(
            "ResourceCategoryAssignment",
            key(f"{room} is"),
            opened,
            IsActive=True,
            ResourceId=key(room),
            CategoryId=key(category),
        )

    def stay(  # noqa: PLR0913 - who, where, when, how long, for how much
        self,
        guest: str,
        category: str,
        room: str | None,
        first: str,
        nights: int,
        price: str | int,
        currency: str = "EUR",
        state: str = "Confirmed",
    ) -> None:
        start = at(first, 15)
        end = at(first, 24 * nights + 11)
        self.reserve(guest, category, room, start, end, state)
        for number in range(nights):
            day = date.fromisoformat(f"2026-{first}") + timedelta(days=number)
            self.night(
                guest,
                f"{day:%m-%d}",
                str(price),
                currency,
                "Inactive" if state == "Optional" else "Open",
            )

    def reserve(
        self,
        guest: str,
        category: str,
        room: str | None,
        start: datetime,
        end: datetime,
        state: str = "Confirmed",
    ) -> None:
        self.put(
            "Reservation",
            key(guest),
            at("03-20", 10),
            ServiceId=key("Stays"),
            State=state,
            RequestedResourceCategoryId=key(category),
            AssignedResourceId=room and key(room),
            GroupId=key(f"{guest}'s"),
            ScheduledStartUtc=utc_text(start),
            ScheduledEndUtc=utc_text(end),
        )

    def night(
        self,
        guest: str,
        day: str,
        price: str,
        currency: str = "EUR",
        state: str = "Open",
    ) -> None:
        # The documentation's example of an order item is consumed two hours later.
        self.item(
            f"{guest} {day}",
            "SpaceOrder",
            price,
            NIGHT,
            at(day, 2),
            "Nights",
            currency=currency,
            AccountingState=state,
            ServiceOrderId=key(guest),
            StartUtc=utc_text(at(day)),
        )

    def item(
        self,
        name: str,
        kind: str,
        gross: str,
        percent: int,
        consumed: datetime,
        category: str,
        *,
        currency: str = "EUR",
        **values: object,
    ) -> None:
        amount = money(gross, percent, currency)
        known = {
            "ServiceId": key("Kitchen" if category == "Food" else "Stays"),
            "AccountingCategoryId": key(category), "Type": kind, "UnitCount": 1,
            "UnitAmount": amount, "Amount": amount, "AccountingState": "Open",
            "RevenueType": "Service" if category == "Nights" else "Product",
            "ConsumedUtc": utc_text(consumed), "StartUtc": utc_text(consumed),
        }  # fmt: skip
        self.put("OrderItem", key(name), at("03-20", 10), **known | values)

    def block(
        self,
        name: str,
        room: str,
        kind: str,
        start: datetime,
        end: datetime,
        **values: object,
    ) -> None:
        known = {
            "IsActive": True,
            "Type": kind,
            "Name": name,
            "AssignedResourceId": key(room),
            "StartUtc": utc_text(start),
            "EndUtc": utc_text(end),
        }
        self.put("ResourceBlock", key(name), start, **known | values)

    def cancel(self, guest: str, moment: datetime, reason: str) -> None:
        self.change(
            "Reservation",
            guest,
            State="Canceled",
            CancellationReason=reason,
            CancelledUtc=utc_text(moment),
        )
        store = self._sandbox.platform.store
        for row in self._sandbox.rows("OrderItem", [HOTEL]):
            if row["ServiceOrderId"] == key(guest):
                store.change(
                    "OrderItem",
                    row["Id"],
                    self._sandbox.clock.now(),
                    {"AccountingState": "Canceled", "CanceledUtc": utc_text(moment)},
                )

    def change(self, entity: str, name: str, **changes: str) -> None:
        now = self._sandbox.clock.now()
        self._sandbox.platform.store.change(entity, key(name), now, dict(changes))

    def put(self, entity: str, ident: str, created: datetime, **values: object) -> None:
        now = self._sandbox.clock.now()
        row = shape(entity, {"Id": ident})
        stamps = {
            "CreatedUtc": utc_text(created),
            "UpdatedUtc": utc_text(now),
            "EnterpriseId": HOTEL,
        }
        row |= {name: stamps[name] for name in stamps.keys() & row.keys()} | values
        self._sandbox.put(
            entity, row, None if entity == "Enterprise" else HOTEL, updated=now
        )


def money(gross: str, percent: int, currency: str) -> Row:
    with_tax = Decimal(gross)
    net = (with_tax * 100 / (100 + percent)).quantize(Decimal("0.01"))
    tax = with_tax - net
    part = {"TaxRateCode": f"DE-{percent}", "NetValue": net, "TaxValue": tax}
    return {
        "Currency": currency, "NetValue": net, "GrossValue": with_tax,
        "TaxValues": [{"Code": f"DE-{percent}", "Value": tax}],
        "Breakdown": {"Items": [part]},
    }  # fmt: skip
