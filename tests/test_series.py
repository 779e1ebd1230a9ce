"""What can be sold: a row for each time unit of the horizon, in each run again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.harness import FastClock, Json, dry_run, moment, select, sync
from tests.series_harness import (
    AVAILABILITY,
    DAY,
    OPERATION,
    PARENT,
    PRICING,
    WEEK,
    add_service,
    each_stream,
    expected,
    keys,
    midnights,
    move_to,
    read,
    sold,
    warnings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

BACK, AHEAD = 7, 365
"""The default horizon, in days."""


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


@each_stream
@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Budapest", "03-27T23 03-28T23 03-29T22 10-23T22 10-24T22 10-25T23"),
        ("America/New_York", "03-07T05 03-08T05 03-09T04 10-31T04 11-01T04 11-02T05"),
        ("Africa/Cairo", "04-22T22 04-23T22 04-24T21"),
        ("America/Havana", "03-07T05 03-08T05 03-09T04 10-31T04 11-01T04 11-02T05"),
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
    assert warnings(result) == []


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
    assert warnings(result) == []


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
    assert "replication_key_value" not in result.bookmark(stream)


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
    assert dry_run(sandbox.config(), catalog=select(stream)).error is None
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
    assert f"{stream} " in result.log.partition("read until")[2]
