"""How one hotel is paid, and what its ledgers stand at, day by day."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from facts import OPERATIONS
from sandbox.clock import utc_text
from sandbox.hotel.shapes import amount

if TYPE_CHECKING:
    from datetime import date, datetime

    from sandbox.encoding import Json
    from sandbox.hotel.property import Hotel

_DAY = timedelta(days=1)
_EDITABLE = timedelta(days=8)
_LEDGERS = OPERATIONS["ledgerBalances/getAll"].all_rows["LedgerTypes"]


class Treasury:
    """Payment requests, cards, payouts and the balances of the ledgers."""

    def __init__(self, hotel: Hotel) -> None:
        """Work with a chance of its own: the guests of the hotel stay as they are."""
        self.hotel = hotel
        self._rng = random.Random(f"{hotel.id}/treasury")
        # what was posted before the days that can change, and these days
        self._closed: dict[str, Decimal] = defaultdict(Decimal)
        self._balances: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        self._first: date | None = None
        hotel.has_posted = self._balance

    def open(self, now: datetime) -> None:
        """Enter what is there from the beginning."""
        for currency, value in (("USD", "1.0921"), ("JPY", "161.35")):
            values = {
                "Id": self.hotel.named(f"ExchangeRate/{currency}"),
                "SourceCurrency": "EUR",
                "TargetCurrency": currency,
                "Value": Decimal(value),
            }
            self.hotel.put("ExchangeRate", now, values)
        relations = {"PartnerCompany": False, "TravelAgency": True}
        assignment = {
            "Id": self.hotel.named("BillingAutomation/Assignment"),
            "BillingAutomationId": self.hotel.named("BillingAutomation/Agencies"),
            "ServiceId": self.hotel.service,
            "RateIds": [self.hotel.rates[0]],
        }
        values = {
            "Id": assignment["BillingAutomationId"],
            "Name": "Nights to agencies",
            "AssignmentTargetType": "CompanyAsOwner",
            "TriggerType": "Continuous",
            "CompaniesWithRelations": [
                {"CompanyId": company, "CompanyRelations": relations}
                for company in self.hotel.chain.agencies.values()
            ],
            "Assignments": [assignment],
        }
        self.hotel.put("BillingAutomation", now, values)

    def day(self, now: datetime) -> None:
        """Start a day: its books are closed when it is over."""
        self.hotel.life.at(now + _DAY, self.day)
        self._close((now - _DAY).date(), now)
        noon = now + timedelta(hours=12, seconds=self._rng.randrange(3600))
        self.hotel.life.at(noon, self._pay_out)
        if self.hotel.chain.customers:
            self.hotel.life.at(noon, self._request)

    def _close(self, day: date, now: datetime) -> None:
        """Close a day; days before it change while postings to them still come."""
        self._first = day - _EDITABLE
        out = (self._first - _DAY).isoformat()
        for ledger in _LEDGERS:
            posted = self.hotel.posted[ledger].get(out, Decimal(0))
            self._closed[ledger] += posted
            self._balance(ledger, "", now)

    def _balance(self, ledger: str, since: str, now: datetime) -> None:
        """Enter what a ledger stands at on the days that can change."""
        if self._first is None:
            return  # no day is over yet
        posted, balance = self.hotel.posted[ledger], self._closed[ledger]
        for past in range(_EDITABLE.days + 1):
            name = (self._first + past * _DAY).isoformat()
            opening, balance = balance, balance + posted.get(name, Decimal(0))
            found = (opening, balance)
            if name < since or self._balances.get((ledger, name)) == found:
                continue
            self._balances[ledger, name] = found
            values = {
                "Date": name,
                "LedgerType": ledger,
                "OpeningBalance": amount(opening),
                "ClosingBalance": amount(balance),
            }
            self.hotel.put("LedgerBalance", now, values)

    def _pay_out(self, now: datetime) -> None:
        payout = self.hotel.dated("Payout", now)
        money = {"Currency": "EUR", "Value": Decimal("812.40")}
        values = {
            "Id": payout,
            "State": "Paid",
            "Provider": "Stripe",
            "PayoutDateUtc": utc_text(now),
            "Amount": money,
        }
        self.hotel.put("Payout", now, values)
        for kind in ("Charge", "PlatformFee"):
            values = {
                "Id": self.hotel.dated(f"PayoutTransaction/{kind}", now),
                "PayoutId": payout,
                "Type": kind,
                "Amount": money,
            }
            self.hotel.put("PayoutTransaction", now, values)

    def _request(self, now: datetime) -> None:
        customer = self._rng.choice(self.hotel.chain.customers)
        values: Json = {
            "Id": self.hotel.dated("PaymentRequest", now),
            "AccountId": customer,
            "CustomerId": customer,
            "State": "Pending",
            "Amount": amount(Decimal("90.00")),
            "Type": "Payment",
            "Reason": "Deposit",
            "ExpirationUtc": utc_text(now + 7 * _DAY),
            "Description": "For your stay",
        }
        self.hotel.put("PaymentRequest", now, values)
        values = {
            "Id": self.hotel.dated("CreditCard", now),
            "CustomerId": customer,
            "IsActive": self._rng.randrange(4) > 0,
            "State": "Enabled",
            "Kind": "Gateway",
            "Format": "Physical",
            "Type": "Visa",
            "ObfuscatedNumber": "************1111",
            "Expiration": "2031-04",
        }
        self.hotel.put("CreditCard", now, values)
