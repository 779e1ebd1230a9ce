"""What Mews refuses of what can be sold, and what cannot be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facts import STREAMS as FACTS
from sandbox.contract import IntervalLimit, Span
from sandbox.faults import Status
from tap_mews.errors import RefusedError, UnauthorizedError
from tests.pages_harness import Spoiled, rows_of
from tests.series_harness import (
    AVAILABILITY,
    OPERATION,
    PARENT,
    PRICING,
    add_service,
    each_stream,
    expected,
    keys,
    move_to,
    of,
    read,
    sold,
    warnings,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json


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
    for word in (OPERATION[stream], first, f"Invalid {PARENT[stream]}", "skipping"):
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
    sandbox.access.revoke("enterprises/getAll")
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


def spoil(sandbox: Sandbox, operation: str, key: str, **values: object) -> None:
    """Let a row of a list have other values; it lacks what is None."""

    def change(body: Json) -> None:
        for row in rows_of(body):
            if row["Id"] == key:
                row.update(values)
                for name in [name for name in values if values[name] is None]:
                    del row[name]

    sandbox.faults.add(operation, Spoiled(change), times=None)


@pytest.mark.parametrize("above", [None, ""])
@pytest.mark.parametrize(
    ("stream", "lists", "column"),
    [(AVAILABILITY, "services", "EnterpriseId"), (PRICING, "rates", "ServiceId")],
)
def test_what_belongs_to_nothing_is_left_out_with_a_warning(
    sandbox: Sandbox, stream: str, lists: str, column: str, above: str | None
) -> None:
    lost = sold(sandbox, stream)[0]
    spoil(sandbox, f"{lists}/getAll", lost, **{column: above})
    result = read(sandbox, stream).ok()
    assert {*keys(result, stream)} == {
        key for key in expected(sandbox, stream) if key[0] != lost
    }
    (warning,) = warnings(result)
    assert f"no {column}; skipping the {lists} {lost}" in warning


@pytest.mark.parametrize("value", ["text", 5, [1], {"TimeUnitPeriod": 5}])
def test_the_data_of_a_service_that_is_not_bookable_may_be_anything(
    sandbox: Sandbox, value: object
) -> None:
    service = next(
        row["Id"]
        for row in sandbox.rows("Service")
        if row["Data"]["Discriminator"] != "Bookable"
    )
    data = {"Discriminator": "Additional", "Value": value}
    spoil(sandbox, "services/getAll", service, Data=data)
    result = read(sandbox, AVAILABILITY).ok()
    assert {*keys(result, AVAILABILITY)} == expected(sandbox, AVAILABILITY)
    assert warnings(result) == []


def test_a_service_of_a_period_that_is_no_text_is_left_out_with_a_warning(
    sandbox: Sandbox,
) -> None:
    service = sold(sandbox, AVAILABILITY)[0]
    data = {"Discriminator": "Bookable", "Value": {"TimeUnitPeriod": 5}}
    spoil(sandbox, "services/getAll", service, Data=data)
    result = read(sandbox, AVAILABILITY).ok()
    assert service not in {row["ServiceId"] for row in result.records[AVAILABILITY]}
    (warning,) = warnings(result)
    assert f"no known TimeUnitPeriod; skipping the services {service}" in warning
