"""The accounting of one hotel: order items, payments and the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sandbox.clock import parse_utc, utc_text
from sandbox.hotel.shapes import amount, cents, coproduct

if TYPE_CHECKING:
    from sandbox.encoding import Json
    from sandbox.hotel.property import Hotel

_PAYMENT_DATA = "CreditCard Invoice External Ghost Alternative"
_ITEM_DATA = "Rebate Product AllowanceDiscount AllowanceProfits"
_REVENUE = {
    "SpaceOrder": "Service",
    "NightRebate": "Service",
    "ProductOrder": "Product",
    "CityTax": "Additional",
    "CancellationFee": "Additional",
}


class Account(NamedTuple):
    """Who pays for a stay."""

    id: str
    type: str
    reservation: str


class Charge(NamedTuple):
    """What is charged: `units` of something at `price` each, tax included."""

    kind: str
    name: str
    price: Decimal
    consumed: datetime
    units: int = 1
    state: str = "Open"
    rebated: str | None = None
    starts: datetime | None = None


class Books:
    """Posts what guests consume and pay."""

    def __init__(self, hotel: Hotel) -> None:
        """Keep the books of a hotel."""
        self.hotel = hotel

    def charge(
        self, account: Account, what: Charge, now: datetime, bill: str | None = None
    ) -> str:
        """Enter an order item; it reaches the ledger when it has been consumed."""
        hotel = self.hotel
        product = what.kind == "ProductOrder"
        revenue = _REVENUE[what.kind]
        code, percent = self._tax(revenue)
        total = amount(what.price * what.units, code, percent)
        values = {
            "AccountId": account.id,
            "AccountType": account.type,
            "ServiceId": hotel.restaurant if product else hotel.service,
            "ServiceOrderId": account.reservation,
            "BillId": bill,
            "AccountingCategoryId": hotel.ledger_categories[revenue],
            "BillingName": what.name,
            "UnitCount": what.units,
            "UnitAmount": amount(what.price, code, percent),
            "Amount": total,
            "OriginalAmount": total,
            "RevenueType": revenue,
            "ConsumedUtc": utc_text(what.consumed),
            "StartUtc": utc_text(what.starts or what.consumed),
            "AccountingState": what.state,
            "Type": what.kind,
            "Options": {"CanceledWithReservation": False},
            "Data": self._data(what),
        }
        key = hotel.put("OrderItem", now, values)
        audit = max(what.consumed + timedelta(hours=3), now + timedelta(seconds=1))
        if hotel.chance(0.04):
            # Posted late, under the day it was consumed: what a look back is for.
            audit += timedelta(days=hotel.rng.randrange(1, 5))
        hotel.plan(audit, partial(self._post_item, key))
        return key

    def cancel(self, item: str, now: datetime) -> None:
        """Cancel an order item together with its reservation."""
        self.hotel.change(
            "OrderItem",
            item,
            now,
            AccountingState="Canceled",
            CanceledUtc=utc_text(now),
            Options={"CanceledWithReservation": True},
        )

    def post_sale(self, item: Json, now: datetime) -> None:
        """Post what an outlet sold, without a chance of the hotel's own."""
        hotel, units, each = self.hotel, item["UnitCount"], item["UnitAmount"]
        net, gross = each["NetValue"] * units, each["GrossValue"] * units
        base = {"NetBaseValue": net, "TaxRateCode": each["TaxValues"][0]["Code"]}
        posting = _Posting(
            {**item, "AccountId": None, "BillId": None},
            "OutletItem",
            str(hotel.truth.day_of(parse_utc(item["ConsumedUtc"]))),
            hotel.dated("Posting", now),
            now,
        )
        entries: dict[str, tuple[Decimal, Json]] = {
            "Guest": (gross, {}),
            "Revenue": (-net, {}),
            "Tax": (net - gross, base),
        }
        for ledger, (value, extra) in entries.items():
            key = hotel.dated(f"Posting/{ledger}", now)
            self._entry(posting, ledger, value, {"Id": key, **extra})

    def total(self, entity: str, keys: list[str]) -> Decimal:
        """Give what these items cost altogether; payments are negative."""
        rows = [self.hotel.store.get(entity, key) for key in keys]
        return sum((row["Amount"]["GrossValue"] for row in rows), Decimal(0))

    def pay(
        self,
        account: Account,
        gross: Decimal,
        now: datetime,
        *,
        bill: str | None = None,
        kind: str | None = None,
    ) -> str:
        """Enter a payment, or a negative one that is paid back.

        Some are charged only a day or two later, or fail.
        """
        hotel = self.hotel
        key = hotel.new_id()
        kind = kind or hotel.rng.choice(
            ("CreditCardPayment",) * 4
            + ("CashPayment", "AlternativePayment", "ExternalPayment")
        )
        total = amount(-gross)
        waits = kind == "AlternativePayment" and hotel.chance(0.4)
        state = "Inactive" if waits else "Closed" if bill else "Open"
        values = {
            "Id": key,
            "AccountId": account.id,
            "AccountType": account.type,
            "BillId": bill,
            "ReservationId": account.reservation,
            "Amount": total,
            "OriginalAmount": total,
            "ConsumedUtc": utc_text(now),
            "ClosedUtc": utc_text(now) if bill and not waits else None,
            "ChargedUtc": None if waits else utc_text(now),
            "AccountingState": state,
            "State": "Pending" if waits else "Charged",
            "Identifier": "" if kind == "CashPayment" else f"ch_{key[:13]}",
            "Type": kind,
            "Kind": "Payment" if gross > 0 else "Refund",
            "Data": self._payment_data(kind, key, gross, account, now),
            "PaymentOrigin": "BookingEngine" if waits else "Terminal",
        }
        hotel.put("Payment", now, values)
        if waits:
            later = now + timedelta(hours=hotel.rng.randrange(2, 50))
            hotel.plan(later, partial(self._settle, key))
        else:
            self._post_payment(key, now)
        return key

    def _tax(self, revenue: str) -> tuple[str, int]:
        place = self.hotel.place
        if revenue == "Service":
            return f"{place.country}-2020-1-L", place.night_tax
        if revenue == "Product":
            return f"{place.country}-2020-1-S", place.other_tax
        return f"{place.country}-2020-1-Z", 0

    def _data(self, what: Charge) -> Json | None:
        if what.rebated:
            night = self.hotel.named("Product/Night")
            rebate = {"ProductId": night, "RebatedItemId": what.rebated}
            return coproduct("Rebate", _ITEM_DATA, rebate)
        if what.kind != "ProductOrder":
            return None
        product = {
            "ProductId": self.hotel.named(f"Product/{what.name}"),
            "AgeCategoryId": None,
            "ProductType": "Product",
        }
        return coproduct("Product", _ITEM_DATA, product)

    def _payment_data(
        self, kind: str, key: str, gross: Decimal, account: Account, now: datetime
    ) -> Json | None:
        transaction = {
            "PaymentId": key,
            "SettlementId": f"ST{now:%Y%m%d}",
            "SettledUtc": utc_text(now + timedelta(days=2)),
            "Fee": amount(cents(gross * Decimal("0.014"))),
            "AdjustedFee": None,
            "ChargedAmount": amount(gross),
            "SettledAmount": None,
        }
        known = transaction if self.hotel.chance(0.5) else None
        if kind == "CreditCardPayment":
            card = {"CreditCardId": self._card(account, now), "Transaction": known}
            return coproduct("CreditCard", _PAYMENT_DATA, card)
        if kind == "AlternativePayment":
            wallet = {"Type": "ApplePay", "Transaction": known}
            return coproduct("Alternative", _PAYMENT_DATA, wallet)
        if kind == "InvoicePayment":
            invoice = {"InvoiceId": self.hotel.new_id(), "Type": "Receivable"}
            return coproduct("Invoice", _PAYMENT_DATA, invoice)
        if kind == "ExternalPayment":
            external = {"Type": "WireTransfer", "ExternalIdentifier": None}
            return coproduct("External", _PAYMENT_DATA, external)
        return None

    def _card(self, account: Account, now: datetime) -> str:
        values = {
            "Id": self.hotel.new_id(),
            "CustomerId": account.id if account.type == "Customer" else None,
            "IsActive": True,
            "State": "Enabled",
            "Kind": "Terminal",
            "Format": "Physical",
            "Type": "MasterCard",
            "ObfuscatedNumber": "************4444",
            "Expiration": "2030-11",
        }
        return self.hotel.put("CreditCard", now, values)

    def _settle(self, payment: str, now: datetime) -> None:
        if self.hotel.chance(0.1):
            self.hotel.change("Payment", payment, now, State="Failed")
            return
        self.hotel.change(
            "Payment",
            payment,
            now,
            State="Charged",
            ChargedUtc=utc_text(now),
            AccountingState="Open",
        )
        self._post_payment(payment, now)

    def _post_item(self, key: str, now: datetime) -> None:
        item = self.hotel.store.get("OrderItem", key)
        if item["AccountingState"] in {"Canceled", "Inactive"}:
            return
        value = item["Amount"]
        tax = value["Breakdown"]["Items"][0]
        base = {"NetBaseValue": abs(tax["NetValue"]), "TaxRateCode": tax["TaxRateCode"]}
        day = self.hotel.truth.day_of(parse_utc(item["ConsumedUtc"]))
        posting = _Posting(item, "OrderItem", str(day), self.hotel.new_id(), now)
        self._entry(posting, "Guest", value["GrossValue"], {})
        self._entry(posting, "Revenue", -value["NetValue"], {})
        if tax["TaxValue"]:
            self._entry(posting, "Tax", -tax["TaxValue"], base)

    def _post_payment(self, key: str, now: datetime) -> None:
        payment = self.hotel.store.get("Payment", key)
        day = self.hotel.truth.day_of(now)
        transaction = self.hotel.new_id()
        posting = _Posting(payment, "Payment", str(day), transaction, now)
        value, bill = payment["Amount"]["GrossValue"], payment["BillId"]
        # An invoice moves what is owed to the city ledger until the company pays.
        invoice = payment["Type"] == "InvoicePayment"
        settles = not invoice and payment["AccountType"] == "Company" and bool(bill)
        self._entry(posting, "City" if invoice else "Payment", -value, {})
        self._entry(posting, "City" if settles else "Guest", value, {})

    def _entry(
        self, posting: _Posting, ledger: str, value: Decimal, extra: Json
    ) -> None:
        item = posting.item
        values = {
            "TransactionId": posting.transaction,
            "AccountId": item["AccountId"],
            "BillId": item["BillId"],
            "AccountingCategoryId": item["AccountingCategoryId"],
            "AccountingItemId": item["Id"],
            "AccountingItemType": posting.kind,
            "LedgerType": ledger,
            "LedgerEntryType": "Debit" if value >= 0 else "Credit",
            "PostingDate": posting.day,
            "Value": abs(value),
            **extra,
        }
        self.hotel.put("LedgerEntry", posting.now, values)
        self.hotel.posted[ledger][posting.day] += value
        if self.hotel.has_posted is not None:
            self.hotel.has_posted(ledger, posting.day, posting.now)


class _Posting(NamedTuple):
    item: Json
    kind: str
    day: str
    transaction: str
    now: datetime
