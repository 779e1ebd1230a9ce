"""What comes of what can be sold, and in which form."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from facts import STREAMS as FACTS
from sandbox import Sandbox
from tap_mews.errors import UnexpectedAnswerError
from tests.harness import Json, moment
from tests.pages_harness import Spoiled
from tests.series_harness import (
    AVAILABILITY,
    METRICS,
    OPERATION,
    PARENT,
    PRICING,
    each_stream,
    expected,
    keys,
    of,
    read,
    sold,
    warnings,
)

if TYPE_CHECKING:
    from sandbox.answers import Reply
    from sandbox.faults import Call


@dataclass(frozen=True)
class Indented:
    """An answer with line breaks in it."""

    def __call__(self, call: Call) -> Reply:
        """Write the body again."""
        reply = call.carry_out()
        body = re.sub(rb"([{,\[])", rb"\1\r\n  ", bytes(reply.body))
        return replace(reply, body=body)


def entries(body: Json) -> list[Json]:
    """What an answer has of each category."""
    found: list[Json] = body.get("CategoryPrices") or body.get(
        "ResourceCategoryAvailabilities", []
    )
    return found


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


@pytest.mark.parametrize("value", [5, "x", {"a": [1]}, [], [1], None], ids=repr)
def test_a_metric_that_nobody_knows_may_be_anything(
    sandbox: Sandbox, value: object
) -> None:
    def change(body: Json) -> None:
        for entry in entries(body):
            entry["Metrics"]["Cleaned"] = value

    sandbox.faults.add(OPERATION[AVAILABILITY], Spoiled(change), times=None)
    result = read(sandbox, AVAILABILITY, undocumented_properties="keep").ok()
    assert set(keys(result, AVAILABILITY)) == expected(sandbox, AVAILABILITY)
    assert all(
        "/Cleaned" not in (row["_undocumented"] or {})
        for row in result.records[AVAILABILITY]
    )


@each_stream
@pytest.mark.parametrize("value", [5, {"a": [1]}], ids=repr)
def test_a_known_list_that_is_none_is_an_error_in_one_line(
    sandbox: Sandbox, stream: str, value: object
) -> None:
    def change(body: Json) -> None:
        for entry in entries(body):
            if stream == AVAILABILITY:
                entry["Metrics"]["Occupied"] = value
            else:
                entry["AmountPrices"] = value

    sandbox.faults.add(OPERATION[stream], Spoiled(change), times=None)
    result = read(sandbox, stream)
    assert isinstance(result.error, UnexpectedAnswerError)
    assert "unexpected response format" in str(result.error)


@each_stream
@pytest.mark.parametrize("lost", [[0], [3], [6], [0, 1, 6]], ids=str)
def test_time_units_that_an_answer_lacks_are_told_in_one_line(
    sandbox: Sandbox, stream: str, lost: list[int]
) -> None:
    def change(body: Json) -> None:
        lists = [body["TimeUnitStartsUtc"]]
        for entry in entries(body):
            lists += [*entry.get("Metrics", {}).values()]
            lists += [
                entry[each] for each in ("AmountPrices", "Prices") if each in entry
            ]
        for each in lists:
            each[:] = [value for place, value in enumerate(each) if place not in lost]

    sandbox.faults.add(OPERATION[stream], Spoiled(change), times=None)
    result = read(sandbox, stream).ok()
    days = sorted({key[2] for key in expected(sandbox, stream)})
    assert {key[2] for key in keys(result, stream)} == {
        day for place, day in enumerate(days) if place not in lost
    }
    (warning,) = warnings(result)
    assert warning.startswith(
        f"{stream}: {OPERATION[stream]} returned fewer time units"
    )
    for key in sold(sandbox, stream):
        assert f"{len(lost)} of {PARENT[stream]} {key}" in warning


def test_each_time_unit_that_is_missing_is_counted_once(sandbox: Sandbox) -> None:
    def change(body: Json) -> None:
        body.update(TimeUnitStartsUtc=[], ResourceCategoryAvailabilities=[])

    sandbox.limits.max_interval[OPERATION[AVAILABILITY]] = "2D"
    service = sold(sandbox, AVAILABILITY)[0]
    fault = of(sandbox, service, Spoiled(change))
    sandbox.faults.add(OPERATION[AVAILABILITY], fault, times=None)
    result = read(sandbox, AVAILABILITY).ok()
    (warning,) = (each for each in warnings(result) if "fewer time units" in each)
    assert warning.endswith(f"not delivered: 7 of ServiceId {service}")


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
