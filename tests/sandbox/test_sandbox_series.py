"""What can be sold follows from the hotels' other rows, and bounds are strict."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from facts import OPERATIONS, columns
from facts import STREAMS as FACTS
from sandbox.clock import START, UTC, utc_text
from sandbox.operations.series import AVAILABILITY, METRICS, PRICING, SERIES
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from sandbox import Sandbox

Json = dict[str, Any]

DAY = timedelta(days=1)
ROWS = {path: str(OPERATIONS[path].rows) for path in SERIES}
NAMED = {AVAILABILITY: "ServiceId", PRICING: "RateId"}

each_operation = pytest.mark.parametrize("path", SERIES)


def body(
    sandbox: Sandbox, path: str, days: int = 7, first: datetime = START - 9 * DAY
) -> Json:
    """Ask for some days of the first hotel."""
    hotel = sandbox.group.hotels[0]
    zone = ZoneInfo(hotel.place.zone)
    bounds = [
        utc_text(datetime.combine(day, time(), zone).astimezone(UTC))
        for day in (first.date(), (first + (days - 1) * DAY).date())
    ]
    named = hotel.service if path == AVAILABILITY else hotel.rates[0]
    return {
        NAMED[path]: named,
        "FirstTimeUnitStartUtc": bounds[0],
        "LastTimeUnitStartUtc": bounds[1],
        **OPERATIONS[path].all_rows,
    }


@each_operation
def test_an_answer_has_what_the_facts_know(
    sandbox: Sandbox, api: Api, path: str
) -> None:
    answer = api.ask(path, body(sandbox, path))
    assert len(answer["TimeUnitStartsUtc"]) == 7
    known = OPERATIONS[path]
    (stream,) = (each for each in FACTS.values() if each.operation == path)
    hotel = sandbox.group.hotels[0]
    entries = answer[ROWS[path]]
    assert len(entries) == len(hotel.categories)
    assert {*known.lists} <= answer.keys()
    for entry in entries:
        assert {*stream.unfolded} <= entry.keys()
        assert {stream.key[1]} <= entry.keys() & columns(stream).keys()
    assert sandbox.journal.breaches == []


def test_numbers_are_those_of_the_hotel(sandbox: Sandbox, api: Api) -> None:
    hotel = sandbox.group.hotels[0]
    answer = api.ask(AVAILABILITY, body(sandbox, AVAILABILITY, 30))
    days = [
        datetime.fromisoformat(each.replace("Z", "+00:00"))
        .astimezone(ZoneInfo(hotel.place.zone))
        .date()
        for each in answer["TimeUnitStartsUtc"]
    ]
    truth = hotel.truth.days_by_category()
    compared = 0
    for entry in answer[ROWS[AVAILABILITY]]:
        metrics = entry["Metrics"]
        assert [*metrics] == METRICS
        for place, day in enumerate(days):
            if known := truth.get((day, entry["ResourceCategoryId"])):
                compared += 1
                assert metrics["ConfirmedReservations"][place] == known.rooms_sold
                assert metrics["OutOfOrderBlocks"][place] == known.rooms_out_of_order
                assert metrics["ActiveResources"][place] == known.rooms_available
                usable = known.rooms_available - known.rooms_out_of_order
                assert metrics["UsableResources"][place] == usable
    assert compared > 20


def test_only_the_metrics_that_are_named_come(sandbox: Sandbox, api: Api) -> None:
    asked = body(sandbox, AVAILABILITY) | {"Metrics": ["Occupied"]}
    for entry in api.ask(AVAILABILITY, asked)[ROWS[AVAILABILITY]]:
        assert [*entry["Metrics"]] == ["Occupied"]


def test_a_rate_that_is_derived_costs_less(sandbox: Sandbox, api: Api) -> None:
    base, derived, *_ = sandbox.group.hotels[0].rates

    def price(rate: str) -> Any:  # noqa: ANN401 - any number
        answer = api.ask(PRICING, body(sandbox, PRICING) | {"RateId": rate})
        return answer[ROWS[PRICING]][0]["AmountPrices"][0]["GrossValue"]

    assert price(derived) < price(base)


@each_operation
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FirstTimeUnitStartUtc": None}, "Invalid FirstTimeUnitStartUtc."),
        ({"LastTimeUnitStartUtc": "soon"}, "Invalid LastTimeUnitStartUtc."),
        (
            {"FirstTimeUnitStartUtc": "2026-02-20T00:00:00Z"},
            "FirstTimeUnitStartUtc is not start of TimeUnit.",
        ),
        (
            {"LastTimeUnitStartUtc": "2026-02-26T23:30:00Z"},
            "LastTimeUnitStartUtc is not start of TimeUnit.",
        ),
    ],
)
def test_bounds_are_where_time_units_begin(
    sandbox: Sandbox, api: Api, path: str, change: Json, message: str
) -> None:
    assert api.refused(path, body(sandbox, path) | change) == (400, message)
    assert len(sandbox.journal.breaches) == 1


@each_operation
def test_the_bounds_come_in_order(sandbox: Sandbox, api: Api, path: str) -> None:
    asked = body(sandbox, path)
    first, last = asked["FirstTimeUnitStartUtc"], asked["LastTimeUnitStartUtc"]
    turned = {"FirstTimeUnitStartUtc": last, "LastTimeUnitStartUtc": first}
    message = "Invalid LastTimeUnitStartUtc."
    assert api.refused(path, asked | turned) == (400, message)


@each_operation
def test_more_than_a_year_is_refused(sandbox: Sandbox, api: Api, path: str) -> None:
    sandbox.limits.max_interval.clear()
    answer = api.ask(path, body(sandbox, path, 367))
    assert len(answer["TimeUnitStartsUtc"]) == 367
    assert sandbox.journal.breaches == []
    refused = api.refused(path, body(sandbox, path, 368))
    assert refused == (400, "The interval must not exceed 367D.")
    assert len(sandbox.journal.breaches) == 1


def test_more_than_a_hundred_days_of_availability_are_refused(
    sandbox: Sandbox, api: Api
) -> None:
    assert api.ask(AVAILABILITY, body(sandbox, AVAILABILITY, 100))
    refused = api.refused(AVAILABILITY, body(sandbox, AVAILABILITY, 101))
    assert refused == (400, "The interval must not exceed 100D.")
    # its page allows more
    assert sandbox.journal.breaches == []


@each_operation
def test_a_request_names_what_can_be_booked(
    sandbox: Sandbox, api: Api, path: str
) -> None:
    name = NAMED[path]
    asked = body(sandbox, path)
    wrong = [(str(uuid.uuid4()), f"Invalid {name}."), ("4711", "Invalid JSON.")]
    if path == AVAILABILITY:
        wrong += [(sandbox.group.hotels[0].restaurant, f"Invalid {name}.")]
    for value, message in wrong:
        assert api.refused(path, asked | {name: value}) == (400, message)


@pytest.mark.parametrize("metrics", [None, [], ["Free"]])
def test_metrics_must_be_named(sandbox: Sandbox, api: Api, metrics: object) -> None:
    asked = body(sandbox, AVAILABILITY) | {"Metrics": metrics}
    assert api.refused(AVAILABILITY, asked) == (400, "Invalid Metrics.")


@each_operation
def test_it_can_be_taken_away_from_one_property(
    sandbox: Sandbox, api: Api, path: str
) -> None:
    closed = sandbox.enterprise_ids[0]
    sandbox.access.revoke(path, enterprise_ids=[closed])
    assert api.refused(path, body(sandbox, path))[0] == 401
    with Api(sandbox) as other:
        other.envelope["AccessToken"] = sandbox.access.single_property(
            sandbox.enterprise_ids[1]
        )
        # another hotel's service is none that this token knows
        refused = other.refused(path, body(sandbox, path))
    assert refused == (400, f"Invalid {NAMED[path]}.")


@each_operation
def test_a_day_of_25_hours_is_one_day(sandbox: Sandbox, api: Api, path: str) -> None:
    sandbox.limits.max_interval[path] = "7D"
    autumn = datetime(2026, 10, 22, tzinfo=UTC)
    starts = api.ask(path, body(sandbox, path, 7, autumn))["TimeUnitStartsUtc"]
    assert {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"} <= {*starts}
    assert len(starts) == 7
