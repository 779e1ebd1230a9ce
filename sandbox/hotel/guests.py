"""A chain of hotels: what its hotels share, the guests and the companies."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.clock import utc_text
from sandbox.hotel.numbers import Numbers
from sandbox.hotel.places import COMPANIES, PEOPLE, SOURCES, Source
from sandbox.hotel.shapes import address, has, shape

if TYPE_CHECKING:
    import random

    from sandbox.encoding import Json
    from sandbox.hotel.life import Life
    from sandbox.store import Store

_DAY = timedelta(days=1)
# Fewer profiles than this are not worth a merge, or a guess who returns.
_REGULARS = 10
_RETURNS = 0.25
# As long as Mews lets them be, and longer than a 53-bit integer; the companies of the
# largest chain do not lead beyond 64 bits.
_IMPORTED_NUMBER = 4_503_599_627_370_496_000


class Chain:
    """A chain; its profiles change a little every day."""

    def __init__(self, store: Store, life: Life, name: str, rng: random.Random) -> None:
        """Found the chain, without hotels or profiles yet."""
        self.store = store
        self.life = life
        self.name = name
        self.rng = rng
        self.id = self._new_id()
        self.clerk = self._new_id()
        self.sources = {source.name: self._new_id() for source in SOURCES}
        self.customers: list[str] = []
        self.companies: list[str] = []
        self.agencies: dict[str, str] = {}
        # Profiles that a late hotel brings along are updated when it joins: the
        # chain's guests before that have been read already.
        self.not_before: datetime | None = None
        self._numbers = Numbers()

    def open(self, now: datetime) -> None:
        """Enter the companies the chain works with and start its days."""
        for name in COMPANIES:
            self.companies.append(self._company(name, now))
        for source in SOURCES:
            self._add_source(source, now)
            if source.agency:
                self.agencies[source.name] = self._company(source.agency, now)
        self.life.at(now + _DAY, self._day)

    def _add_source(self, source: Source, now: datetime) -> None:
        row = {
            "Id": self.sources[source.name],
            "Name": source.name,
            "Type": "OnlineTravelAgency" if source.agency else None,
            "UpdatedUtc": utc_text(now),
        }
        self.store.put("Source", shape("Source", row), self.id, now)

    def guest(self, rng: random.Random, now: datetime) -> str:
        """Give a customer who books now: someone new, or someone who returns."""
        if len(self.customers) > _REGULARS and rng.random() < _RETURNS:
            return rng.choice(self.customers)
        self.customers.append(self._customer(now))
        return self.customers[-1]

    def agency(self, source: Source) -> str | None:
        """Give the travel agency behind a source, if there is one."""
        return self.agencies.get(source.name)

    def edit(self, customer: str, now: datetime, **changes: str | bool | None) -> None:
        """Change a customer's profile."""
        self.store.change("Customer", customer, self._stamp(now), dict(changes))

    def _day(self, now: datetime) -> None:
        self.life.at(now + _DAY, self._day)
        rng = self.rng
        if self.customers:
            self.edit(rng.choice(self.customers), now, LoyaltyCode=f"LL{now:%y%m%d}")
        if self._chance(0.3):
            self._deactivate("Customer", self.customers, now, merged=False)
        if self._chance(0.3):
            self._deactivate("Customer", self.customers, now, merged=True)
        if self._chance(0.15):
            name = f"{rng.choice(COMPANIES)} {rng.randrange(100, 999)}"
            self.companies.append(self._company(name, now))
        if len(self.companies) > len(COMPANIES) and self._chance(0.1):
            self._deactivate("Company", self.companies, now, merged=True)
        changes = {"Notes": f"Called on {now:%d %B}"}
        company = rng.choice(self.companies)
        self.store.change("Company", company, self._stamp(now), changes)

    def _deactivate(
        self, entity: str, keys: list[str], now: datetime, *, merged: bool
    ) -> None:
        if len(keys) < _REGULARS:
            return
        key = keys.pop(self.rng.randrange(len(keys)))
        changes: Json = {"IsActive": False}
        if entity == "Customer":
            changes["ActivityState"] = "Deleted"
        if merged:
            changes["MergeTargetId"] = self.rng.choice(keys)
        self.store.change(entity, key, self._stamp(now), changes)

    def _customer(self, now: datetime) -> str:
        rng = self.rng
        people = rng.choice(PEOPLE)
        female = self._chance(0.5)
        first = rng.choice((people.women if female else people.men).split(" "))
        last = rng.choice(people.families.split(" "))
        key, home = self._new_id(), self._new_id()
        number = next(self._numbers)
        born = f"{rng.randrange(1945, 2006)}-{rng.randrange(1, 13):02}-17"
        company = rng.choice(self.companies) if self._chance(0.1) else None
        where = address(home, f"No. {number}", "—", f"{number:05}", people.country)
        values = {
            "Number": str(number),
            "Title": "Misses" if female else "Mister",
            "Sex": "Female" if female else "Male",
            "FirstName": first,
            "LastName": last,
            "NationalityCode": people.country,
            "PreferredLanguageCode": people.language,
            "LanguageCode": people.language,
            "BirthDateUtc": None if number % 4 else f"{born}T00:00:00Z",
            "BirthDate": born if number % 3 else f"{born}T00:00:00Z",
            "Email": f"guest{number}@example.com",
            "HasOtaEmail": number % 4 == 0,
            "Phone": f"+49 30 5550 {number:04}",
            "Notes": "",
            "DietaryRequirements": None if number % 9 else 'No nuts\n"please"',
            "Classifications": [] if number % 5 else ["Returning", "Important"],
            "Options": ["SendMarketingEmails"] if number % 2 else [],
            "CompanyId": company,
            "IsActive": True,
            "PreferredSpaceFeatures": ["HighFloor"] if number % 7 == 0 else [],
            "CreatorProfileId": self.clerk,
            "UpdaterProfileId": self.clerk,
            "IsUpdatedByMe": False,
            "Passport": None if number % 6 else self._passport(key, people.country),
            "AddressId": home,
            "Address": where,
            "ActivityState": "Active",
        }
        self.put("Customer", key, values, now)
        self._put_address(key, "Customer", where, now)
        return key

    def _passport(self, customer: str, country: str) -> Json:
        return {
            "Id": self._new_id(),
            "CustomerId": customer,
            "Type": "Passport",
            "Number": f"P{self.rng.randrange(10**7):07}",
            "Expiration": "2031-05-04",
            "Issuance": "2021-05-05T00:00:00Z",
            "IssuingCountryCode": country,
            "IssuingCountrySubdivisionCode": None,
            "IssuingCity": None,
            "IdentityDocumentSupportNumber": None,
        }

    def _company(self, name: str, now: datetime) -> str:
        key, home = self._new_id(), self._new_id()
        number = next(self._numbers)
        where = address(home, f"Industrieweg {number}", "Gent", "9000", "BE")
        values = {
            "Name": name,
            "InvoicingEmail": f"billing{number}@example.org",
            "InvoiceDueInterval": "P14DT0H",
            "Options": {
                "Invoiceable": True,
                "AddFeesToInvoices": number % 2 == 0,
                "AddTaxDeductedPaymentToInvoices": False,
            },
            "CreditRating": {"Basic": None if number % 3 else "CreditOk"},
            "Iata": "PAO" if number % 4 == 0 else None,
            "IsActive": True,
            "Number": _IMPORTED_NUMBER + number if number % 8 == 0 else number,
            "ExternalIdentifier": "" if number % 5 == 0 else None,
            "IsUpdatedByMe": False,
            "NchClassifications": {
                "Corporate": number % 3 > 0,
                "Internal": False,
                "Private": False,
                "OnlineTravelAgency": number % 7 == 0,
                "GlobalDistributionSystem": False,
                "Marketing": False,
                "Inactive": False,
                "GovernmentEntity": False,
            },
            "TaxIdentifier": f"EU{number:09}",
            "TaxIdentificationNumber": f"EU{number:09}",
            "AddressId": home,
            "Address": where,
        }
        self.put("Company", key, values, now)
        self._put_address(key, "Company", where, now)
        return key

    def _put_address(self, account: str, kind: str, where: Json, now: datetime) -> None:
        values = {name: where[name] for name in where if has("AccountAddress", name)}
        values |= {"AccountId": account, "AccountType": kind, "IsActive": True}
        self.put("AccountAddress", where["Id"], values, now)

    def put(self, entity: str, key: str, values: Json, now: datetime) -> None:
        """Add a row of this chain that is created now."""
        updated = self._stamp(now)
        stamps = {"CreatedUtc": utc_text(now), "UpdatedUtc": utc_text(updated)}
        common = {"Id": key, "ChainId": self.id, **stamps}
        values = {name: common[name] for name in common if has(entity, name)} | values
        row = shape(entity, values, documented_only=self.store.documented_only)
        self.store.put(entity, row, self.id, updated)

    def _stamp(self, now: datetime) -> datetime:
        return max(now, self.not_before) if self.not_before else now

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
