"""What the tests of what can be sold share."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from facts import OPERATIONS
from facts import STREAMS as FACTS
from sandbox.clock import UTC, utc_text
from tests.harness import FastClock, Json, Result, select, sync
from tests.pages_harness import Where

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.faults import Fault
    from sandbox.journal import Request

AVAILABILITY, PRICING = "service_availability", "rate_pricing"
OPERATION = {name: FACTS[name].operation for name in (AVAILABILITY, PRICING)}
PARENT = {AVAILABILITY: "ServiceId", PRICING: "RateId"}
METRICS = OPERATIONS[OPERATION[AVAILABILITY]].all_rows["Metrics"]
WEEK: Json = {"availability_days_back": 2, "availability_days_ahead": 4}
DAY = timedelta(days=1)

each_stream = pytest.mark.parametrize("stream", OPERATION)


def read(sandbox: Sandbox, *streams: str, **settings: object) -> Result:
    """A run of streams of a short horizon."""
    config = sandbox.config(**{**WEEK, **settings})
    return sync(config, catalog=select(*streams), clock=FastClock(sandbox))


def sold(sandbox: Sandbox, stream: str) -> list[str]:
    """The services or rates that are to be asked for."""
    active = [row for row in sandbox.rows("Service") if row["IsActive"]]
    services = {
        row["Id"] for row in active if row["Data"]["Discriminator"] == "Bookable"
    }
    if stream == AVAILABILITY:
        return sorted(services)
    return sorted(
        row["Id"]
        for row in sandbox.rows("Rate")
        if row["ServiceId"] in services
        and row["IsActive"]
        and row["IsBaseRate"]
        and row["Type"] == "Public"
    )


def keys(result: Result, stream: str) -> Counter[tuple[str, ...]]:
    """How often each key came."""
    return Counter(
        tuple(row[column] for column in FACTS[stream].key)
        for row in result.records[stream]
    )


def midnights(zone: str, today: date, back: int, ahead: int) -> set[str]:
    """When the days of a horizon begin, in UTC."""
    days = [today + number * DAY for number in range(-back, ahead + 1)]
    return {
        utc_text(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))
        for day in days
    }


def expected(
    sandbox: Sandbox, stream: str, back: int = 2, ahead: int = 4
) -> set[tuple[str, ...]]:
    """The keys of all rows of a horizon."""
    zones = {row["Id"]: row["TimeZoneIdentifier"] for row in sandbox.rows("Enterprise")}
    services = {row["Id"]: row for row in sandbox.rows("Service")}
    of_rates = {row["Id"]: row["ServiceId"] for row in sandbox.rows("Rate")}
    found: set[tuple[str, ...]] = set()
    for key in sold(sandbox, stream):
        service = services[key if stream == AVAILABILITY else of_rates[key]]
        zone = zones[service["EnterpriseId"]]
        today = sandbox.clock.now().astimezone(ZoneInfo(zone)).date()
        found |= {
            (key, category["Id"], start)
            for category in sandbox.rows("ResourceCategory")
            if category["ServiceId"] == service["Id"] and category["IsActive"]
            for start in midnights(zone, today, back, ahead)
        }
    return found


def move_to(sandbox: Sandbox, zone: str) -> str:
    """Let the first hotel stand in a time zone, and give its id."""
    row = sandbox.rows("Enterprise")[0]
    sandbox.put("Enterprise", {**row, "TimeZoneIdentifier": zone})
    return str(row["Id"])


def add_service(sandbox: Sandbox, period: str = "Day") -> str:
    """Let the first hotel sell something else by time units."""
    like = next(row for row in sandbox.rows("Service") if row["Data"]["Value"])
    value = {"TimeUnitPeriod": period, "TimeUnit": period}
    row = sandbox.new_row(
        "Service", IsActive=True, Data={"Discriminator": "Bookable", "Value": value}
    )
    assert like["Id"] != row["Id"]
    return str(sandbox.put("Service", row)["Id"])


def of(sandbox: Sandbox, key: str, fault: Fault) -> Where:
    """A fault of the requests about one service or rate."""

    def picks(request: Request) -> bool:
        return key in {request.body.get(each) for each in PARENT.values()}

    return Where(sandbox, picks, fault)


def warnings(result: Result) -> list[str]:
    """What a run warned of, but for undocumented properties."""
    return [
        line.removeprefix("WARNING ")
        for line in result.logs
        if line.startswith("WARNING ") and "undocumented" not in line
    ]
