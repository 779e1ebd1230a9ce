"""Which posting dates are asked for: ledger entries have no `UpdatedUtc`."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tap_mews.reading.state_form import expanded
from tests.export_harness import by_exports, postings, truth
from tests.harness import FastClock, Json, moment, records_by_id, select, sync
from tests.pages_harness import let_edit

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER = select("ledger_entries")
TODAY = "2026-03-01"
TOMORROW = "2026-03-02"
YESTERDAY = "2026-02-28"


@pytest.fixture
def after_midnight() -> Iterator[Sandbox]:
    """A sandbox whose day has just begun; west of UTC it is still yesterday."""
    start = datetime(2026, 3, 1, 0, 0, 30, tzinfo=timezone.utc)
    with Sandbox(properties=1, days=5, start=start) as sandbox:
        yield sandbox
        assert sandbox.journal.breaches == []


def state_of(bookmark: str) -> Json:
    """A state in which the ledger is read whole up to a date."""
    part = {"replication_key": "PostingDate", "replication_key_value": bookmark}
    return {"bookmarks": {"ledger_entries": part}}


def post(sandbox: Sandbox, day: str) -> str:
    """Post something, and give its id."""
    entry = sandbox.new_row("LedgerEntry", PostingDate=day)
    return str(sandbox.put("LedgerEntry", entry)["Id"])


def test_first_sync_begins_a_year_before_the_oldest_property_was_created(
    sandbox: Sandbox,
) -> None:
    created = min(moment(row["CreatedUtc"]) for row in sandbox.rows("Enterprise"))
    sync(by_exports(sandbox), catalog=LEDGER).ok()
    first = created - timedelta(days=366)
    assert postings(sandbox)[0][0] == first.date().isoformat()


def test_a_property_without_a_likely_date_is_read_from_the_beginning_of_mews(
    sandbox: Sandbox,
) -> None:
    for each in sandbox.rows("Enterprise"):
        sandbox.put("Enterprise", {**each, "CreatedUtc": "0001-01-01T00:00:00Z"})
    sync(by_exports(sandbox), catalog=LEDGER).ok()
    assert postings(sandbox)[0][0] == "2010-12-31"


def test_every_export_of_the_ledger_that_the_state_holds_is_adopted(
    sandbox: Sandbox,
) -> None:
    """Days of posting are complete where they were over when Mews took the export."""
    config = by_exports(sandbox, start_date="2024-01-01")
    first = sync(config, catalog=select("bills", "ledger_entries")).ok()
    waiting = max(first.states, key=lambda state: len(json.dumps(state)))
    jobs = expanded(waiting)["bookmarks"]["ledger_entries"]["exports"]
    assert len(jobs) > 2
    before = len(postings(sandbox))
    second = sync(config, waiting, LEDGER).ok()
    asked = [start for start, _ in postings(sandbox)[before:]]
    assert all(start > jobs[-1]["start"] for start in asked)
    assert records_by_id("ledger_entries", second) == truth(sandbox, "ledger_entries")


def test_first_sync_begins_at_the_start_date(sandbox: Sandbox) -> None:
    sync(by_exports(sandbox, start_date="2026-02-10T15:00:00Z"), catalog=LEDGER).ok()
    assert postings(sandbox)[0][0] == "2026-02-10"


def test_sync_reads_until_tomorrow(sandbox: Sandbox) -> None:
    sync(by_exports(sandbox), catalog=LEDGER).ok()
    assert postings(sandbox)[-1][1] == TOMORROW


def test_sync_stops_at_the_end_date(sandbox: Sandbox) -> None:
    config = by_exports(sandbox, end_date="2026-02-20T15:00:00Z")
    result = sync(config, catalog=LEDGER).ok()
    assert postings(sandbox)[-1][1] == "2026-02-20"
    assert result.bookmark("ledger_entries")["replication_key_value"] == "2026-02-20"


def test_a_single_day_can_be_read(sandbox: Sandbox) -> None:
    config = by_exports(
        sandbox, start_date="2026-02-20", end_date="2026-02-20T15:00:00Z"
    )
    result = sync(config, catalog=LEDGER).ok()
    assert {row["PostingDate"] for row in result.records["ledger_entries"]} == {
        "2026-02-20",
    }


@pytest.mark.parametrize(
    ("settings", "editable", "start"),
    [
        ({}, 0, "2026-02-13"),
        ({"ledger_lookback_days": 0}, 0, "2026-02-20"),
        ({"ledger_lookback_days": 30}, 10, "2026-01-21"),
        ({"ledger_lookback_days": 0}, 10, "2026-02-10"),
    ],
)
def test_sync_goes_on_from_the_bookmark_less_the_lookback(
    sandbox: Sandbox, settings: Json, editable: int, start: str
) -> None:
    let_edit(sandbox, editable)
    sync(by_exports(sandbox, **settings), state_of("2026-02-20"), LEDGER).ok()
    assert postings(sandbox)[0][0] == start


def test_an_entry_that_is_posted_late_to_a_day_that_can_be_edited_arrives(
    sandbox: Sandbox,
) -> None:
    let_edit(sandbox, days=25)
    first = sync(by_exports(sandbox), catalog=LEDGER).ok()
    late = {**sandbox.new_row("LedgerEntry"), "PostingDate": "2026-02-06"}
    sandbox.put("LedgerEntry", late)
    second = sync(by_exports(sandbox), first.state, LEDGER).ok()
    assert late["Id"] in records_by_id("ledger_entries", second)


def test_windows_share_no_day_and_leave_none_out(sandbox: Sandbox) -> None:
    config = by_exports(sandbox, start_date="2026-02-01", export_window_days=9)
    sync(config, catalog=LEDGER).ok()
    found = [
        (date.fromisoformat(start), date.fromisoformat(end))
        for start, end in postings(sandbox)
    ]
    assert len(found) == 4
    assert all(
        after[0] - before[1] == timedelta(days=1) for before, after in pairwise(found)
    )


def test_windows_have_at_most_export_window_days(sandbox: Sandbox) -> None:
    config = by_exports(sandbox, start_date="2026-02-01", export_window_days=9)
    sync(config, catalog=LEDGER).ok()
    days = [
        (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
        for start, end in postings(sandbox)
    ]
    assert days == [9, 9, 9, 3]


def test_a_window_can_be_a_single_day(sandbox: Sandbox) -> None:
    config = by_exports(sandbox, start_date="2026-02-26", export_window_days=1)
    sync(config, catalog=LEDGER).ok()
    assert postings(sandbox) == [
        (day, day) for day in ("2026-02-26", "2026-02-27", YESTERDAY, TODAY, TOMORROW)
    ]


def test_rows_are_read_once_where_windows_meet(sandbox: Sandbox) -> None:
    config = by_exports(sandbox, export_window_days=4)
    result = sync(config, catalog=LEDGER).ok()
    ids = [row["Id"] for row in result.records["ledger_entries"]]
    assert len(ids) == len(set(ids))
    assert records_by_id("ledger_entries", result) == truth(sandbox, "ledger_entries")


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_what_is_posted_later_today_comes_with_the_next_sync(
    sandbox: Sandbox, day: str
) -> None:
    config = by_exports(sandbox, ledger_lookback_days=0)
    first = sync(config, catalog=LEDGER).ok()
    late = post(sandbox, day)
    second = sync(config, first.state, LEDGER).ok()
    assert late in records_by_id("ledger_entries", second)


def test_what_is_posted_later_west_of_utc_comes_with_the_next_sync(
    after_midnight: Sandbox,
) -> None:
    config = by_exports(after_midnight, ledger_lookback_days=0)
    first = sync(config, catalog=LEDGER).ok()
    late = post(after_midnight, YESTERDAY)
    second = sync(config, first.state, LEDGER).ok()
    assert late in records_by_id("ledger_entries", second)


def test_what_is_posted_after_an_adopted_export_was_added_is_not_missed(
    sandbox: Sandbox, clock: FastClock
) -> None:
    config = by_exports(sandbox, ledger_lookback_days=0, export_timeout_minutes=60)
    sandbox.exports.force_status["LedgerEntry"] = "Pending"
    first = sync(config, catalog=LEDGER, clock=clock)
    assert first.error
    sandbox.exports.force_status.clear()
    late = post(sandbox, TODAY)
    sandbox.clock.advance(timedelta(days=2))
    second = sync(config, first.state, LEDGER).ok()
    third = sync(config, second.state, LEDGER).ok()
    assert late in records_by_id("ledger_entries", second, third)


def test_what_is_backdated_comes_within_the_lookback(sandbox: Sandbox) -> None:
    first = sync(by_exports(sandbox), catalog=LEDGER).ok()
    late = post(sandbox, "2026-02-23")
    second = sync(by_exports(sandbox), first.state, LEDGER).ok()
    assert late in records_by_id("ledger_entries", second)


def test_without_a_list_of_properties_everything_is_read_all_the_same(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke("enterprises/getAll")
    result = sync(by_exports(sandbox), catalog=LEDGER).ok()
    assert records_by_id("ledger_entries", result) == truth(sandbox, "ledger_entries")


def test_a_start_date_makes_up_for_the_list_of_properties(sandbox: Sandbox) -> None:
    sandbox.access.revoke("enterprises/getAll")
    sync(by_exports(sandbox, start_date="2026-02-20"), catalog=LEDGER).ok()
    assert postings(sandbox) == [("2026-02-20", TOMORROW)]
