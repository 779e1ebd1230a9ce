"""What the queries of docs/joins.md should answer, counted over the hotels' rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from sandbox.clock import UTC, parse_utc
from tests.e2e.project import CHECKOUT

if TYPE_CHECKING:
    from datetime import date

    from sandbox import Sandbox
    from tests.e2e.analytics import Row, Warehouse

Answer: TypeAlias = "Counter[tuple[str, ...]]"
"""The rows of an answer, each value as text, in any order."""

PAGE = (CHECKOUT / "docs" / "joins.md").read_text("utf-8")
MISSING = "None"


def compare(warehouse: Warehouse, sandbox: Sandbox) -> None:
    """Ask each question of the page, and compare its answer."""
    hotels = Hotels(sandbox)
    for title, expected in (
        ("The hotel of a reservation, and its local time", hotels.stays()),
        ("Revenue by local business date and accounting category", hotels.revenue()),
        ("Names instead of ids", hotels.names()),
        ("Who paid", hotels.payers()),
    ):
        assert expected, title
        assert answer(warehouse, title) == expected, title
    _compare_ledgers(warehouse, sandbox)


def _compare_ledgers(warehouse: Warehouse, sandbox: Sandbox) -> None:
    rows = warehouse.rows(query("The signs of the ledger"))
    today = str(max(row["posting_date"] for row in rows))
    days: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        day, moved = str(row["posting_date"]), Decimal(str(row["moved"]))
        days[row["hotel"], day] += moved
        balance = row["balance_moved"]
        assert day == today if balance is None else moved == Decimal(str(balance)), row
    assert {*days.values()} == {0}
    posted = {row["EnterpriseId"] for row in sandbox.rows("LedgerEntry")}
    assert len({hotel for hotel, _ in days}) == len(posted) > 1


def query(title: str) -> str:
    """The query below a heading of the page."""
    section = PAGE.partition(f"\n### {title}\n")[2].partition("\n## ")[0]
    found = re.search(r"^```sql\n(.*?);\n```", section, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def answer(warehouse: Warehouse, title: str) -> Answer:
    """What the query below a heading answers."""
    rows = warehouse.rows(query(title))
    return Counter(tuple(map(_text, row.values())) for row in rows)


def _text(value: object) -> str:
    if isinstance(value, (float, Decimal)):
        return f"{Decimal(str(value)):.2f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


class Hotels:
    """The rows of the hotels, and what follows from them."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Look the rows up."""
        self._sandbox = sandbox
        self._enterprises = self._by_id("Enterprise")

    def _by_id(self, entity: str) -> dict[str | None, Row]:
        return {row["Id"]: row for row in self._sandbox.rows(entity)}

    def _local(self, enterprise: Row, utc: str) -> datetime:
        zone = ZoneInfo(enterprise["TimeZoneIdentifier"])
        moment = parse_utc(utc).astimezone(UTC)
        return moment.astimezone(zone).replace(tzinfo=None)

    def stays(self) -> Answer:
        """Hotel, identifier, arrival and departure."""
        services = self._by_id("Service")
        found: Answer = Counter()
        for row in self._sandbox.rows("Reservation"):
            hotel = self._enterprises[services[row["ServiceId"]]["EnterpriseId"]]
            arrives, leaves = (
                self._local(hotel, row[name]).isoformat()
                for name in ("ScheduledStartUtc", "ScheduledEndUtc")
            )
            found[hotel["Name"], row["Id"], arrives, leaves] += 1
        return found

    def revenue(self) -> Answer:
        """Hotel, business date, category, currency and net value."""
        categories = self._by_id("AccountingCategory")
        sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for row in self._sandbox.rows("OrderItem"):
            if row["AccountingState"] in {"Canceled", "Inactive"}:
                continue
            hotel = self._enterprises[row["EnterpriseId"]]
            category = categories.get(row["AccountingCategoryId"], {"Name": None})
            key = (
                hotel["Name"],
                str(self._business_date(hotel, row["ConsumedUtc"])),
                str(category["Name"]),
                row["Amount"]["Currency"],
            )
            sums[key] += row["Amount"]["NetValue"]
        return Counter((*key, f"{value:.2f}") for key, value in sums.items())

    def _business_date(self, hotel: Row, utc: str) -> date:
        offset = hotel["BusinessDayClosingOffset"] or "P0M0DT0H0M0S"
        found = re.fullmatch(r"P0M0DT(-?\d+)H(-?\d+)M0S", offset)
        assert found, offset
        closing = timedelta(hours=int(found[1]), minutes=int(found[2]))
        return (self._local(hotel, utc) - closing).date()

    def names(self) -> Answer:
        """Room type, rate, segment, source, and how many reservations."""
        types, rates = self._by_id("ResourceCategory"), self._by_id("Rate")
        segments, sources = self._by_id("BusinessSegment"), self._by_id("Source")
        primary: dict[str, list[str | None]] = defaultdict(list)
        for row in self._sandbox.rows("SourceAssignment_2024_09_20"):
            if row["IsPrimary"]:
                primary[row["ReservationId"]].append(row["SourceId"])
        found: Counter[tuple[str, ...]] = Counter()
        for row in self._sandbox.rows("Reservation"):
            if row["State"] == "Canceled":
                continue
            kind = types[row["RequestedResourceCategoryId"]]["Names"]["en-US"]
            rate = _name(rates, row["RateId"])
            segment = _name(segments, row["BusinessSegmentId"])
            for source in primary[row["Id"]] or [None]:
                found[kind, rate, segment, _name(sources, source)] += 1
        return Counter((*names, str(count)) for names, count in found.items())

    def payers(self) -> Answer:
        """Payment, currency, gross value, and the name of who pays."""
        guests, companies = self._by_id("Customer"), self._by_id("Company")
        found: Answer = Counter()
        for row in self._sandbox.rows("Payment"):
            payer = MISSING
            if row["AccountType"] == "Customer":
                payer = _name(guests, row["AccountId"], "LastName")
            elif row["AccountType"] == "Company":
                payer = _name(companies, row["AccountId"])
            amount: dict[str, Any] = row["Amount"]
            gross = f"{amount['GrossValue']:.2f}"
            found[row["Id"], amount["Currency"], gross, payer] += 1
        return found


def _name(rows: dict[str | None, Row], key: str | None, name: str = "Name") -> str:
    return str(rows[key][name]) if key in rows else MISSING
