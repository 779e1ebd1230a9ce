"""The bills of one hotel: opened at check-in, closed at check-out, corrected later."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sandbox.clock import utc_text
from sandbox.hotel.books import Account, Books, Charge

if TYPE_CHECKING:
    from sandbox.encoding import Json

_OPTIONS = {
    "DisplayCustomer": True,
    "DisplayTaxation": True,
    "TrackReceivable": True,
    "DisplayCid": False,
    "Rebated": False,
}


class Bills:
    """Opens, closes and corrects bills."""

    def __init__(self, books: Books) -> None:
        """Keep the bills that go with the books of a hotel."""
        self.books = books
        self.hotel = books.hotel

    def open(self, account: Account, guest: str, now: datetime) -> str:
        """Open a bill for a stay."""
        return self.hotel.put("Bill", now, self._values(account, guest))

    def close(
        self,
        bill: str,
        account: Account,
        items: list[str],
        prepaid: list[str],
        now: datetime,
    ) -> None:
        """Close a bill: guests pay the rest at once, companies get an invoice."""
        hotel = self.hotel
        stamp = utc_text(now)
        closed = {"AccountingState": "Closed", "ClosedUtc": stamp, "BillId": bill}
        rest = Decimal(0)
        for entity, keys in (("OrderItem", items), ("Payment", prepaid)):
            rest += self.books.total(entity, keys)
            for key in keys:
                hotel.change(entity, key, now, **closed)
        invoice = account.type == "Company" and rest > 0
        if rest > 0:
            kind = "InvoicePayment" if invoice else None
            self.books.pay(account, rest, now, bill=bill, kind=kind)
        hotel.change(
            "Bill",
            bill,
            now,
            State="Closed",
            Type="Invoice" if invoice else "Receipt",
            Number=str(next(hotel.numbers)),
            IssuedUtc=stamp,
            TaxedUtc=stamp,
            PaidUtc=None if invoice else stamp,
            DueUtc=utc_text(now + timedelta(days=14)) if invoice else None,
        )
        if invoice:
            paid = now + timedelta(days=hotel.rng.randrange(5, 25))
            hotel.plan(paid, partial(self._settle, bill, account, rest))
        if hotel.chance(0.06):
            later = now + timedelta(hours=hotel.rng.randrange(5, 120))
            hotel.plan(later, partial(self._correct, bill, account, items[0]))

    def _settle(
        self, bill: str, account: Account, total: Decimal, now: datetime
    ) -> None:
        self.books.pay(account, total, now, bill=bill, kind="ExternalPayment")
        self.hotel.change("Bill", bill, now, PaidUtc=utc_text(now))

    def _correct(self, bill: str, account: Account, item: str, now: datetime) -> None:
        old = self.hotel.store.get("Bill", bill)
        stamp = utc_text(now)
        values = {
            **old,
            "Id": self.hotel.new_id(),
            "Number": f"{old['Number']}-C",
            "CreatedUtc": stamp,
            "UpdatedUtc": stamp,
            "IssuedUtc": stamp,
            "TaxedUtc": stamp,
            "CorrectionState": "CorrectiveBill",
            "CorrectionType": "CreditNote",
            "CorrectedBillId": bill,
        }
        corrective = self.hotel.put("Bill", now, values)
        row = self.hotel.store.get("OrderItem", item)
        rebate = Charge(
            "NightRebate",
            "Rebate",
            -row["UnitAmount"]["GrossValue"],
            now,
            state="Closed",
            rebated=item,
        )
        self.books.charge(account, rebate, now, corrective)
        self.hotel.truth.rebate(account.reservation, now)
        self.hotel.change("Bill", bill, now, Options={**_OPTIONS, "Rebated": True})

    def _values(self, account: Account, guest: str) -> Json:
        store = self.hotel.store
        owner = self._party(account.id, account.type)
        company = account.type == "Company"
        associated = self._party(guest, "Customer") if company else None
        customer_data = {
            "Discriminator": "BillCustomerData",
            "BillCustomerData": associated,
            "BillCompanyData": None,
        }
        enterprise = store.get("Enterprise", self.hotel.id)
        return {
            "Name": "Accommodation",
            "AccountId": account.id,
            "AccountType": account.type,
            "AssociatedAccountIds": [guest] if associated else [],
            "State": "Open",
            "Type": "Receipt",
            "Notes": "",
            "Options": _OPTIONS,
            "OwnerData": {
                "Discriminator": f"Bill{account.type}Data",
                "Value": owner,
            },
            "AssociatedAccountData": [customer_data] if associated else None,
            "EnterpriseData": {
                "AdditionalTaxIdentifier": None,
                "CompanyName": f"{enterprise['Name']} Betriebs-GmbH",
                "BankAccount": None,
                "BankName": "Bank für Gäste",
                "Iban": "AT611904300234573201",
                "Bic": "GASTATWW",
            },
            "CorrectionState": "Bill",
            "CustomerId": None if company else account.id,
            "CompanyId": account.id if company else None,
            "Revenue": [],
            "Payments": [],
            "OrderItems": [],
            "PaymentItems": [],
        }

    def _party(self, key: str, kind: str) -> Json:
        row = self.hotel.store.get(kind, key)
        party = {
            "Id": key,
            "Address": self._address(row, kind),
            "LegalIdentifiers": {},
            "BillingCode": row["BillingCode"],
        }
        if kind == "Customer":
            return {
                **party,
                "LastName": row["LastName"],
                "FirstName": row["FirstName"],
                "SecondLastName": None,
                "TitlePrefix": row["Title"],
                "TaxIdentifier": None,
            }
        return {
            **party,
            "LegalIdentifiers": {"TaxIdentifier": row["TaxIdentifier"]},
            "Name": row["Name"],
            "FiscalIdentifier": None,
            "AdditionalTaxIdentifier": None,
            "DUNS": row["DunsNumber"],
            "Telephone": row["Telephone"],
            "TaxIdentifier": row["TaxIdentifier"],
            "InvoicingEmail": row["InvoicingEmail"],
            "Department": row["Department"],
        }

    def _address(self, row: Json, kind: str) -> Json:
        known = row["Address"]
        if self.hotel.chance(0.5):
            # The page links the address of an account, its example has this one.
            lines = ("Line1", "Line2", "City", "PostalCode")
            return {
                **{name: known[name] for name in lines},
                "SubdivisionCode": known["CountrySubdivisionCode"],
                "CountryCode": known["CountryCode"],
            }
        return {
            **known,
            "AccountId": row["Id"],
            "ChainId": row["ChainId"],
            "AccountType": kind,
            "UpdatedUtc": row["UpdatedUtc"],
            "IsActive": True,
        }
