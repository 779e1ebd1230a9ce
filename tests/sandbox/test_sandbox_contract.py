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
    ("rates/getAll", PAGE, 404, "Not found"),
    (STAYS, {"ClientToken": "x"}, 401, "Invalid ClientToken"),
    (STAYS, {"ClientToken": None}, 401, "Invalid ClientToken"),
    (STAYS, {"AccessToken": "x"}, 401, "Invalid AccessToken"),
    (STAYS, {"Client": ""}, 400, "Client is required"),
    (STAYS, {}, 400, "Limitation is required"),
    (STAYS, {"Limitation": {}}, 400, "Limitation.Count is required"),
    (STAYS, {"Limitation": {"Count": 0}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": 1001}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": True}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": "9"}}, 400, "Invalid Limitation.Count"),
    (STAYS, {"Limitation": {"Count": 9, "Cursor": "x"}}, 400, "Limitation.Cursor"),
    (STAYS, {"Limitation": {"Count": 9, "Size": 1}}, 400, "property Limitation.Size"),
    (STAYS, {**PAGE, "updatedUtc": None}, 400, "Unknown property updatedUtc"),
    (STAYS, {**PAGE, "EnterpriseIds": "x"}, 400, "Invalid EnterpriseIds"),
    (STAYS, {**PAGE, "EnterpriseIds": ["x"]}, 400, "Invalid enterprise id"),
    (STAYS, {**PAGE, "ReservationIds": ["x"] * 1001}, 400, "more than 1000"),
    (STAYS, {**PAGE, "TravelAgencyIds": ["x"] * 101}, 400, "more than 100 "),
    (STAYS, {**PAGE, "States": ["Lost"]}, 400, "Invalid States"),
    (STAYS, updated("2026-01-02", "2026-01-01"), 400, "Invalid UpdatedUtc"),
    (STAYS, updated("2026-02-30", "2026-03-01"), 400, "Invalid UpdatedUtc.StartUtc"),
    (STAYS, {**PAGE, "UpdatedUtc": {}}, 400, "UpdatedUtc.StartUtc is required"),
    (STAYS, updated("2025-11-28", "2026-03-02"), 400, "must not exceed 3M1D."),
    (
        STAYS,
        {
            **updated("2026-01-01", "2026-01-02"),
            "ScheduledStartUtc": span("2026-01-01", "2026-01-02"),
            "ActualStartUtc": span("2026-01-01", "2026-01-02"),
        },
        400,
        "cannot be used with",
    ),
    (ITEMS, PAGE, 400, "At least one of the filters"),
    ("payments/getAll", PAGE, 400, "At least one of the filters"),
    ("customers/getAll", PAGE, 400, "Extent is required"),
    ("customers/getAll", {**PAGE, "Extent": {}}, 400, "ChainIds is required"),
    ("customers/getAll", {**PAGE, "Extent": {"All": True}}, 400, "ChainIds"),
    ("companies/getAll", {**PAGE, "ChainIds": ["x"]}, 400, "Invalid chain id"),
    ("availabilityBlocks/getAll", PAGE, 400, "Extent is required"),
    ("availabilityBlocks/getAll", {**PAGE, "Extent": {"Rates": 1}}, 400, "Invalid"),
    ("companionships/getAll", {**PAGE, "ReservationIds": ["x"]}, 400, "Extent"),
    ("companionships/getAll", {**PAGE, "Extent": NO_EXTENT}, 400, "At least one"),
    (
        "companionships/getAll",
        {**updated("2026-01-01", "2026-01-02"), "Extent": NO_EXTENT},
        400,
        "At least one of CompanionshipIds",
    ),
    (SOURCES, PAGE, 400, "EnterpriseIds is required"),
    (SOURCES, {**PAGE, "EnterpriseIds": ["x", "y"]}, 400, "more than 1 item"),
    (
        "sourceAssignments/getAll",
        updated("2025-11-28", "2026-03-02"),
        400,
        "The interval must not exceed 3M1D.",
    ),
    ("exports/add", {}, 400, "EntityType is required"),
    ("exports/add", {"EntityType": "Rate"}, 400, "Invalid EntityType"),
    ("exports/add", export("Bill", "2025-08-01", "2026-01-29"), 400, "exceed 180D."),
    ("exports/add", export("Bill", "2026-02-01", "2026-03-02"), 400, "5 minutes"),
    ("exports/add", export("LedgerEntry", "2026-01-01", "2026-01-02"), 400, "Invalid"),
    ("exports/add", {"EntityType": "LedgerEntry"}, 400, "is required"),
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
        {"EntityType": "Customer", "Scope": {"EnterpriseIds": ["x"]}},
        400,
        "Customer is exported by ChainIds",
    ),
    (
        "exports/add",
        {"EntityType": "Bill", "Scope": {"EnterpriseIds": []}},
        400,
        "Invalid Scope.EnterpriseIds",
    ),
    (
        "exports/add",
        {"EntityType": "Bill", "Scope": {"EnterpriseIds": ["x"]}},
        400,
        "Invalid enterprise id",
    ),
    ("exports/add", {"EntityType": "Bill", "Scope": {"Ids": []}}, 400, "Scope.Ids"),
    ("exports/getAll", {}, 400, "ExportIds is required"),
    ("exports/getAll", {"ExportIds": ["x"] * 1001}, 400, "more than 1000"),
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
        timeout=5,
    )
    assert (response.status_code, response.json()["Message"]) == (400, "Invalid JSON.")


def test_the_content_type_has_to_be_json(api: Api) -> None:
    url = f"{api.sandbox.url}/api/connector/v1/{STAYS}"
    response = requests.post(url, data=json.dumps(api.envelope), timeout=5)
    assert response.status_code == 400
    assert api.sandbox.journal.breaches


def test_only_post_reaches_an_operation(api: Api) -> None:
    response = api.get(f"{api.sandbox.url}/api/connector/v1/{STAYS}")
    assert response.status_code == 404


def test_paths_beside_the_api_are_not_found(api: Api) -> None:
    response = api.session.post(f"{api.sandbox.url}/{STAYS}", json={}, timeout=5)
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
    assert api.refused(ITEMS, body)[1].startswith("Invalid enterprise id")
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
    assert api.ask("customers/getAll", {**PAGE, **extent})["Customers"]
    assert sandbox.journal.breaches == []


def test_operations_can_be_taken_away(sandbox: Sandbox, api: Api) -> None:
    sandbox.access.revoke("exports/add")
    status, message = api.refused("exports/add", {"EntityType": "Bill"})
    assert status == 401
    assert "exports/add" in message
    sandbox.access.enterprises_visible = False
    assert api.refused("enterprises/getAll", PAGE)[0] == 401
    sandbox.access.revoke("enterprises/getAll", status=403)
    assert api.refused("enterprises/getAll", PAGE)[0] == 403
    sandbox.access.enterprises_visible = True
    assert len(api.ask("enterprises/getAll", PAGE)["Enterprises"]) == 2
    assert sandbox.journal.breaches == []
