"""What can be sold: a row for each time unit of the horizon, in each run again."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from facts import OPERATIONS
from facts import STREAMS as FACTS
from sandbox import Sandbox
from sandbox.clock import UTC, utc_text
from sandbox.contract import IntervalLimit, Span
from sandbox.faults import Status
from tap_mews.errors import RefusedError, UnauthorizedError, UnexpectedAnswerError
from tests.harness import FastClock, Json, Result, dry_run, moment, select, sync
from tests.pages_harness import Spoiled, Where

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.answers import Reply
    from sandbox.faults import Call, Fault
    from sandbox.journal import Request

AVAILABILITY, PRICING = "service_availability", "rate_pricing"
OPERATION = {name: FACTS[name].operation for name in (AVAILABILITY, PRICING)}
PARENT = {AVAILABILITY: "ServiceId", PRICING: "RateId"}
METRICS = OPERATIONS[OPERATION[AVAILABILITY]].all_rows["Metrics"]
WEEK: Json = {"availability_days_back": 2, "availability_days_ahead": 4}
BACK, AHEAD = 7, 365
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


@each_stream
def test_each_category_has_a_row_a_local_day_of_the_horizon(
    sandbox: Sandbox, stream: str
) -> None:
    result = sync(sandbox.config(), catalog=select(stream)).ok()
    found = keys(result, stream)
    assert set(found) == expected(sandbox, stream, BACK, AHEAD)
    assert set(found.values()) == {1}
    assert sandbox.journal.breaches == []
    assert warnings(result) == []


def test_each_metric_is_a_column_with_the_number_of_its_day(sandbox: Sandbox) -> None:
    result = read(sandbox, AVAILABILITY).ok()
    named = {*FACTS[AVAILABILITY].key, *METRICS}
    assert all(row.keys() == named for row in result.records[AVAILABILITY])
    hotels = {each.service: each for each in sandbox.group.hotels}
    counted = {
        service: hotel.truth.days_by_category() for service, hotel in hotels.items()
    }
    for row in result.records[AVAILABILITY]:
        hotel = hotels[row["ServiceId"]]
        day = hotel.truth.day_of(moment(row["TimeUnitStartUtc"]))
        truth = counted[hotel.service].get((day, row["ResourceCategoryId"]))
        if truth:
            assert row["ConfirmedReservations"] == truth.rooms_sold
            assert row["OutOfOrderBlocks"] == truth.rooms_out_of_order
            assert row["ActiveResources"] == truth.rooms_available
    assert any(row["ConfirmedReservations"] for row in result.records[AVAILABILITY])


def test_a_price_keeps_its_digits_and_taxes(sandbox: Sandbox) -> None:
    result = read(sandbox, PRICING).ok()
    hotel = sandbox.group.hotels[0]
    prices = {
        row["CategoryId"]: row["AmountPrice"]
        for row in result.records[PRICING]
        if row["RateId"] == hotel.rates[0] and row["TimeUnitStartUtc"][5:7] == "03"
    }
    assert {key: each["GrossValue"] for key, each in prices.items()} == {
        # the list price and the season of March
        each.id: (each.price * Decimal("0.9")).quantize(Decimal("0.01"))
        for each in hotel.categories
    }
    for price in prices.values():
        (tax,) = price["TaxValues"]
        assert price["NetValue"] + tax["Value"] == price["GrossValue"]
        assert str(price["GrossValue"])[-3] == "."


@each_stream
@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Budapest", "03-27T23 03-28T23 03-29T22 10-23T22 10-24T22 10-25T23"),
        ("America/New_York", "03-07T05 03-08T05 03-09T04 10-31T04 11-01T04 11-02T05"),
        ("Africa/Cairo", "04-22T22 04-23T22 04-24T21"),
        ("Pacific/Kiritimati", "03-27T10 03-28T10 03-29T10"),
    ],
)
def test_days_begin_at_midnight_when_the_clocks_change(
    sandbox: Sandbox, stream: str, zone: str, days: str
) -> None:
    enterprise = move_to(sandbox, zone)
    config = sandbox.config(enterprise_ids=[enterprise])
    result = sync(config, catalog=select(stream)).ok()
    found = [row["TimeUnitStartUtc"] for row in result.records[stream]]
    assert {f"2026-{each}:00:00Z" for each in days.split()} <= set(found)
    today = sandbox.clock.now().astimezone(ZoneInfo(zone)).date()
    assert set(found) == midnights(zone, today, BACK, AHEAD)
    assert set(keys(result, stream).values()) == {1}
    assert sandbox.journal.breaches == []


@each_stream
@pytest.mark.parametrize("span", ["31D", "100h", "1D"])
def test_spans_get_as_short_as_a_refusal_says(
    sandbox: Sandbox, stream: str, span: str
) -> None:
    sandbox.limits.max_interval[OPERATION[stream]] = span
    result = read(sandbox, stream, availability_days_ahead=60).ok()
    assert set(keys(result, stream)) == expected(sandbox, stream, ahead=60)
    assert set(keys(result, stream).values()) == {1}
    asked = sandbox.journal.requests(OPERATION[stream])
    # the first request alone; what it taught holds for the other hotel
    assert [each.status for each in asked].count(400) == 1
    days = {"31D": 31, "100h": 4, "1D": 1}[span]
    assert len(asked) == 1 + 2 * -(-63 // days)
    assert sandbox.journal.breaches == []


@each_stream
def test_spans_are_halved_if_a_refusal_names_none(
    sandbox: Sandbox, stream: str
) -> None:
    days = Span(days=10)
    limit = IntervalLimit(days, "Invalid LastTimeUnitStartUtc.")
    sandbox.limits.max_interval[OPERATION[stream]] = limit
    result = read(sandbox, stream, availability_days_ahead=20).ok()
    assert set(keys(result, stream)) == expected(sandbox, stream, ahead=20)
    assert set(keys(result, stream).values()) == {1}


@each_stream
def test_a_span_that_is_too_heavy_is_asked_for_in_halves(
    sandbox: Sandbox, stream: str
) -> None:
    heavy = Status(408, "Transaction has timed out.")
    sandbox.faults.add(OPERATION[stream], heavy, times=2)
    result = read(sandbox, stream).ok()
    assert set(keys(result, stream)) == expected(sandbox, stream)
    assert set(keys(result, stream).values()) == {1}


def test_a_refusal_of_one_service_shortens_nothing_of_the_others(
    sandbox: Sandbox,
) -> None:
    first, second = sold(sandbox, AVAILABILITY)
    odd = Status(400, "Invalid FirstTimeUnitStartUtc.")
    sandbox.faults.add(OPERATION[AVAILABILITY], of(sandbox, first, odd), times=None)
    result = read(sandbox, AVAILABILITY).ok()
    asked = [
        each.status
        for each in sandbox.journal.requests(OPERATION[AVAILABILITY])
        if each.body["ServiceId"] == second
    ]
    assert asked == [200]
    assert {row["ServiceId"] for row in result.records[AVAILABILITY]} == {second}


@each_stream
def test_what_is_refused_is_left_out_with_a_warning(
    sandbox: Sandbox, stream: str
) -> None:
    first, second = sold(sandbox, stream)
    refusal = Status(400, f"Invalid {PARENT[stream]}.")
    sandbox.faults.add(OPERATION[stream], of(sandbox, first, refusal), times=None)
    result = read(sandbox, stream).ok()
    assert {row[PARENT[stream]] for row in result.records[stream]} == {second}
    (warning,) = warnings(result)
    for word in (OPERATION[stream], first, f"Invalid {PARENT[stream]}", "leaving out"):
        assert word in warning


@each_stream
def test_a_run_fails_with_one_line_if_all_is_refused(
    sandbox: Sandbox, stream: str
) -> None:
    refusal = Status(400, f"Invalid {PARENT[stream]}.")
    sandbox.faults.add(OPERATION[stream], refusal, times=None)
    result = read(sandbox, stream)
    assert isinstance(result.error, RefusedError)
    line = str(result.error)
    assert "\n" not in line
    assert stream in line
    assert f"Invalid {PARENT[stream]}" in line


@each_stream
def test_what_is_not_allowed_is_told_apart_from_what_is_refused(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.access.revoke(OPERATION[stream])
    result = read(sandbox, stream)
    assert isinstance(result.error, UnauthorizedError)
    result = read(sandbox, stream, "services").ok()
    assert {*result.records} == {"services"}
    assert any("skipping" in line for line in warnings(result))


def test_a_service_without_categories_has_no_rows(sandbox: Sandbox) -> None:
    service = add_service(sandbox)
    result = read(sandbox, AVAILABILITY).ok()
    asked = [
        each.body["ServiceId"]
        for each in sandbox.journal.requests(OPERATION[AVAILABILITY])
    ]
    assert service in asked
    assert set(keys(result, AVAILABILITY)) == expected(sandbox, AVAILABILITY)
    assert warnings(result) == []


@each_stream
@pytest.mark.parametrize("zone", ["", "Europe", "Nowhere/City", "../zoneinfo/UTC"])
def test_a_property_without_a_time_zone_is_left_out_with_a_warning(
    sandbox: Sandbox, stream: str, zone: str
) -> None:
    enterprise = move_to(sandbox, zone)
    result = read(sandbox, stream).ok()
    hotel = next(each for each in sandbox.group.hotels if each.id != enterprise)
    categories = {row[FACTS[stream].key[1]] for row in result.records[stream]}
    assert categories == {each.id for each in hotel.categories}
    (warning,) = warnings(result)
    for word in (stream, enterprise, "TimeZoneIdentifier"):
        assert word in warning
    assert not zone or zone not in warning


@each_stream
def test_properties_that_cannot_be_listed_are_left_out_with_a_warning(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.access.enterprises_visible = False
    result = read(sandbox, stream).ok()
    assert not result.records[stream]
    assert any("TimeZoneIdentifier" in line for line in warnings(result))


def test_a_service_of_an_unknown_period_is_left_out_with_a_warning(
    sandbox: Sandbox,
) -> None:
    service = add_service(sandbox, "Fortnight")
    result = read(sandbox, AVAILABILITY).ok()
    assert set(keys(result, AVAILABILITY)) == expected(sandbox, AVAILABILITY) - {
        key for key in expected(sandbox, AVAILABILITY) if key[0] == service
    }
    (warning,) = warnings(result)
    assert service in warning
    assert "TimeUnitPeriod" in warning


@pytest.mark.parametrize(
    ("period", "starts", "requests"),
    [
        ("Hour", {f"2026-02-27T{hour:02}:00:00Z" for hour in range(6, 24)}, 2),
        ("Month", {"2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"}, 1),
    ],
)
def test_services_that_sell_by_hour_or_month_come_by_them(
    sandbox: Sandbox, period: str, starts: set[str], requests: int
) -> None:
    service = add_service(sandbox, period)
    row = sandbox.new_row("ResourceCategory", ServiceId=service, IsActive=True)
    sandbox.put("ResourceCategory", row)
    # at 6:00 UTC of the first of March, from two days before to four days after it
    result = read(sandbox, AVAILABILITY).ok()
    found = [
        each["TimeUnitStartUtc"]
        for each in result.records[AVAILABILITY]
        if each["ServiceId"] == service
    ]
    assert starts <= set(found)
    assert len(found) == len(set(found)) == {"Hour": 6 * 24 + 1, "Month": 2}[period]
    asked = [
        each
        for each in sandbox.journal.requests(OPERATION[AVAILABILITY])
        if each.body["ServiceId"] == service
    ]
    assert len(asked) == requests
    assert sandbox.journal.breaches == []


@each_stream
def test_only_what_is_sold_is_asked_for(sandbox: Sandbox, stream: str) -> None:
    base = next(row for row in sandbox.rows("Rate") if row["IsDefault"])
    odd: list[Json] = [
        {"Type": "Private"},
        {"Type": "AvailabilityBlock"},
        {"IsActive": False},
    ]
    for new in odd:
        row = base | {"Id": sandbox.new_row("Rate")["Id"]} | new
        sandbox.put("Rate", row)
    read(sandbox, stream).ok()
    asked = sandbox.journal.requests(OPERATION[stream])
    assert sorted(each.body[PARENT[stream]] for each in asked) == sold(sandbox, stream)
    parents = "Service" if stream == AVAILABILITY else "Rate"
    assert len(sandbox.rows(parents)) > len(asked)


@each_stream
def test_each_run_reads_the_horizon_of_its_day_again(
    sandbox: Sandbox, stream: str
) -> None:
    first = read(sandbox, stream).ok()
    sandbox.clock.advance(DAY)
    config = sandbox.config(**WEEK)
    catalog = select(stream)
    second = sync(config, first.state, catalog, FastClock(sandbox)).ok()
    assert set(keys(second, stream)) == expected(sandbox, stream)
    assert set(keys(first, stream)) != set(keys(second, stream))
    assert len(keys(first, stream)) == len(keys(second, stream))


@each_stream
def test_days_that_have_passed_stay_in_the_warehouse(
    sandbox: Sandbox, stream: str
) -> None:
    result = read(sandbox, stream, emit_activate_version_messages=True).ok()
    assert {each["type"] for each in result.messages} == {"SCHEMA", "RECORD", "STATE"}
    assert not any("version" in each for each in result.messages)
    assert result.bookmark(stream) == {}


@each_stream
def test_the_horizon_is_what_the_settings_say(sandbox: Sandbox, stream: str) -> None:
    settings: Json = {"availability_days_back": 0, "availability_days_ahead": 0}
    result = read(sandbox, stream, **settings).ok()
    assert set(keys(result, stream)) == expected(sandbox, stream, 0, 0)


@each_stream
def test_no_other_setting_bounds_the_horizon(sandbox: Sandbox, stream: str) -> None:
    bounds = {
        "start_date": "2026-02-28",
        "reference_start_date": "2026-02-28",
        "end_date": "2026-03-01",
    }
    result = read(sandbox, stream, **bounds).ok()
    assert set(keys(result, stream)) == expected(sandbox, stream)


@each_stream
def test_a_test_makes_one_small_request(sandbox: Sandbox, stream: str) -> None:
    assert dry_run(sandbox.config()).error is None
    (request,) = sandbox.journal.requests(OPERATION[stream])
    first = moment(request.body["FirstTimeUnitStartUtc"])
    assert moment(request.body["LastTimeUnitStartUtc"]) - first <= DAY


@each_stream
def test_no_service_or_rate_is_no_trouble(sandbox: Sandbox, stream: str) -> None:
    for row in sandbox.rows("Service"):
        sandbox.put("Service", {**row, "IsActive": False})
    result = read(sandbox, stream).ok()
    assert not result.records[stream]
    assert not sandbox.journal.requests(OPERATION[stream])
    assert warnings(result) == []


@dataclass(frozen=True)
class Indented:
    """An answer with line breaks in it."""

    def __call__(self, call: Call) -> Reply:
        """Write the body anew."""
        reply = call.carry_out()
        body = re.sub(rb"([{,\[])", rb"\1\r\n  ", bytes(reply.body))
        return replace(reply, body=body)


def entries(body: Json) -> list[Json]:
    """What an answer has of each category."""
    found: list[Json] = body.get("CategoryPrices") or body.get(
        "ResourceCategoryAvailabilities", []
    )
    return found


@each_stream
@pytest.mark.parametrize("more", [1, -1])
def test_a_list_of_another_length_is_an_error_in_one_line(
    sandbox: Sandbox, stream: str, more: int
) -> None:
    def change(body: Json) -> None:
        for entry in entries(body):
            values = entry["Metrics"]["Occupied"] if "Metrics" in entry else None
            values = entry["AmountPrices"] if values is None else values
            values[:] = [*values, values[0]] if more > 0 else values[:-1]

    sandbox.faults.add(OPERATION[stream], Spoiled(change), times=None)
    result = read(sandbox, stream)
    assert isinstance(result.error, UnexpectedAnswerError)
    assert "values for 7 time units" in str(result.error)
    assert not result.records[stream]


def test_a_metric_that_does_not_come_is_no_trouble(sandbox: Sandbox) -> None:
    def change(body: Json) -> None:
        for entry in entries(body):
            del entry["Metrics"]["HouseUse"]
            entry["Metrics"]["Occupied"] = None

    sandbox.faults.add(OPERATION[AVAILABILITY], Spoiled(change), times=None)
    result = read(sandbox, AVAILABILITY).ok()
    assert set(keys(result, AVAILABILITY)) == expected(sandbox, AVAILABILITY)
    named = {*FACTS[AVAILABILITY].key, *METRICS} - {"HouseUse", "Occupied"}
    assert all(row.keys() == named for row in result.records[AVAILABILITY])


@each_stream
def test_prices_or_numbers_that_are_null_leave_their_row(
    sandbox: Sandbox, stream: str
) -> None:
    def change(body: Json) -> None:
        for entry in entries(body):
            lists = [*entry.get("Metrics", {}).values(), entry.get("AmountPrices", [])]
            for values in lists:
                values[:1] = [None] if values else []

    sandbox.faults.add(OPERATION[stream], Spoiled(change), times=None)
    result = read(sandbox, stream).ok()
    assert set(keys(result, stream)) == expected(sandbox, stream)
    column = "Occupied" if stream == AVAILABILITY else "AmountPrice"
    # the first day of each category
    assert sum(row[column] is None for row in result.records[stream]) == 6


def test_a_metric_that_nobody_knows_is_undocumented(sandbox: Sandbox) -> None:
    def change(body: Json) -> None:
        for entry in entries(body):
            entry["Metrics"]["Cleaned"] = [3] * len(body["TimeUnitStartsUtc"])

    sandbox.faults.add(OPERATION[AVAILABILITY], Spoiled(change), times=None)
    result = read(sandbox, AVAILABILITY, undocumented_properties="keep").ok()
    for row in result.records[AVAILABILITY]:
        assert row["_undocumented"]["/Cleaned"] == 3


@each_stream
def test_an_answer_with_line_breaks_is_the_same(stream: str) -> None:
    # rows without undocumented properties go out as the bytes that came
    with Sandbox(properties=1, days=5, undocumented=False) as sandbox:
        plain = read(sandbox, stream).ok()
        sandbox.faults.add(OPERATION[stream], Indented(), times=None)
        broken = read(sandbox, stream).ok()
    assert plain.records[stream]
    assert broken.records == plain.records


@each_stream
def test_an_answer_of_another_form_is_one_line(sandbox: Sandbox, stream: str) -> None:
    def change(body: Json) -> None:
        body["TimeUnitStartsUtc"] = {"First": body["TimeUnitStartsUtc"]}

    sandbox.faults.add(OPERATION[stream], Spoiled(change), times=None)
    result = read(sandbox, stream)
    assert isinstance(result.error, UnexpectedAnswerError)
    assert "unexpected response format" in str(result.error)


@each_stream
def test_the_report_names_what_was_read(
    sandbox: Sandbox, stream: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    result = read(sandbox, stream, report_path=str(path)).ok()
    (told,) = json.loads(path.read_text("utf-8"))["streams"]
    (part,) = told["parts"]
    assert part["scope"] == {AVAILABILITY: "Services", PRICING: "Rates"}[stream]
    assert part["ids"] == sold(sandbox, stream)
    assert part["complete"]
    begins = sandbox.clock.now()
    assert moment(part["read"]["start"]) < begins < moment(part["read"]["end"])
    assert f"2 {part['scope']} " in result.log
