"""Every operation is served as its facts say."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from facts import OPERATIONS, STREAMS
from sandbox import Sandbox, parameters
from sandbox.operations.get_all import STANDARD, WHOLE
from sandbox.operations.series import SERIES
from tap_mews.streams import STREAMS as TAPPED
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facts import Operation

pytestmark = pytest.mark.days(8)

Json = dict[str, Any]

PAGE = {"Limitation": {"Count": 1000}}
FEBRUARY = {"StartUtc": "2026-02-01T00:00:00Z", "EndUtc": "2026-03-01T06:00:00Z"}
LEDGER = "ledgerEntries/getAll"
STAYS = "reservations/getAll/2023-06-06"
BILLS = "bills/getAll"
SESSION = (401, "Cannot perform operation or session has expired.")


def hiding(operation: Operation) -> Json:
    """What makes a row one that does not come by default, if anything does."""
    if "CorrectionState" in operation.hides:
        return {"CorrectionState": "CorrectiveBill"}
    if operation.hides.get("ActivityStates", "both") == "both":
        return {}
    return {"IsActive": False}


def names_rows(sandbox: Sandbox, operation: Operation, parameter: str) -> bool:
    """Whether it names what the hotels have: else any identifier could be one."""
    if operation.scope and parameter == operation.scope.parameter:
        return True
    entities = parameters.named_entities(operation, parameter)
    return bool(entities) and all(map(sandbox.platform.store.has, entities))


def interval_of(operation: Operation) -> str:
    """The time filter to ask by."""
    names = operation.time_filters
    return "UpdatedUtc" if "UpdatedUtc" in names else next(iter(names), "")


def allowed(sandbox: Sandbox, operation: Operation) -> Json:
    """A body that is taken, without what brings hidden rows."""
    body: Json = {} if operation.paging == "no" else dict(PAGE)
    if "Extent" in operation.required:
        body["Extent"] = operation.all_rows["Extent"]
    scope = operation.scope
    if scope and scope.required_with_portfolio_token:
        chains = scope.parameter == "ChainIds"
        body[scope.parameter] = (
            sandbox.chain_ids if chains else sandbox.enterprise_ids[:1]
        )
    if operation.path == LEDGER:
        body["LedgerTypes"] = operation.all_rows["LedgerTypes"]
        body["PostingDate"] = {"Start": "2026-02-01", "End": "2026-03-01"}
    elif operation.path == "companionships/getAll":
        groups = {row["GroupId"] for row in sandbox.rows("Reservation")}
        body["ReservationGroupIds"] = sorted(groups)
    elif operation.at_least_one_filter and not operation.parents:
        body[interval_of(operation)] = FEBRUARY
    elif "Date" in operation.required:
        body["LedgerTypes"] = operation.all_rows["LedgerTypes"]
        body["Date"] = {"Start": "2026-02-01", "End": "2026-03-01"}
    else:
        for parameter, paths in operation.parents.items():
            rows = sandbox.rows(OPERATIONS[paths[0]].entity)
            most = operation.ids[parameter] or len(rows)
            body[parameter] = [row["Id"] for row in rows][-most:]
    return body


def key_of(operation: Operation, row: Json) -> tuple[Any, ...]:
    """The key of a row, as the stream of the operation has it."""
    key = next(
        each.key
        for each in STREAMS.values()
        if (each.operation, each.rows) == (operation.path, operation.rows)
    )
    return tuple(row[column] for column in key)


READ = {STREAMS[str(vars(each)["name"])].operation for each in TAPPED}
"""The operations that the tap reads, of which there are rows."""


@pytest.fixture(params=[path for path in STANDARD if path in READ - {*WHOLE}])
def operation(request: pytest.FixtureRequest) -> Operation:
    found: Operation = OPERATIONS[request.param]
    return found


@pytest.fixture(scope="module")
def strict() -> Iterator[Api]:
    """One sandbox for many refusals."""
    with Sandbox(properties=2, days=8) as sandbox, Api(sandbox) as api:
        sandbox.limits.requests = 1_000_000
        yield api


def test_every_operation_that_the_tap_reads_is_served() -> None:
    assert {*STANDARD, *WHOLE, *SERIES} >= READ


@pytest.mark.parametrize("path", WHOLE)
def test_what_has_no_pages_comes_whole(api: Api, path: str) -> None:
    known = OPERATIONS[path]
    answer = api.ask(path, {})
    assert answer.keys() == {known.rows, *known.lists}
    assert {each["Code"] for each in answer[str(known.rows)]} == {
        row["Code"] for row in api.sandbox.rows(known.entity)
    }


def test_it_answers_with_its_rows_its_further_lists_and_a_cursor(
    sandbox: Sandbox, api: Api, operation: Operation
) -> None:
    answer = api.ask(operation.path, allowed(sandbox, operation))
    assert answer[str(operation.rows)]
    cursor = {"Cursor"} if operation.cursor else set()
    assert answer.keys() == {operation.rows, *operation.lists, *cursor}
    assert sandbox.journal.breaches == []
    (entry,) = sandbox.journal.requests(operation.path)
    assert (entry.unknown, entry.deprecated) == ([], [])


def test_what_it_does_not_have_is_ignored_and_a_breach(
    sandbox: Sandbox, api: Api, operation: Operation
) -> None:
    body = allowed(sandbox, operation)
    expected = api.ask(operation.path, body)
    odd = {**body, "updatedUtc": None}
    unknown = "updatedUtc"
    if "Limitation" in body:
        odd["Limitation"] = {**body["Limitation"], "Size": 1}
        unknown += ", Limitation.Size"
    assert api.ask(operation.path, odd) == expected
    (breach,) = sandbox.journal.breaches
    assert breach.breach == f"unknown properties: {unknown}"
    sandbox.platform.refuses_unknown = True
    assert api.refused(operation.path, odd) == (400, "Invalid updatedUtc.")


def test_what_mews_advises_against_is_taken_and_noted_but_no_breach(
    sandbox: Sandbox, api: Api, operation: Operation
) -> None:
    body = allowed(sandbox, operation)
    names = [*operation.deprecated_parameters]
    body |= dict.fromkeys(names, FEBRUARY)
    for name, known in operation.lists.items():
        if known.deprecated and "Extent" in body:
            body["Extent"] = {**body["Extent"], name: False}
            names.append(f"Extent.{name}")
    api.ask(operation.path, body)
    (entry,) = sandbox.journal.requests(operation.path)
    assert sorted(entry.deprecated) == sorted(names)
    assert sandbox.journal.breaches == []


def test_lists_of_ids_that_are_empty_or_no_ids_are_refused(
    strict: Api, operation: Operation
) -> None:
    body = allowed(strict.sandbox, operation)
    for name in operation.ids:
        refused = strict.refused(operation.path, {**body, name: []})
        assert refused == (400, f"Invalid {name}.")
        if name.endswith("Ids"):
            refused = strict.refused(operation.path, {**body, name: ["4711"]})
            assert refused == (400, "Invalid JSON.")


def test_one_unknown_id_refuses_the_whole_call(
    strict: Api, operation: Operation
) -> None:
    sandbox = strict.sandbox
    body = allowed(sandbox, operation)
    rows = sandbox.rows(operation.entity)[:1]
    known = [row["Id"] for row in rows if "Id" in row]
    for name, most in operation.ids.items():
        if not name.endswith("Ids"):
            continue
        ids = [str(uuid.uuid4())] if most == 1 else [*known, str(uuid.uuid4())]
        response = strict.post(operation.path, {**body, name: ids})
        if names_rows(sandbox, operation, name):
            assert response.json()["Message"] == f"Invalid {name}."
        else:
            assert response.status_code == 200


def test_ids_are_compared_without_case(api: Api) -> None:
    stay = api.sandbox.rows("Reservation")[0]
    for name, key in (("ReservationIds", "Id"), ("AccountIds", "AccountId")):
        answer = api.ask(STAYS, {**PAGE, name: [stay[key].upper()]})
        assert stay["Id"] in {row["Id"] for row in answer["Reservations"]}


def test_rows_that_are_hidden_by_default_come_with_what_brings_all(
    sandbox: Sandbox, api: Api, operation: Operation
) -> None:
    oddity = hiding(operation)
    row = sandbox.new_row(operation.entity, **oddity)
    if day := next((name for name in ("PostingDate", "Date") if name in row), None):
        row[day] = "2026-02-15"
    if operation.path == "companionships/getAll":
        row["ReservationGroupId"] = sandbox.rows("Reservation")[0]["GroupId"]
    body = allowed(sandbox, operation)
    for parent in parameters.parents(operation.entity):
        if parent.parameter in body:
            row[parent.column] = body[parent.parameter][0]
    sandbox.put(operation.entity, row)
    if interval_of(operation) in body.keys() - {"PostingDate", "Date"}:
        body[interval_of(operation)] = {**FEBRUARY, "EndUtc": "2026-03-02T00:00:00Z"}
    found = []
    for sent in (body, {**body, **operation.all_rows}):
        if "Limitation" in body:
            pages = api.pages(operation.path, sent, 1000)
        else:
            pages = [api.ask(operation.path, sent)[str(operation.rows)]]
        keys = {key_of(operation, each) for page in pages for each in page}
        found.append(key_of(operation, row) in keys)
    assert found == [not oddity, True]


def test_corrective_bills_come_if_bills_are_named(sandbox: Sandbox, api: Api) -> None:
    bill = sandbox.new_row("Bill", CorrectionState="CorrectiveBill")
    sandbox.put("Bill", bill)
    assert len(api.ask(BILLS, {**PAGE, "BillIds": [bill["Id"]]})["Bills"]) == 1


@pytest.mark.days(20)
@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (STAYS, "States", ["Canceled"]),
        (BILLS, "State", "Closed"),
        ("payments/getAll", "Type", "CreditCardPayment"),
        ("orderItems/getAll", "Types", ["CityTax"]),
        ("companies/getAll", "ActivityStates", ["Deleted"]),
    ],
)
def test_members_narrow_the_rows_and_unknown_ones_are_refused(
    api: Api, path: str, name: str, value: object
) -> None:
    operation = OPERATIONS[path]
    sandbox = api.sandbox
    sandbox.put("Company", sandbox.new_row("Company", IsActive=False))
    body = allowed(sandbox, operation)
    key = str(operation.rows)
    rows = api.ask(path, {**body, name: value})[key]
    assert 0 < len(rows) < len(api.ask(path, body)[key])
    wrong = "Lost" if isinstance(value, str) else ["Lost"]
    assert api.refused(path, {**body, name: wrong}) == (400, f"Invalid {name}.")


def test_the_ledger_comes_by_days_and_types(sandbox: Sandbox, api: Api) -> None:
    truth = sandbox.rows("LedgerEntry")
    day = truth[len(truth) // 2]["PostingDate"]
    body = {**PAGE, "PostingDate": {"Start": day, "End": day}, "LedgerTypes": ["Tax"]}
    rows = api.ask(LEDGER, body)["LedgerEntries"]
    assert {row["Id"] for row in rows} == {
        row["Id"]
        for row in truth
        if row["PostingDate"] == day and row["LedgerType"] == "Tax"
    }
    every = {**body, "LedgerTypes": OPERATIONS[LEDGER].all_rows["LedgerTypes"]}
    assert len(api.ask(LEDGER, every)["LedgerEntries"]) > len(rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"LedgerTypes": None}, "Invalid LedgerTypes."),
        ({"LedgerTypes": []}, "Invalid LedgerTypes."),
        ({"LedgerTypes": ["All"]}, "Invalid LedgerTypes."),
        ({"PostingDate": None}, "Invalid PostingDate."),
        ({"PostingDate": {"Start": "2026-02-01"}}, "Invalid PostingDate.End."),
        (
            {"PostingDate": {"Start": "2026-02-02", "End": "2026-02-01"}},
            "Invalid PostingDate.",
        ),
        (
            {"PostingDate": {"Start": "2026-02-01T00:00:00Z", "End": "2026-02-01"}},
            "Invalid PostingDate.Start.",
        ),
    ],
)
def test_the_ledger_wants_types_and_days(api: Api, change: Json, message: str) -> None:
    body = {**allowed(api.sandbox, OPERATIONS[LEDGER]), **change}
    assert api.refused(LEDGER, body) == (400, message)


def test_the_ledger_can_be_absent_short_of_days_and_of_rows(
    sandbox: Sandbox, api: Api
) -> None:
    body = allowed(sandbox, OPERATIONS[LEDGER])
    sandbox.limits.page_caps[LEDGER] = 3
    assert len(api.ask(LEDGER, body)["LedgerEntries"]) == 3
    sandbox.limits.max_interval[LEDGER] = "7D"
    week = {"Start": "2026-02-01", "End": "2026-02-07"}
    api.ask(LEDGER, {**body, "PostingDate": week})
    longer = {**body, "PostingDate": {**week, "End": "2026-02-08"}}
    message = "The interval must not exceed 7D."
    assert api.refused(LEDGER, longer) == (400, message)
    sandbox.access.revoke(LEDGER, 404)
    assert api.refused(LEDGER, body) == (404, "Not found.")
    assert sandbox.journal.breaches == []


def test_bodies_can_be_too_large(sandbox: Sandbox, api: Api) -> None:
    ids = [row["Id"] for row in sandbox.rows("Reservation")]
    sandbox.limits.max_body = 1000
    refused = api.refused(STAYS, {**PAGE, "ReservationIds": ids})
    assert refused == (413, "The request body is too large.")
    assert len(api.ask(STAYS, {**PAGE, "ReservationIds": ids[:9]})["Reservations"]) == 9
    assert sandbox.journal.breaches == []


def test_operations_can_be_taken_away(sandbox: Sandbox, api: Api) -> None:
    sandbox.access.revoke("exports/add")
    assert api.refused("exports/add", {"EntityType": "Bill"}) == SESSION
    sandbox.access.revoke("enterprises/getAll")
    assert api.refused("enterprises/getAll", PAGE) == SESSION
    sandbox.access.revoke("enterprises/getAll", status=403)
    assert api.refused("enterprises/getAll", PAGE)[0] == 403
    sandbox.access.allow("enterprises/getAll")
    assert len(api.ask("enterprises/getAll", PAGE)["Enterprises"]) == 2
    assert sandbox.journal.breaches == []


def test_operations_can_be_taken_away_from_one_property(
    sandbox: Sandbox, api: Api
) -> None:
    closed, opened = sandbox.enterprise_ids
    sandbox.access.revoke(STAYS, enterprise_ids=[closed])
    sandbox.access.revoke("exports/add", enterprise_ids=[closed])
    assert api.refused(STAYS, PAGE) == SESSION
    assert api.refused(STAYS, {**PAGE, "EnterpriseIds": [closed]}) == SESSION
    assert api.ask(STAYS, {**PAGE, "EnterpriseIds": [opened]})["Reservations"]
    bills = {"EntityType": "Bill"}
    assert api.refused("exports/add", bills) == SESSION
    api.add("Bill", Scope={"EnterpriseIds": [opened]})
    api.add("Customer")
    sandbox.access.revoke("exports/add", enterprise_ids=[closed, opened])
    assert api.refused("exports/add", {"EntityType": "Customer"}) == SESSION
    assert sandbox.journal.breaches == []


def test_a_request_under_parents_is_one_about_their_property(
    sandbox: Sandbox, api: Api
) -> None:
    closed, opened = sandbox.enterprise_ids
    sandbox.access.revoke("rates/getAll", enterprise_ids=[closed])
    own, others = (
        [row["Id"] for row in sandbox.rows("Service", [key])]
        for key in (closed, opened)
    )
    assert api.refused("rates/getAll", {**PAGE, "ServiceIds": own + others}) == SESSION
    assert api.ask("rates/getAll", {**PAGE, "ServiceIds": others})["Rates"]


def test_paths_can_be_taken_without_their_case(sandbox: Sandbox, api: Api) -> None:
    assert api.refused("enterprises/getall", PAGE) == (404, "Not found.")
    sandbox.journal.clear()
    sandbox.platform.lenient_paths = True
    assert api.ask("enterprises/getall", PAGE)["Enterprises"]
    assert sandbox.journal.requests("enterprises/getAll")
    assert sandbox.journal.breaches == []
