"""The operations that give what can be sold: a number or a price a time unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from facts import OPERATIONS
from sandbox import time_units
from sandbox.answers import answer
from sandbox.clock import parse_utc, utc_text
from sandbox.hotel.places import SEASON
from sandbox.hotel.shapes import amount
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from sandbox.answers import Reply
    from sandbox.encoding import Json
    from sandbox.store import Row, Store

AVAILABILITY = "services/getAvailability/2024-01-22"
PRICING = "rates/getPricing"
SERIES = [AVAILABILITY, PRICING]
"""Every operation of this module."""

METRICS = OPERATIONS[AVAILABILITY].all_rows["Metrics"]

_DAY = timedelta(days=1)
_SURE = {"Confirmed", "Started", "Processed"}
_DERIVED = Decimal("0.9")


@operation(AVAILABILITY)
def get_availability(ask: Ask) -> Reply:
    """How many spaces of each category there are, and what takes them."""
    store = ask.platform.store
    with store.lock:
        service = _named(ask, "ServiceId", "Service")
        units = _units(ask, "ServiceId", service)
        metrics = ask.body.members("Metrics", METRICS, required=True) or []
        rows = [
            {
                "ResourceCategoryId": category.data["Id"],
                "Metrics": _counted(store, category, units, metrics),
            }
            for category in _categories(store, service)
        ]
    return _answer(ask, units, rows, {})


@operation(PRICING)
def get_pricing(ask: Ask) -> Reply:
    """What a night costs: by season, and a tenth less with a rate that is derived."""
    store = ask.platform.store
    with store.lock:
        rate = _named(ask, "RateId", "Rate")
        ask.body.any("ProductId")
        service = store.get("Service", rate["ServiceId"])
        units = _units(ask, "RateId", service)
        factor = _DERIVED if rate["BaseRateId"] else Decimal(1)
        kinds = [each.data["Id"] for each in _categories(store, service)]
        prices = {kind: _prices(store, service, kind, units, factor) for kind in kinds}
    rows = [
        {
            "CategoryId": kind,
            "AmountPrices": prices[kind],
            "Prices": [each["GrossValue"] for each in prices[kind]],
        }
        for kind in kinds
    ]
    return _answer(
        ask,
        units,
        rows,
        {
            "Currency": "EUR",
            "BaseAmountPrices": prices[kinds[0]] if kinds else [],
            "CategoryAdjustments": [],
            "AgeCategoryAdjustments": [],
            "RelativeAdjustment": factor - 1,
            "AbsoluteAdjustment": 0,
            "EmptyUnitAdjustment": 0,
            "ExtraUnitAdjustment": 0,
        },
    )


def _named(ask: Ask, name: str, entity: str) -> Json:
    """Give the row that a request names.

    Raises:
        Refusal: 400, it reaches none; 401, its property may not be asked about.
    """
    row = ask.platform.store.table(entity).rows.get(ask.body.id(name))
    access = ask.platform.access
    if row is None or row.owner not in access.owners(ask.grant, entity):
        ask.body.refuse(name)
    access.permit_for(ask.entry.operation, entity, [row.owner])
    return row.data


def _units(ask: Ask, name: str, service: Json) -> time_units.Units:
    if service["Data"]["Discriminator"] != "Bookable":
        ask.body.refuse(name)
    enterprise = ask.platform.store.get("Enterprise", service["EnterpriseId"])
    return time_units.asked_for(ask, service, enterprise)


def _answer(ask: Ask, units: time_units.Units, rows: list[Json], more: Json) -> Reply:
    known = OPERATIONS[ask.entry.operation]
    added = ask.platform.store.undocumented(known.entity)
    ask.entry.rows = len(rows)
    starts = [utc_text(each) for each in units.starts]
    served = [added.added_to(row) if added else row for row in rows]
    return answer({"TimeUnitStartsUtc": starts, str(known.rows): served, **more})


def _categories(store: Store, service: Json) -> list[Row]:
    return store.table("ResourceCategory").select(
        lambda row: row.data["ServiceId"] == service["Id"] and row.data["IsActive"]
    )


@dataclass
class _Counts:
    """What is counted of a category, by local day."""

    sure: Counter[date] = field(default_factory=Counter)
    optional: Counter[date] = field(default_factory=Counter)
    repairs: Counter[date] = field(default_factory=Counter)
    house_use: Counter[date] = field(default_factory=Counter)
    blocks: Counter[date] = field(default_factory=Counter)
    deducting: Counter[date] = field(default_factory=Counter)
    adjusted: Counter[date] = field(default_factory=Counter)

    def of(self, day: date, rooms: int) -> dict[str, int]:
        """Give all metrics of a day."""
        sure, optional = self.sure[day], self.optional[day]
        return {
            "OutOfOrderBlocks": self.repairs[day],
            "PublicAvailabilityAdjustment": self.adjusted[day],
            "OtherServiceReservationCount": 0,
            "Occupied": sure + optional + self.deducting[day],
            "ConfirmedReservations": sure,
            "OptionalReservations": optional,
            "BlockAvailability": self.blocks[day],
            "AllocatedBlockAvailability": self.deducting[day],
            "UsableResources": rooms - self.repairs[day],
            "ActiveResources": rooms,
            "HouseUse": self.house_use[day],
        }


def _counted(
    store: Store, category: Row, units: time_units.Units, metrics: list[str]
) -> Json:
    """Count the rows of a hotel as it would."""
    key = category.data["Id"]
    rooms = {
        row.data["ResourceId"]
        for row in store.table("ResourceCategoryAssignment").ordered()
        if row.data["CategoryId"] == key and row.data["IsActive"]
    }
    counts = _Counts()
    _count_stays(store, key, units.zone, counts)
    _count_rooms_aside(store, rooms, units.zone, counts)
    _count_blocks(store, key, units.zone, counts)
    by_day = [counts.of(day, len(rooms)) for day in units.days]
    return {name: [each[name] for each in by_day] for name in metrics}


def _count_stays(store: Store, key: str, zone: ZoneInfo, counts: _Counts) -> None:
    for row in store.table("Reservation").ordered():
        stay = row.data
        if stay.get("RequestedResourceCategoryId") != key:
            continue
        nights = _nights(stay["StartUtc"], stay["EndUtc"], zone)
        if stay["State"] in _SURE:
            counts.sure.update(nights)
        elif stay["State"] == "Optional":
            counts.optional.update(nights)


def _count_rooms_aside(
    store: Store, rooms: set[str], zone: ZoneInfo, counts: _Counts
) -> None:
    """Count each room once a night, also if it was lifted when its time was over."""
    found: dict[str, set[tuple[str, date]]] = defaultdict(set)
    for row in store.table("ResourceBlock").ordered():
        block = row.data
        room = block.get("AssignedResourceId")
        lifted = block.get("DeletedUtc")
        is_over = lifted and parse_utc(lifted) >= parse_utc(block["EndUtc"])
        if room in rooms and (block["IsActive"] or is_over):
            nights = _nights(block["StartUtc"], block["EndUtc"], zone)
            found[block["Type"]].update((room, night) for night in nights)
    counts.repairs.update(night for _, night in found["OutOfOrder"])
    counts.house_use.update(night for _, night in found["InternalUse"])


def _count_blocks(store: Store, key: str, zone: ZoneInfo, counts: _Counts) -> None:
    blocks = store.table("AvailabilityBlock").rows
    for row in store.table("AvailabilityAdjustment").ordered():
        part = row.data
        if part.get("ResourceCategoryId") != key or not part["IsActive"]:
            continue
        last = parse_utc(part["LastTimeUnitStartUtc"]) + _DAY
        days = _nights(part["FirstTimeUnitStartUtc"], utc_text(last), zone)
        number = dict.fromkeys(days, part["UnitCount"])
        block = blocks.get(str(part["AvailabilityBlockId"]).lower())
        if block is None:
            counts.adjusted.update(number)
            continue
        counts.blocks.update(number)
        if block.data["State"] == "Confirmed":
            counts.deducting.update(number)


def _nights(start: str, end: str, zone: ZoneInfo) -> Iterator[date]:
    first, last = (parse_utc(each).astimezone(zone).date() for each in (start, end))
    return (first + number * _DAY for number in range((last - first).days))


def _prices(
    store: Store, service: Json, kind: str, units: time_units.Units, factor: Decimal
) -> list[Json]:
    enterprise = store.get("Enterprise", service["EnterpriseId"])
    code = f"{enterprise['TaxEnvironmentCode']}-L"
    tax = store.get("TaxRate", code.lower())["Strategy"]["Value"]["Value"]
    listed = store.list_prices.get(kind, 100) * factor
    return [
        amount(listed * Decimal(str(SEASON[day.month - 1])), code, int(tax * 100))
        for day in units.days
    ]
