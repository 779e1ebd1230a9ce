"""Cursor pages are complete, in order, and stable while rows come in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clock import parse_utc, utc_text
from sandbox.contract import IntervalLimit, Span

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.api import Api

Json = dict[str, Any]

FEBRUARY = {"StartUtc": "2026-02-01T00:00:00Z", "EndUtc": "2026-03-01T06:00:00Z"}
WINDOW = {"UpdatedUtc": FEBRUARY}
BOTH = {"ActivityStates": ["Active", "Deleted"]}
NO_EXTENT = {"Customers": False, "Reservations": False, "ReservationGroups": False}
STAYS = "reservations/getAll/2023-06-06"
SOURCES = "sourceAssignments/getAll/2024-09-20"

OPERATIONS: dict[str, tuple[str, Json]] = {
    "orderItems/getAll": ("OrderItem", WINDOW),
    "payments/getAll": ("Payment", WINDOW),
    STAYS: ("Reservation", WINDOW),
    "companies/getAll": ("Company", {}),
    "bills/getAll": ("Bill", {**WINDOW, "CorrectionState": ["Bill", "CorrectiveBill"]}),
    "availabilityBlocks/getAll": (
        "AvailabilityBlock",
        {**BOTH, "Extent": {"AvailabilityBlocks": True, "Adjustments": False}},
    ),
    "availabilityAdjustments/getAll": ("AvailabilityAdjustment", BOTH),
    "resourceBlocks/getAll": ("ResourceBlock", BOTH),
    "sourceAssignments/getAll": ("SourceAssignment", WINDOW),
    "enterprises/getAll": ("Enterprise", {}),
}


def by_id(rows: list[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: str(row["Id"]))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("count", [7, 1000])
def test_pages_hold_every_row_once(api: Api, operation: str, count: int) -> None:
    entity, body = OPERATIONS[operation]
    pages = api.pages(operation, body, count)
    truth = api.sandbox.rows(entity, served=True)
    if count == 1000 and len(truth) < 1000:
        assert len(pages) == 1
    assert by_id([row for page in pages for row in page]) == by_id(truth)
    assert api.sandbox.journal.breaches == []


def test_customers_pages_hold_every_row_once(api: Api) -> None:
    extent = {"Extent": {"Customers": True, "Addresses": False}}
    chains = {"ChainIds": api.sandbox.chain_ids}
    body = {**WINDOW, **extent, **chains, **BOTH}
    pages = api.pages("customers/getAll", body, 20)
    truth = api.sandbox.rows("Customer", served=True)
    assert by_id([row for page in pages for row in page]) == by_id(truth)


def test_companionships_come_by_reservation_group(api: Api) -> None:
    groups = {row["GroupId"] for row in api.sandbox.rows("Reservation")}
    body = {"Extent": NO_EXTENT, "ReservationGroupIds": sorted(groups)}
    pages = api.pages("companionships/getAll", body, 30)
    rows = [row for page in pages for row in page]
    assert by_id(rows) == by_id(api.sandbox.rows("Companionship", served=True))
    assert any(row["ReservationId"] is None for row in rows)


def test_source_assignments_come_oldest_first_one_hotel_a_request(api: Api) -> None:
    found: list[Json] = []
    for hotel in api.sandbox.enterprise_ids:
        body = {**WINDOW, "EnterpriseIds": [hotel]}
        rows = [row for page in api.pages(SOURCES, body, 9) for row in page]
        assert rows == sorted(rows, key=lambda row: parse_utc(row["UpdatedUtc"]))
        found += rows
    assert by_id(found) == by_id(
        api.sandbox.rows("SourceAssignment_2024_09_20", served=True)
    )


def test_the_other_operations_come_newest_first(api: Api) -> None:
    rows = [row for page in api.pages(STAYS, WINDOW, 9) for row in page]
    moments = [parse_utc(row["UpdatedUtc"]) for row in rows]
    assert moments == sorted(moments, reverse=True)


def test_the_cursor_is_the_last_row_and_null_only_on_an_empty_page(api: Api) -> None:
    answer = api.ask(STAYS, {**WINDOW, "Limitation": {"Count": 1000}})
    assert 0 < len(answer["Reservations"]) < 1000
    assert answer["Cursor"] == answer["Reservations"][-1]["Id"]
    after = {**WINDOW, "Limitation": {"Count": 10, "Cursor": answer["Cursor"]}}
    assert api.ask(STAYS, after) == {"Reservations": [], "Cursor": None}


def test_cursors_are_stable_while_rows_change(api: Api) -> None:
    truth = {row["Id"] for row in api.sandbox.rows("Reservation")}
    answer = api.ask(STAYS, {"Limitation": {"Count": 5}})
    seen = {row["Id"] for row in answer["Reservations"]}
    # The cursor's own row moves to the top, and new rows come before it.
    moved = {**answer["Reservations"][-1]}
    moved["UpdatedUtc"] = utc_text(api.sandbox.clock.now())
    api.sandbox.put("Reservation", moved)
    api.sandbox.live_on(timedelta(days=1))
    late = {row["Id"] for row in api.sandbox.rows("Reservation")} - truth
    assert late
    cursor = answer["Cursor"]
    while cursor:
        limitation = {"Count": 5, "Cursor": cursor}
        answer = api.ask(STAYS, {"Limitation": limitation})
        seen |= {row["Id"] for row in answer["Reservations"]}
        cursor = answer["Cursor"]
    changed = {
        row["Id"]
        for row in api.sandbox.rows("Reservation")
        if row["UpdatedUtc"] > "2026-03-01T06"
    }
    assert truth - changed <= seen
    assert not seen & late


def test_a_cursor_belongs_to_the_question_it_was_given_for(api: Api) -> None:
    cursor = api.ask(STAYS, {"Limitation": {"Count": 5}})["Cursor"]
    body = {**WINDOW, "Limitation": {"Count": 5, "Cursor": cursor}}
    assert api.refused(STAYS, body) == (400, "Invalid Limitation.Cursor.")
    api.ask(STAYS, {"Limitation": {"Count": 9, "Cursor": cursor}})


@pytest.mark.parametrize("moment", ["2030-01-01T00:00:00Z"])
def test_empty_pages_can_come_without_a_body(api: Api, moment: str) -> None:
    body = {
        "UpdatedUtc": {"StartUtc": moment, "EndUtc": moment},
        "Limitation": {"Count": 5},
    }
    response = api.post(STAYS, body, Prefer="return=minimal")
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response.headers
    assert api.ask(STAYS, body) == {"Reservations": [], "Cursor": None}


def test_extents_that_are_off_give_a_cursor_without_rows(api: Api) -> None:
    body = {"Extent": {"Addresses": True}, "ChainIds": api.sandbox.chain_ids}
    body |= {**WINDOW, "Limitation": {"Count": 3}}
    answer = api.ask("customers/getAll", body)
    assert answer["Customers"] is None
    assert answer["Cursor"]


def test_filters_narrow_the_rows(api: Api) -> None:
    stay = next(
        row for row in api.sandbox.rows("Reservation") if row["State"] == "Processed"
    )
    page = {"Limitation": {"Count": 1000}}
    items = api.ask("orderItems/getAll", {**page, "ServiceOrderIds": [stay["Id"]]})
    assert {row["ServiceOrderId"] for row in items["OrderItems"]} == {stay["Id"]}
    moment = stay["ScheduledStartUtc"]
    colliding = {"CollidingUtc": {"StartUtc": moment, "EndUtc": moment}}
    found = api.ask(STAYS, {**page, **colliding, "States": ["Processed"]})
    assert stay["Id"] in {row["Id"] for row in found["Reservations"]}
    assert len(found["Reservations"]) < len(api.sandbox.rows("Reservation"))


def test_group_sources_follow_the_update_of_their_group(
    sandbox: Sandbox, api: Api
) -> None:
    then = sandbox.clock.now()
    sandbox.live_on(timedelta(days=3))
    window = {"StartUtc": utc_text(then), "EndUtc": utc_text(sandbox.clock.now())}
    pages = api.pages("sourceAssignments/getAll", {"UpdatedUtc": window}, 100)
    rows = [row for page in pages for row in page]
    assert 0 < len(rows) < len(sandbox.rows("SourceAssignment"))
    old = sandbox.put("SourceAssignment", {**rows[0]}, updated=then - timedelta(days=1))
    pages = api.pages("sourceAssignments/getAll", {"UpdatedUtc": window}, 100)
    assert old["Id"] not in {row["Id"] for page in pages for row in page}


@pytest.mark.parametrize("name", ["UpdatedUtc", "CreatedUtc"])
def test_intervals_hold_their_start_and_by_an_older_page_their_end(
    sandbox: Sandbox, api: Api, name: str
) -> None:
    first, *_, last = sorted(sandbox.rows("Reservation"), key=lambda row: row[name])

    def ids(start: Json, end: Json) -> set[str]:
        window = {"StartUtc": start[name], "EndUtc": end[name]}
        body = {name: window, "Limitation": {"Count": 1000}}
        return {row["Id"] for row in api.ask(STAYS, body)["Reservations"]}

    assert first["Id"] in ids(first, last)
    assert last["Id"] not in ids(first, last)
    assert last["Id"] in ids(last, last), "equal ends mean that moment"
    sandbox.limits.interval_end = "inclusive"
    assert {first["Id"], last["Id"]} <= ids(first, last)
    assert last["Id"] in ids(last, last)


def test_heavy_pages_time_out(sandbox: Sandbox, api: Api) -> None:
    sandbox.limits.max_page = 10
    refused = api.refused(STAYS, {"Limitation": {"Count": 11}})
    assert refused == (408, "Transaction has timed out.")
    assert len(api.ask(STAYS, {"Limitation": {"Count": 10}})["Reservations"]) == 10
    assert sandbox.journal.breaches == []


@pytest.mark.parametrize(
    ("limit", "days", "message"),
    [
        ("100h", 4, "The interval must not exceed 100h."),
        ("5D", 5, "The interval must not exceed 5D."),
        ("1M", 28, "The interval must not exceed 1M."),
        ("100:00:00", 4, "The interval must not exceed 100:00:00"),
        ("3.00:00:00", 3, "The interval must not exceed 3.00:00:00"),
        (IntervalLimit(Span(days=9), "Invalid UpdatedUtc."), 9, "Invalid UpdatedUtc."),
    ],
    ids=str,
)
def test_an_operation_can_take_shorter_spans_than_documented(
    sandbox: Sandbox, api: Api, limit: str | IntervalLimit, days: int, message: str
) -> None:
    sandbox.limits.max_interval[STAYS] = limit
    start = parse_utc("2026-02-01T00:00:00Z")
    for length in (days, days + 1):
        end = utc_text(start + timedelta(days=length))
        window = {"StartUtc": utc_text(start), "EndUtc": end}
        response = api.post(STAYS, {"UpdatedUtc": window, "Limitation": {"Count": 1}})
        if length == days:
            assert response.status_code == 200
    assert response.json()["Message"] == message
    assert sandbox.journal.breaches == []
