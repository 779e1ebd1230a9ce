"""What the marts of the dbt package should hold, counted by the hotels themselves."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import Sandbox
from sandbox.clock import UTC
from sandbox.hotel.truth import Day
from tests.e2e import joins, ten_days
from tests.e2e.analytics import Row, Warehouse, same
from tests.e2e.ten_days import TenDays
from tests.pages_harness import settle

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 4, 5, 6, tzinfo=UTC)
"""The week before it, the clocks of Europe were put to summer time."""

KPIS_OF_ROOM_TYPES = "+mews__daily_kpis_by_room_type"

MONEY = [name for name in asdict(Day()) if "revenue" in name]


@contextmanager
def lived_on(warehouse: Warehouse) -> Iterator[Sandbox]:
    """Hotels that live on after a warehouse has had their rows and KPIs."""
    with Sandbox(properties=2, days=24, start=START) as sandbox:
        ten = TenDays(sandbox)
        ten.first_week()
        settle(sandbox)
        warehouse.sync(sandbox)
        warehouse.dbt("run", "--select", "+mews__daily_kpis", KPIS_OF_ROOM_TYPES)
        compare_kpis(warehouse, sandbox)

        ten.changes()
        sandbox.live_on(timedelta(days=3))
        sandbox.add_property()
        settle(sandbox)
        yield sandbox


def compare(warehouse: Warehouse, sandbox: Sandbox) -> None:
    """Compare all marts, and the queries of docs/joins.md."""
    compare_kpis(warehouse, sandbox)
    compare_by_hand(warehouse)
    compare_sums(warehouse)
    compare_pickup(warehouse, sandbox)
    compare_ledgers(warehouse)
    joins.compare(warehouse, sandbox)


def expected(day: Day) -> Row:
    """The KPIs of a day that was counted."""
    counted = asdict(day)
    return counted | {
        "occupancy": _ratio(day.rooms_sold, day.rooms_available),
        "adr": _ratio(day.room_revenue_net, day.rooms_sold),
        "revpar": _ratio(day.room_revenue_net, day.rooms_available),
        "trevpar": _ratio(day.total_revenue_net, day.rooms_available),
    }


def _ratio(dividend: Decimal | int, divisor: int) -> Decimal | None:
    return Decimal(dividend) / divisor if divisor else None


def unlike(found: Row | None, wanted: Row | None) -> list[str]:
    """Name the columns that differ."""
    if found is None or wanted is None:
        return ["made up" if wanted is None else "missing"]
    return [
        f"{name}: {found[name]} instead of {value}"
        for name, value in wanted.items()
        if not same(found[name], value)
    ]


def compare_kpis(warehouse: Warehouse, sandbox: Sandbox) -> None:
    """Compare each KPI of each day with what the hotels have counted."""
    days = warehouse.table("mews__daily_kpis", ("enterprise_id", "business_date"))
    kinds = warehouse.table(
        "mews__daily_kpis_by_room_type",
        ("enterprise_id", "business_date", "resource_category_id"),
    )
    wanted_days: dict[tuple[str, ...], Row] = {}
    wanted_kinds: dict[tuple[str, ...], Row] = {}
    for hotel in sandbox.group.hotels:
        for day, counted in hotel.truth.days().items():
            wanted_days[hotel.id, str(day)] = expected(counted)
        for (day, kind), counted in hotel.truth.days_by_category().items():
            wanted_kinds[hotel.id, str(day), str(kind)] = expected(counted)
    for found, wanted in ((days, wanted_days), (kinds, wanted_kinds)):
        assert len(wanted) > 0
        lived = {key for key in found if key[0] != ten_days.HOTEL}
        wrong = {
            key: unlike(found.get(key), wanted.get(key))
            for key in lived | wanted.keys()
            if unlike(found.get(key), wanted.get(key))
        }
        assert not wrong


def compare_by_hand(warehouse: Warehouse) -> None:
    """Compare the ten days with the table that was calculated by hand."""
    keys = ("enterprise_id", "business_date", "currency")
    found = warehouse.table("mews__daily_kpis", keys)
    by_hand = ten_days.by_hand()
    wanted = {
        (ten_days.HOTEL, row["business_date"], row["currency"]) for row in by_hand
    }
    assert {key for key in found if key[0] == ten_days.HOTEL} == wanted
    for row in by_hand:
        key = (ten_days.HOTEL, row["business_date"], row["currency"])
        numbers = {
            name: Decimal(text) if text else None
            for name, text in row.items()
            if name not in {"business_date", "currency", "how", "rule"}
        }
        assert unlike(found[key], numbers) == [], row["how"]


def compare_sums(warehouse: Warehouse) -> None:
    """Each mart that splits a day adds up to it."""
    sums = ", ".join(f"sum({name}) as {name}" for name in ("rooms_sold", *MONEY))
    total = f"select enterprise_id, currency, {sums} from analytics.{{}} group by 1, 2"
    days, production = (
        {(r["enterprise_id"], r["currency"]): r for r in warehouse.rows(query)}
        for query in map(total.format, ("mews__daily_kpis", "mews__production"))
    )
    assert production == days
    revenue = warehouse.rows(
        """select enterprise_id, currency, sum(net) as net, sum(gross) as gross
        from analytics.mews__revenue where revenue_class <> 'not_revenue'
        group by 1, 2"""
    )
    for row in revenue:
        whole = days[row["enterprise_id"], row["currency"]]
        assert same(row["net"], whole["total_revenue_net"])
        assert same(row["gross"], whole["total_revenue_gross"])
    booked = warehouse.rows(
        """select k.rooms_sold + k.rooms_complimentary as slept_in, rooms_on_the_books
        from analytics.mews__daily_kpis k
        join analytics.mews__pickup p on p.enterprise_id = k.enterprise_id
          and p.business_date = k.business_date and p.currency = k.currency
          and p.days_before = 0"""
    )
    assert booked
    for row in booked:
        assert row["slept_in"] == row["rooms_on_the_books"]


def compare_pickup(warehouse: Warehouse, sandbox: Sandbox) -> None:
    """What was on the books on each past day is what the hotels knew on it."""
    keys = ("enterprise_id", "business_date", "on_the_books_date")
    found = warehouse.table("mews__pickup", keys)
    for hotel in sandbox.group.hotels:
        rows = {key[1:]: row for key, row in found.items() if key[0] == hotel.id}
        assert rows
        for (night, then), row in rows.items():
            booked = hotel.truth.on_the_books(
                date.fromisoformat(night), date.fromisoformat(then)
            )
            assert row["rooms_on_the_books"] == booked, (night, then)


def compare_ledgers(warehouse: Warehouse) -> None:
    """The books agree, but for what is not posted yet."""
    wrong = warehouse.rows(
        f"""select * from analytics.mews__ledger_check
        where enterprise_id <> '{ten_days.HOTEL}' and (
          outcome in ('out of balance', 'differs from balances')
          or difference_to_items <> not_posted_value)"""
    )
    assert wrong == []
    posted = warehouse.rows(
        """select sum(debit) as debit, sum(credit) as credit
        from analytics.mews__ledger_check"""
    )
    assert posted[0]["debit"] == posted[0]["credit"] > 0
