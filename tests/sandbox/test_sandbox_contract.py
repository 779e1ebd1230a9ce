"""Every rule of the API is enforced, and every breach is in the journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

PAGE = {"Limitation": {"Count": 10}}
ITEMS = "orderItems/getAll"
STAYS = "reservations/getAll/2023-06-06"
SOURCES = "sourceAssignments/getAll/2024-09-20"
SESSION = "Cannot perform operation or session has expired."
GUID = "0f1e2d3c-4b5a-4697-8877-66554433221f"
NO_EXTENT = {"Customers": False, "Reservations": False, "ReservationGroups": False}


def span(start: str, end: str) -> Json:
    return {"StartUtc": f"{start}T00:00:00Z", "EndUtc": f"{end}T00:00:00Z"}


def updated(start: str, end: str) -> Json:
    return {**PAGE, "UpdatedUtc": span(start, end)}


def export(entity: str, start: str, end: str) -> Json:
    return {"EntityType": entity, "Filters": {"UpdatedUtc": span(start, end)}}


REFUSALS: list[tuple[str, Json, int, str]] = [
    ("orderitems/getAll", PAGE, 404, "Not found"),
    ("orderItems/getAll/", PAGE, 404, "Not found"),
    ("orderItems/getAll?x=1", PAGE, 404, "Not found"),
    ("nothing/getAll", PAGE, 404, "Not found"),
    (STAYS, {"ClientToken": "x"}, 401, "Invalid ClientToken"),
    (STAYS, {"ClientToken": None}, 401, "Invalid ClientToken"),
    (
        STAYS,
        {"AccessToken": "x"},
        401,
        "Cannot perform operation or session has expired.",
    ),
    (STAYS, {"Client": ""}, 400, "Invalid Client."),
    (STAYS, {}, 400, "Invalid Limitation."),
    (STAYS, {"Limitation": {}}, 400, "Invalid Limitation.Count."),
    (STAYS, {"Limitation": {"Count": 0}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": 1001}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": True}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": "9"}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": 9, "Cursor": "x"}}, 400, "Limitation.Cursor"),
    (STAYS, {**PAGE, "EnterpriseIds": "x"}, 400, "Invalid EnterpriseIds"),
    (STAYS, {**PAGE, "EnterpriseIds": ["x"]}, 400, "Invalid JSON."),
    (STAYS, {**PAGE, "ReservationIds": ["x"] * 1001}, 400, "more than 1000"),
    (STAYS, {**PAGE, "TravelAgencyIds": ["x"] * 101}, 400, "more than 100 "),
    (STAYS, {**PAGE, "States": ["Lost"]}, 400, "Invalid States"),
    (STAYS, updated("2026-01-02", "2026-01-01"), 400, "Invalid UpdatedUtc"),
    (STAYS, updated("2026-02-30", "2026-03-01"), 400, "Invalid UpdatedUtc.StartUtc"),
    (STAYS, {**PAGE, "UpdatedUtc": {}}, 400, "Invalid UpdatedUtc.StartUtc."),
    (STAYS, updated("2025-11-28", "2026-03-02"), 400, "must not exceed 3M1D."),
    (
        STAYS,
        {
            **updated("2026-01-01", "2026-01-02"),
            "ScheduledStartUtc": span("2026-01-01", "2026-01-02"),
            "ActualStartUtc": span("2026-01-01", "2026-01-02"),
        },
        400,
        "Invalid ScheduledStartUtc.",
    ),
    (ITEMS, PAGE, 400, "At least one of OrderItemIds, ServiceOrderIds"),
    ("payments/getAll", PAGE, 400, "At least one of the filters"),
    ("customers/getAll", PAGE, 400, "Invalid ChainIds."),
    ("customers/getAll", {**PAGE, "EnterpriseIds": [GUID]}, 400, "Invalid Enterp"),
    ("customers/getAll", {**PAGE, "EnterpriseId": GUID}, 400, "Invalid EnterpriseId."),
    ("companies/getAll", {**PAGE, "ChainIds": [GUID]}, 400, "Invalid ChainIds."),
    ("availabilityBlocks/getAll", PAGE, 400, "Invalid Extent."),
    ("availabilityBlocks/getAll", {**PAGE, "Extent": {"Rates": 1}}, 400, "Invalid E"),
    (
        "companionships/getAll",
        {**PAGE, "ReservationIds": [GUID]},
        400,
        "Invalid Extent.",
    ),
    ("companionships/getAll", {**PAGE, "Extent": NO_EXTENT}, 400, "At least one"),
    (
        "companionships/getAll",
        {**updated("2026-01-01", "2026-01-02"), "Extent": NO_EXTENT},
        400,
        "At least one of CompanionshipIds",
    ),
    (SOURCES, PAGE, 400, "Invalid EnterpriseIds."),
    (SOURCES, {**PAGE, "EnterpriseIds": ["x", "y"]}, 400, "more than 1 item"),
    (
        "sourceAssignments/getAll",
        updated("2025-11-28", "2026-03-02"),
        400,
        "The interval must not exceed 3M1D.",
    ),
    ("exports/add", {}, 400, "Invalid EntityType."),
    ("exports/add", {"EntityType": "Rate"}, 400, "Invalid EntityType"),
    ("exports/add", export("Bill", "2025-08-01", "2026-01-29"), 400, "exceed 180D."),
    ("exports/add", export("Bill", "2026-02-01", "2026-03-02"), 400, "5 minutes"),
    ("exports/add", export("LedgerEntry", "2026-01-01", "2026-01-02"), 400, "Invalid"),
    ("exports/add", {"EntityType": "LedgerEntry"}, 400, "Invalid Filters.Ledger"),
    (
        "exports/add",
        {
            "EntityType": "LedgerEntry",
            "Filters": {
                "LedgerEntryFilters": {"Posting": {"Start": "2026-1-1", "End": "x"}}
            },
        },
        400,
        "Invalid Filters.LedgerEntryFilters.Posting",
    ),
    (
        "exports/add",
        {
            "EntityType": "Bill",
            "Filters": {
                "LedgerEntryFilters": {
                    "Posting": {"Start": "2026-01-01", "End": "2026-01-02"}
                }
            },
        },
        400,
        "Invalid Filters.LedgerEntryFilters",
    ),
    (
        "exports/add",
        {"EntityType": "Customer", "Scope": {"EnterpriseIds": [GUID]}},
        400,
        "Invalid Scope.EnterpriseIds.",
    ),
    (
        "exports/add",
        {"EntityType": "Bill", "Scope": {"EnterpriseIds": []}},
        400,
        "Invalid Scope.EnterpriseIds",
    ),
    (
        "exports/add",
        {"EntityType": "Bill", "Scope": {"EnterpriseIds": [GUID]}},
        400,
        "Invalid Scope.EnterpriseIds.",
    ),
    ("exports/getAll", {}, 400, "Invalid ExportIds."),
    ("exports/getAll", {"ExportIds": [GUID] * 1001}, 400, "more than 1000"),
    ("exports/getAll", {"ExportIds": ["x"]}, 400, "Invalid JSON."),
]


@pytest.fixture(scope="module")
def strict() -> Iterator[Api]:
    """One sandbox for many refusals: a refused request leaves nothing behind."""
    with Sandbox(properties=1, days=0) as sandbox, Api(sandbox) as api:
        yield api


@pytest.mark.parametrize(("operation", "body", "status", "message"), REFUSALS)
def test_breaches_are_refused_and_noted(
    strict: Api, operation: str, body: Json, status: int, message: str
) -> None:
    strict.sandbox.journal.clear()
    refused = strict.refused(operation, body)
    assert refused[0] == status
    assert message in refused[1]
    (breach,) = strict.sandbox.journal.breaches
    assert breach.breach == f"{status} {refused[1]}"
    assert strict.sandbox.exports.jobs == []


def test_source_assignments_take_one_calendar_month_and_100_reservations(
    api: Api,
) -> None:
    hotel = {"EnterpriseIds": api.sandbox.enterprise_ids[:1]}
    api.ask(SOURCES, {**updated("2026-01-31", "2026-03-01"), **hotel})
    refused = api.refused(SOURCES, {**updated("2026-01-31", "2026-03-02"), **hotel})
    assert refused == (400, "The interval must not exceed 1M1D.")
    many = {**PAGE, **hotel, "ReservationIds": ["x"] * 101}
    assert "more than 100 items" in api.refused(SOURCES, many)[1]


def test_the_documented_span_is_allowed_exactly(api: Api) -> None:
    api.ask(STAYS, updated("2025-11-30", "2026-02-28"))
    api.ask(STAYS, updated("2025-12-01", "2026-03-02"))
    api.add("Bill", Filters=export("", "2025-08-01", "2026-01-28")["Filters"])
    assert api.sandbox.journal.breaches == []


@pytest.mark.parametrize(
    "text", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "now"]
)
def test_moments_are_written_in_one_way(api: Api, text: str) -> None:
    interval = {"StartUtc": text, "EndUtc": "2026-01-02T00:00:00.155Z"}
    status, message = api.refused(STAYS, {**PAGE, "UpdatedUtc": interval})
    assert (status, message) == (400, "Invalid UpdatedUtc.StartUtc.")


def test_fractions_of_a_second_are_fine(api: Api) -> None:
    interval = {"StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-01-02T00:00:00.1Z"}
    api.ask(STAYS, {**PAGE, "UpdatedUtc": interval})


def test_properties_that_are_null_count_as_not_sent(api: Api) -> None:
    api.ask(STAYS, {**PAGE, "EnterpriseIds": None, "UpdatedUtc": None})


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"{'a': 1}", b'{"a": 1,}'])
def test_bodies_have_to_be_json_objects(api: Api, raw: bytes) -> None:
    response = requests.post(
        f"{api.sandbox.url}/api/connector/v1/{STAYS}",
        data=raw,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert (response.status_code, response.json()["Message"]) == (400, "Invalid JSON.")


def test_the_content_type_has_to_be_json(api: Api) -> None:
    url = f"{api.sandbox.url}/api/connector/v1/{STAYS}"
    response = requests.post(url, data=json.dumps(api.envelope), timeout=60)
    assert response.status_code == 400
    assert api.sandbox.journal.breaches


def test_only_post_reaches_an_operation(api: Api) -> None:
    response = api.get(f"{api.sandbox.url}/api/connector/v1/{STAYS}")
    assert response.status_code == 404


def test_paths_beside_the_api_are_not_found(api: Api) -> None:
    response = api.session.post(f"{api.sandbox.url}/{STAYS}", json={}, timeout=60)
    assert response.status_code == 404


def test_a_token_outside_of_the_body_is_a_breach(api: Api) -> None:
    response = api.post(STAYS, PAGE, Authorization=api.sandbox.access_token)
    assert response.status_code == 400
    (breach,) = api.sandbox.journal.breaches
    assert "token" in str(breach.breach)


def test_a_token_of_one_property_reaches_no_other(sandbox: Sandbox, api: Api) -> None:
    first, second = sandbox.enterprise_ids
    api.envelope["AccessToken"] = sandbox.access.single_property(first)
    body = {**updated("2026-02-01", "2026-03-01"), "EnterpriseIds": [second]}
    assert api.refused(ITEMS, body) == (400, "Invalid EnterpriseIds.")
    del body["EnterpriseIds"]
    rows = [row for page in api.pages(ITEMS, body, 500) for row in page]
    assert {row["EnterpriseId"] for row in rows} == {first}


def test_a_token_of_one_property_names_no_enterprise_or_chain(
    sandbox: Sandbox, api: Api
) -> None:
    api.envelope["AccessToken"] = sandbox.access.single_property(
        sandbox.enterprise_ids[0]
    )
    assert api.ask(SOURCES, PAGE)["SourceAssignments"]
    extent = {"Extent": {"Customers": True, "Addresses": False}}
    body = {**updated("2026-02-01", "2026-03-01"), **extent}
    assert api.ask("customers/getAll", body)["Customers"]
    assert sandbox.journal.breaches == []
