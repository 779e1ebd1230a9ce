"""A hotel of five rooms, and all that happens in it in ten days.

What that makes of each day stands in `ten_days.csv`, calculated by hand.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sandbox.clock import utc_text
from tests.e2e.small_hotel import FOOD, FREE, HOTEL, NIGHT, SmallHotel, at, key, money

__all__ = ["HOTEL", "TenDays", "by_hand"]

BY_HAND = Path(__file__).with_suffix(".csv")


def by_hand() -> list[dict[str, str]]:
    """The ten days as they were calculated."""
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TenDays(SmallHotel):
    """Lets things happen in it."""

    def first_week(self) -> None:
        """All that is known before the first sync: two guests change their mind yet."""
        self.stay("Anna", "Standard", "S1", "03-25", 3, 107)
        self.stay("Bea", "Suite", "U1", "03-27", 3, 214)
        for day in ("03-28", "03-29", "03-30"):
            self.item(
                f"Breakfast {day}",
                "ProductOrder",
                "11.90",
                FOOD,
                at(day, 8),
                "Food",
                ServiceOrderId=key("Bea"),
            )
        self.stay("Cem", "Standard", "S2", "03-26", 1, 0)
        self.item(
            "City tax",
            "CityTax",
            "5.00",
            FREE,
            at("03-26", 24),
            "City tax",
            ServiceOrderId=key("Cem"),
        )
        self.block("Staff", "U2", "InternalUse", at("03-26", 12), at("03-28", 12))
        self.reserve("Dan", "Standard", "S3", at("03-28", 10), at("03-28", 17))
        self.night("Dan", "03-28", "53.50")
        self.stay("Eve", "Standard", "S2", "03-28", 2, "128.40", "USD")
        self.stay("Flo", "Standard", None, "03-30", 2, 107)
        self.stay("Gus", "Standard", None, "03-31", 1, 107)
        self.stay("Hal", "Standard", None, "04-01", 1, 107, state="Optional")
        self.stay("Ida", "Standard", "S2", "03-31", 2, 107)
        self.stay("Lou", "Standard", "S3", "03-30", 3, 107)
        self.block("Pipe", "S1", "OutOfOrder", at("03-30", 9), at("04-02", 9))

    def changes(self) -> None:
        """What is known of the same days only later."""
        self.cancel("Flo", at("03-29", 12), "RequestedByGuest")
        self.item(
            "Flo's fee",
            "CancellationFee",
            "40.00",
            FREE,
            at("03-29", 12),
            "Fees",
            ServiceOrderId=key("Flo"),
        )
        self.cancel("Gus", at("03-31", 24 + 2.5), "NoShow")
        self.item(
            "Gus's fee",
            "CancellationFee",
            "107.00",
            NIGHT,
            at("03-31", 24 + 2.5),
            "Nights",
            ServiceOrderId=key("Gus"),
        )
        rebated = {"Discriminator": "Rebate"}
        self.item(
            "No breakfast",
            "ProductOrderRebate",
            "-11.90",
            FOOD,
            at("03-30", 12),
            "Food",
            ServiceOrderId=key("Bea"),
            Data=rebated | {"Rebate": {"RebatedItemId": key("Breakfast 03-29")}},
        )
        self.change("Reservation", "Ida", AssignedResourceId=key("U2"))
        self.change(
            "Reservation",
            "Lou",
            State="Processed",
            ActualEndUtc=utc_text(at("04-01", 10)),
        )
        self.change(
            "OrderItem",
            "Lou 04-01",
            AccountingState="Canceled",
            CanceledUtc=utc_text(at("04-01", 10)),
        )
        self.item(
            "Too loud",
            "NightRebate",
            "-53.50",
            NIGHT,
            at("04-01", 11),
            "Nights",
            ServiceOrderId=key("Bea"),
            Data=rebated | {"Rebate": {"RebatedItemId": key("Bea 03-28")}},
        )
        self.item("Bar", "ProductOrder", "23.80", FOOD, at("04-01", 24 + 1.5), "Food")
        self.item("Deposit", "Deposit", "100.00", FREE, at("04-02", 12), "Fees")
        self.build("U3", "Suite", at("04-02", 10))
        self.block(
            "Paint",
            "S2",
            "OutOfOrder",
            at("04-02", 10),
            at("04-04", 10),
            IsActive=False,
            DeletedUtc=utc_text(at("04-02", 20)),
        )
        self.stay("Nia", "Standard", "S1", "04-03", 1, 107)
        self.put(
            "OutletItem",
            key("Coffee"),
            at("04-03", 13),
            Type="Revenue",
            AccountingCategoryId=key("Food"),
            UnitCount=2,
            UnitAmount=money("5.95", FOOD, "EUR"),
            ConsumedUtc=utc_text(at("04-03", 13)),
        )
