"""What one hotel sells beside stays, and the cash that comes and goes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.clock import utc_text
from sandbox.hotel.books import Books
from sandbox.hotel.places import MENU
from sandbox.hotel.shapes import amount

if TYPE_CHECKING:
    from sandbox.encoding import Json
    from sandbox.hotel.property import Hotel

_DAY = timedelta(days=1)


class Sales:
    """Outlets, cashiers and orders without a stay, day by day."""

    def __init__(self, hotel: Hotel) -> None:
        """Sell with a chance of its own: the guests of the hotel stay as they are."""
        self.hotel = hotel
        self._rng = random.Random(f"{hotel.id}/sales")

    def day(self, now: datetime) -> None:
        """Start a day: it is counted in the evening."""
        self.hotel.life.at(now + _DAY, self.day)
        evening = now + timedelta(hours=19, seconds=self._rng.randrange(3600))
        self.hotel.life.at(evening, self._count)

    def _count(self, now: datetime) -> None:
        self._sell(now)
        self._take_cash(now)
        customers = self.hotel.chain.customers
        if customers and self._rng.randrange(2):
            self._order(self._rng.choice(customers), now)

    def _sell(self, now: datetime) -> None:
        place = self.hotel.place
        name, price = self._rng.choice(MENU)
        code = f"{place.country}-2020-1-S"
        units = self._rng.randint(1, 4)
        bill = self.hotel.named(f"OutletBill/{now:%Y%m%d}")
        values: Json = {
            "Id": bill,
            "OutletId": self.hotel.named("Outlet/Restaurant till"),
            "Number": f"{now:%Y%m%d}",
            "ClosedUtc": utc_text(now),
        }
        self.hotel.put("OutletBill", now, values)
        values = {
            "Id": self.hotel.dated("OutletItem", now),
            "BillId": bill,
            "AccountingCategoryId": self.hotel.ledger_categories["Product"],
            "Type": "Revenue",
            "Name": name,
            "UnitCount": units,
            "UnitAmount": amount(Decimal(price), code, place.other_tax),
            "ConsumedUtc": utc_text(now),
        }
        self.hotel.put("OutletItem", now, values)
        Books(self.hotel).post_sale(values, now)
        self.hotel.truth.sell(Decimal(price), units, now)

    def _take_cash(self, now: datetime) -> None:
        comes = self._rng.choice((True, True, True, False))
        value = Decimal(self._rng.randint(500, 9000)) / 100
        money = {"Currency": "EUR", "Value": value if comes else -value}
        values = {
            "Id": self.hotel.dated("CashierTransaction", now),
            "CashierId": self.hotel.named("Cashier/Reception"),
            "Number": f"{now:%y%j}",
            "Amount": {**money, "Net": None, "Tax": None, "TaxRate": None},
            "Type": "CashIn" if comes else "CashOut",
        }
        self.hotel.put("CashierTransaction", now, values)

    def _order(self, customer: str, now: datetime) -> None:
        values = {
            "Id": self.hotel.dated("ProductServiceOrder", now),
            "ServiceId": self.hotel.restaurant,
            "AccountId": customer,
            "AccountType": "Customer",
            "Number": f"P{now:%y%j}",
            "State": "Processed",
            "Origin": "Commander",
            "CommanderOrigin": "InPerson",
            "BusinessSegmentId": self.hotel.named("BusinessSegment/Leisure"),
        }
        self.hotel.put("ProductServiceOrder", now, values)
