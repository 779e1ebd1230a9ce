"""A hotel of five rooms, and all that happens in it in ten days.

What that makes of each day stands in `ten_days.csv`, calculated by hand.
"""

from __future__ import annotations

import csv
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from sandbox.clock import UTC, utc_text
from sandbox.hotel.shapes import shape

if TYPE_CHECKING:
    from sandbox import Sandbox

Row: TypeAlias = dict[str, Any]

BY_HAND = Path(__file__).with_suffix(".csv")
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


def by_hand() -> list[dict[str, str]]:
    """The ten days as they were calculated."""
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def at(day: str, hour: float = 0) -> datetime:
    """The moment of a local time of day; hours after 24 are of the next morning."""
    whole = date.fromisoformat(f"2026-{day}") + timedelta(days=hour // 24)
    clock = time(int(hour % 24), int(hour * 60 % 60), tzinfo=ZoneInfo(ZONE))
    return datetime.combine(whole, clock).astimezone(UTC)


class TenDays:
    """Lets things happen in a sandbox's hotel of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Open the hotel, with five rooms."""
        self._sandbox = sandbox
        self._numbers = 0
        opened = at("03-01")
        chain = sandbox.chain_ids[0]
        self._put(
            "Enterprise",
            HOTEL,
            opened,
            ChainId=chain,
            Name="Ten Days",
            TimeZoneIdentifier=ZONE,
            BusinessDayClosingOffset="P0M0DT3H0M0S",
        )
        for name in ("Stays", "Kitchen"):
            self._put("Service", key(name), opened, IsActive=True, Name=name)
        for name, kind in CLASSES.items():
            self._put(
                "AccountingCategory",
                key(name),
                opened,
                Name=name,
                IsActive=True,
                Classification=kind,
            )
        for name, rooms in CATEGORIES.items():
            self._put(
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
                    self._build(room, name, opened)

    def first_week(self) -> None:
        """All that is known before the first sync: two guests change their mind yet."""
        self._stay("Anna", "Standard", "S1", "03-25", 3, 107)
        self._stay("Bea", "Suite", "U1", "03-27", 3, 214)
        for day in ("03-28", "03-29", "03-30"):
            self._item(
                f"Breakfast {day}",
                "ProductOrder",
                "11.90",
                FOOD,
                at(day, 8),
                "Food",
                ServiceOrderId=key("Bea"),
            )
        self._stay("Cem", "Standard", "S2", "03-26", 1, 0)
        self._item(
            "City tax",
            "CityTax",
            "5.00",
            FREE,
            at("03-26", 24),
            "City tax",
            ServiceOrderId=key("Cem"),
        )
        self._block("Staff", "U2", "InternalUse", at("03-26", 12), at("03-28", 12))
        self._reserve("Dan", "Standard", "S3", at("03-28", 10), at("03-28", 17))
        self._night("Dan", "03-28", "53.50")
        self._stay("Eve", "Standard", "S2", "03-28", 2, "128.40", "USD")
        self._stay("Flo", "Standard", None, "03-30", 2, 107)
        self._stay("Gus", "Standard", None, "03-31", 1, 107)
        self._stay("Hal", "Standard", None, "04-01", 1, 107, state="Optional")
        self._stay("Ida", "Standard", "S2", "03-31", 2, 107)
        self._stay("Lou", "Standard", "S3", "03-30", 3, 107)
        self._block("Pipe", "S1", "OutOfOrder", at("03-30", 9), at("04-02", 9))

    def changes(self) -> None:
        """What is known of the same days only later."""
        self._cancel("Flo", at("03-29", 12), "RequestedByGuest")
        self._item(
            "Flo's fee",
            "CancellationFee",
            "40.00",
            FREE,
            at("03-29", 12),
            "Fees",
            ServiceOrderId=key("Flo"),
        )
        self._cancel("Gus", at("03-31", 24 + 2.5), "NoShow")
        self._item(
            "Gus's fee",
            "CancellationFee",
            "107.00",
            NIGHT,
            at("03-31", 24 + 2.5),
            "Nights",
            ServiceOrderId=key("Gus"),
        )
        rebated = {"Discriminator": "Rebate"}
        self._item(
            "No breakfast",
            "ProductOrderRebate",
            "-11.90",
            FOOD,
            at("03-30", 12),
            "Food",
            ServiceOrderId=key("Bea"),
            Data=rebated | {"Rebate": {"RebatedItemId": key("Breakfast 03-29")}},
        )
        self._change("Reservation", "Ida", AssignedResourceId=key("U2"))
        self._change(
            "Reservation",
            "Lou",
            State="Processed",
            ActualEndUtc=utc_text(at("04-01", 10)),
        )
        self._change(
            "OrderItem",
            "Lou 04-01",
            AccountingState="Canceled",
            CanceledUtc=utc_text(at("04-01", 10)),
        )
        self._item(
            "Too loud",
            "NightRebate",
            "-53.50",
            NIGHT,
            at("04-01", 11),
            "Nights",
            ServiceOrderId=key("Bea"),
            Data=rebated | {"Rebate": {"RebatedItemId": key("Bea 03-28")}},
        )
        self._item("Bar", "ProductOrder", "23.80", FOOD, at("04-01", 24 + 1.5), "Food")
        self._item("Deposit", "Deposit", "100.00", FREE, at("04-02", 12), "Fees")
        self._build("U3", "Suite", at("04-02", 10))
        self._block(
            "Paint",
            "S2",
            "OutOfOrder",
            at("04-02", 10),
            at("04-04", 10),
            IsActive=False,
            DeletedUtc=utc_text(at("04-02", 20)),
        )
        self._stay("Nia", "Standard", "S1", "04-03", 1, 107)
        self._put(
            "OutletItem",
            key("Coffee"),
            at("04-03", 13),
            Type="Revenue",
            AccountingCategoryId=key("Food"),
            UnitCount=2,
            UnitAmount=_amount("5.95", FOOD, "EUR"),
            ConsumedUtc=utc_text(at("04-03", 13)),
        )

    def _build(self, room: str, category: str, opened: datetime) -> None:
        self._put("Resource", key(room), opened, IsActive=True, Name=room)
        self._put(
            "ResourceCategoryAssignment",
            key(f"{room} is"),
            opened,
            IsActive=True,
            ResourceId=key(room),
            CategoryId=key(category),
        )

    def _stay(  # noqa: PLR0913 - who, where, when, how long, for how much
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
        self._reserve(guest, category, room, start, end, state)
        for number in range(nights):
            day = date.fromisoformat(f"2026-{first}") + timedelta(days=number)
            self._night(
                guest,
                f"{day:%m-%d}",
                str(price),
                currency,
                "Inactive" if state == "Optional" else "Open",
            )

    def _reserve(
        self,
        guest: str,
        category: str,
        room: str | None,
        start: datetime,
        end: datetime,
        state: str = "Confirmed",
    ) -> None:
        self._put(
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

    def _night(
        self,
        guest: str,
        day: str,
        price: str,
        currency: str = "EUR",
        state: str = "Open",
    ) -> None:
        # The documentation's example of an order item is consumed two hours later.
        self._item(
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

    def _item(
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
        amount = _amount(gross, percent, currency)
        known = {
            "ServiceId": key("Kitchen" if category == "Food" else "Stays"),
            "AccountingCategoryId": key(category), "Type": kind, "UnitCount": 1,
            "UnitAmount": amount, "Amount": amount, "AccountingState": "Open",
            "RevenueType": "Service" if category == "Nights" else "Product",
            "ConsumedUtc": utc_text(consumed), "StartUtc": utc_text(consumed),
        }  # fmt: skip
        self._put("OrderItem", key(name), at("03-20", 10), **known | values)

    def _block(
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
        self._put("ResourceBlock", key(name), start, **known | values)

    def _cancel(self, guest: str, moment: datetime, reason: str) -> None:
        self._change(
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

    def _change(self, entity: str, name: str, **changes: str) -> None:
        now = self._sandbox.clock.now()
        self._sandbox.platform.store.change(entity, key(name), now, dict(changes))

    def _put(
        self, entity: str, ident: str, created: datetime, **values: object
    ) -> None:
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


def _amount(gross: str, percent: int, currency: str) -> Row:
    with_tax = Decimal(gross)
    net = (with_tax * 100 / (100 + percent)).quantize(Decimal("0.01"))
    tax = with_tax - net
    part = {"TaxRateCode": f"DE-{percent}", "NetValue": net, "TaxValue": tax}
    return {
        "Currency": currency, "NetValue": net, "GrossValue": with_tax,
        "TaxValues": [{"Code": f"DE-{percent}", "Value": tax}],
        "Breakdown": {"Items": [part]},
    }  # fmt: skip
