"""Export jobs: their life, their snapshot, their files."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sandbox.clock import utc_text

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.sandbox.api import Api

Json = dict[str, Any]

NEVER = "0f1e2d3c-4b5a-4697-8877-66554433221f"
ENTITIES = [
    "OrderItem",
    "Payment",
    "Reservation",
    "Customer",
    "Company",
    "Bill",
    "AvailabilityAdjustment",
    "AvailabilityBlock",
    "ResourceBlock",
]


def posting(start: str, end: str) -> Json:
    return {"LedgerEntryFilters": {"Posting": {"Start": start, "End": end}}}


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_export_without_filters_holds_every_row(api: Api, entity: str) -> None:
    lines = api.lines(api.add(entity))
    assert sorted(lines) == sorted(api.sandbox.lines(entity, served=True))
    assert api.sandbox.journal.breaches == []


def test_ledger_entries_are_exported_by_posting_date(api: Api) -> None:
    filters = posting("2026-02-10", "2026-02-20")
    lines = api.lines(api.add("LedgerEntry", Filters=filters))
    days = [json.loads(line)["PostingDate"] for line in lines]
    assert min(days) == "2026-02-10"
    assert max(days) == "2026-02-20"
    truth = [
        row
        for row in api.sandbox.rows("LedgerEntry")
        if "2026-02-10" <= row["PostingDate"] <= "2026-02-20"
    ]
    assert len(lines) == len(truth)


def test_a_job_runs_through_its_states(sandbox: Sandbox, api: Api) -> None:
    sandbox.exports.seconds = {"Bill": 0.3}
    job = api.add("Bill")
    seen: list[str] = []
    while not seen or seen[-1] != "Success":
        status = api.shown(job)["Status"]
        if status not in seen:
            seen.append(status)
            assert status == "Success" or api.shown(job)["Files"] == []
        time.sleep(0.02)
    assert seen == ["Pending", "Processing", "Success"]


def test_a_finished_job_shows_what_was_asked(api: Api) -> None:
    scope = {"EnterpriseIds": api.sandbox.enterprise_ids[1:]}
    window = {"StartUtc": "2026-02-10T00:00:00Z", "EndUtc": "2026-02-11T00:00:00Z"}
    job = api.add("Bill", Scope=scope, Filters={"UpdatedUtc": window})
    shown = api.shown(job)
    assert shown["EntityType"] == "Bill"
    assert shown["Scope"] == {**scope, "ChainIds": None}
    assert shown["Filters"] == {"UpdatedUtc": window, "LedgerEntryFilters": None}
    assert shown["ExpiresUtc"] == "2026-03-08T06:00:00Z"


def test_scope_and_window_narrow_the_rows(sandbox: Sandbox, api: Api) -> None:
    window = {"StartUtc": "2026-02-10T00:00:00Z", "EndUtc": "2026-02-20T00:00:00Z"}
    hotel = sandbox.enterprise_ids[1:]
    job = api.add(
        "Reservation",
        Scope={"EnterpriseIds": hotel},
        Filters={"UpdatedUtc": window},
    )
    found = {json.loads(line)["Id"] for line in api.lines(job)}
    truth = {
        row["Id"]
        for row in sandbox.rows("Reservation", hotel)
        if window["StartUtc"] <= row["UpdatedUtc"] <= window["EndUtc"]
    }
    assert found == truth
    assert found


@pytest.mark.parametrize(
    ("interval_end", "found"),
    [("exclusive", [False, True, True]), ("inclusive", [True, True, True])],
)
def test_windows_hold_their_start_and_by_an_older_page_their_end(
    sandbox: Sandbox,
    api: Api,
    interval_end: Literal["inclusive", "exclusive"],
    found: list[bool],
) -> None:
    sandbox.limits.interval_end = interval_end
    row = sandbox.new_row("Bill", UpdatedUtc="2026-01-02T00:00:00Z")
    sandbox.put("Bill", row)
    seen = []
    for first, last in ((1, 2), (2, 3), (2, 2)):
        start, end = f"2026-01-0{first}T00:00:00Z", f"2026-01-0{last}T00:00:00Z"
        window = {"StartUtc": start, "EndUtc": end}
        lines = api.lines(api.add("Bill", Filters={"UpdatedUtc": window}))
        seen.append(row["Id"] in {json.loads(line)["Id"] for line in lines})
    assert seen == found


def test_a_job_without_scope_lists_what_it_covers_or_nothing(
    sandbox: Sandbox, api: Api
) -> None:
    shown = api.shown(api.add("Customer"))
    assert shown["Scope"] == {"ChainIds": sandbox.chain_ids, "EnterpriseIds": None}
    sandbox.exports.names_scope = False
    shown = api.shown(api.add("Customer"))
    assert shown["Scope"] == {"ChainIds": None, "EnterpriseIds": None}


def test_the_data_are_those_of_the_moment_the_job_was_added(
    sandbox: Sandbox, api: Api
) -> None:
    before = sandbox.lines("Reservation", served=True)
    job = api.add("Reservation")
    sandbox.live_on(timedelta(days=1))
    assert sandbox.lines("Reservation", served=True) != before
    assert sorted(api.lines(job)) == sorted(before)


def test_one_job_of_a_type_runs_at_a_time(sandbox: Sandbox, api: Api) -> None:
    sandbox.exports.seconds = 100
    api.add("Bill")
    api.add("Payment")
    assert api.refused("exports/add", {"EntityType": "Bill"}) == (
        400,
        "An export of Bill is already pending or processing.",
    )
    api.envelope["AccessToken"] = sandbox.access.grant(sandbox.enterprise_ids)
    api.add("Bill")
    assert sandbox.journal.breaches == []


def test_jobs_can_fail(sandbox: Sandbox, api: Api) -> None:
    sandbox.exports.fail_next["Bill"] = 1
    shown = api.shown(api.add("Bill"))
    assert (shown["Status"], shown["Files"]) == ("Failed", [])
    assert api.shown(api.add("Bill"))["Status"] == "Success"


def test_a_status_can_be_forced(sandbox: Sandbox, api: Api) -> None:
    first, second = api.add("Bill"), api.add("Bill")
    sandbox.exports.force_status = {first: "Paused", "Payment": "Lost"}
    assert api.shown(first)["Status"] == "Paused"
    assert api.shown(second)["Status"] == "Success"
    assert api.shown(api.add("Payment"))["Status"] == "Lost"


def test_unknown_jobs_are_left_out(sandbox: Sandbox, api: Api) -> None:
    known, lost = api.add("Bill"), api.add("Payment")
    sandbox.exports.forget(lost)
    answer = api.ask("exports/getAll", {"ExportIds": [known, lost, NEVER]})
    assert [job["Id"] for job in answer["Exports"]] == [known]
    api.envelope["AccessToken"] = sandbox.access.grant(None)
    assert api.ask("exports/getAll", {"ExportIds": [known]}) == {"Exports": []}


def test_jobs_expire_after_a_week(sandbox: Sandbox, api: Api) -> None:
    job = api.add("Bill")
    sandbox.clock.advance(timedelta(days=7))
    (file,) = api.shown(job)["Files"] or [{"Url": ""}]
    sandbox.clock.advance(timedelta(minutes=1))
    shown = api.shown(job)
    assert (shown["Status"], shown["Files"]) == ("Expired", [])
    assert shown["ExpiresUtc"] < utc_text(sandbox.clock.now())
    assert not file["Url"] or api.get(file["Url"]).status_code == 404


def test_links_are_new_each_time_and_work_for_ten_minutes(
    sandbox: Sandbox, api: Api
) -> None:
    job = api.add("Bill")
    first, second = (api.shown(job)["Files"][0]["Url"] for _ in range(2))
    assert first != second
    sandbox.clock.advance(timedelta(minutes=9))
    assert api.get(first).status_code == 200
    sandbox.clock.advance(timedelta(minutes=1))
    assert api.get(first).status_code == 403
    assert api.get(first.partition("?")[0]).status_code == 403
    assert api.get(api.shown(job)["Files"][0]["Url"]).status_code == 200


def test_files_have_so_many_rows_in_no_order(sandbox: Sandbox, api: Api) -> None:
    sandbox.exports.rows_per_file = 10
    job = api.add("Reservation")
    sizes = [
        len(api.get(file["Url"]).content.splitlines())
        for file in api.shown(job)["Files"]
    ]
    assert sum(sizes) == len(sandbox.rows("Reservation"))
    assert max(sizes) == 10
    assert api.lines(job) != sandbox.lines("Reservation", served=True)
    assert api.lines(job) == api.lines(job)
    sandbox.exports.shuffled = False
    assert api.lines(api.add("Reservation")) == sandbox.lines(
        "Reservation", served=True
    )


def test_files_can_come_in_another_order_each_time(sandbox: Sandbox, api: Api) -> None:
    sandbox.exports.rows_per_file = 5
    sandbox.exports.shuffled_files = True
    job = api.add("OrderItem")
    orders = [
        tuple(file["Url"].partition("?")[0] for file in api.shown(job)["Files"])
        for _ in range(3)
    ]
    assert len(set(orders)) > 1
    assert len({frozenset(order) for order in orders}) == 1


@pytest.mark.parametrize("final", [True, False])
def test_the_last_newline_can_be_missing(
    sandbox: Sandbox, api: Api, *, final: bool
) -> None:
    sandbox.exports.final_newline = final
    (file,) = api.shown(api.add("Bill"))["Files"]
    assert api.get(file["Url"]).content.endswith(b"\n") is final


def test_a_job_without_rows_has_no_file_or_an_empty_one(
    sandbox: Sandbox, api: Api
) -> None:
    moment = {"StartUtc": "2020-01-01T00:00:00Z", "EndUtc": "2020-01-01T00:00:00Z"}
    assert api.shown(api.add("Bill", Filters={"UpdatedUtc": moment}))["Files"] == []
    sandbox.exports.empty = "empty file"
    job = api.add("Bill", Filters={"UpdatedUtc": moment})
    (file,) = api.shown(job)["Files"]
    assert file["SizeInBytes"] == 0
    assert api.get(file["Url"]).content == b""


def test_lines_can_be_anything(sandbox: Sandbox, api: Api) -> None:
    lines = [b"{", b"[]", b'{"Id": "\xff"}', b""]
    sandbox.exports.lines["Bill"] = lines
    assert api.lines(api.add("Bill")) == lines
    sandbox.exports.lines["Bill"] = []
    assert api.shown(api.add("Bill"))["Files"] == []


def test_files_can_lie_on_disk(sandbox: Sandbox, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "bills.jsonl"
    path.write_bytes(b'{"Id": "1"}\n' * 5)
    sandbox.exports.files["Bill"] = [path, b"", b'{"Id": "2"}\n']
    job = api.add("Bill")
    assert len(api.lines(job)) == 6
    url = api.shown(job)["Files"][0]["Url"]
    assert api.get(url, Range="bytes=48-").content == b'{"Id": "1"}\n'
