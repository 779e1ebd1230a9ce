"""Which slices of time are asked for as exports."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.clock import utc_text
from sandbox.faults import Status
from tests.export_harness import ENTITIES, by_exports, spans, truth, windows
from tests.harness import FastClock, Json, moment, records_by_id, select, sync

if TYPE_CHECKING:
    from collections.abc import Sequence

BILLS = select("bills")
LAG = timedelta(minutes=5)


def state_of(bookmark: str) -> Json:
    """A state in which bills are read whole up to a moment."""
    part = {"replication_key": "UpdatedUtc", "replication_key_value": bookmark}
    return {"bookmarks": {"bills": part}}


def test_first_sync_asks_for_everything_in_one_export(sandbox: Sandbox) -> None:
    sync(sandbox.config(), catalog=BILLS).ok()
    assert windows(sandbox) == [None]


def test_first_sync_begins_at_the_start_date(sandbox: Sandbox) -> None:
    sync(sandbox.config(start_date="2026-02-01T10:30:00Z"), catalog=BILLS).ok()
    assert spans(sandbox)[0][0] == moment("2026-02-01T10:30:00Z")


@pytest.mark.parametrize(
    ("start_date", "start"),
    [
        ("2026-02-01", "2026-02-01T00:00:00Z"),
        ("2026-02-01T12:00:00", "2026-02-01T12:00:00Z"),
        ("2026-02-01T12:00:00+02:00", "2026-02-01T10:00:00Z"),
        ("2026-02-01T23:30:00-01:00", "2026-02-02T00:30:00Z"),
        ("2026-02-01T12:00:00.999Z", "2026-02-01T12:00:00Z"),
    ],
)
def test_start_date_is_a_date_or_a_moment_in_any_zone(
    sandbox: Sandbox, start_date: str, start: str
) -> None:
    sync(sandbox.config(start_date=start_date), catalog=BILLS).ok()
    assert spans(sandbox)[0][0] == moment(start)


def test_windows_are_cut_to_export_window_days(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-01-05", export_window_days=20)
    sync(config, catalog=BILLS).ok()
    lengths = [end - start for start, end in spans(sandbox)]
    assert lengths[:-1] == [timedelta(days=20)] * 2
    assert timedelta() < lengths[-1] <= timedelta(days=20)


def test_windows_leave_no_gap(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-01-05", export_window_days=9)
    result = sync(config, catalog=BILLS).ok()
    found = spans(sandbox)
    assert len(found) > 2
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert found[-1][1] == moment(result.bookmark("bills")["replication_key_value"])


def test_windows_are_never_longer_than_mews_allows(sandbox: Sandbox) -> None:
    sync(sandbox.config(start_date="2024-02-28"), catalog=BILLS).ok()
    assert max(end - start for start, end in spans(sandbox)) == timedelta(days=180)


@pytest.mark.parametrize(
    ("settings", "lookback"),
    [({}, 5), ({"lookback_minutes": 0}, 0), ({"lookback_minutes": 90}, 90)],
)
def test_sync_goes_on_from_the_bookmark_less_the_lookback(
    sandbox: Sandbox, settings: Json, lookback: int
) -> None:
    state = state_of("2026-02-20T12:00:00Z")
    sync(sandbox.config(**settings), state, BILLS).ok()
    start = moment("2026-02-20T12:00:00Z") - timedelta(minutes=lookback)
    assert spans(sandbox)[0][0] == start


def test_the_bookmark_counts_more_than_the_start_date(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-02-25", lookback_minutes=0)
    sync(config, state_of("2026-02-20T12:00:00Z"), BILLS).ok()
    assert spans(sandbox)[0][0] == moment("2026-02-20T12:00:00Z")


@pytest.mark.parametrize("year", [2019, 2041])
def test_windows_end_five_minutes_ago_by_the_servers_clock(year: int) -> None:
    start = datetime(year, 3, 1, 6, tzinfo=timezone.utc)
    with Sandbox(properties=1, days=3, start=start) as sandbox:
        before = sandbox.clock.now()
        config = by_exports(sandbox, start_date=f"{year}-02-27")
        sync(config, catalog=BILLS, clock=FastClock(sandbox)).ok()
        after = sandbox.clock.now()
        end = spans(sandbox)[-1][1]
        assert before - LAG - timedelta(minutes=1) <= end <= after - LAG
        assert sandbox.journal.breaches == []


def test_all_streams_end_at_the_same_moment(sandbox: Sandbox, clock: FastClock) -> None:
    updated = sorted(set(ENTITIES) - {"ledger_entries"})
    config = sandbox.config(start_date="2026-01-01", export_window_days=10)
    result = sync(config, catalog=select(*updated), clock=clock).ok()
    assert clock.monotonic() > 1
    ends = {result.bookmark(each)["replication_key_value"] for each in updated}
    assert len(ends) == 1


def test_sync_stops_at_the_end_date(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-02-01", end_date="2026-02-15T12:00:00Z")
    result = sync(config, catalog=BILLS).ok()
    assert spans(sandbox)[-1][1] == moment("2026-02-15T12:00:00Z")
    assert result.bookmark("bills")["replication_key_value"] == "2026-02-15T12:00:00Z"


def test_sync_with_an_end_date_alone_begins_with_the_oldest_property(
    sandbox: Sandbox,
) -> None:
    created = [row["CreatedUtc"] for row in sandbox.rows("Enterprise")]
    sync(sandbox.config(end_date="2026-02-15"), catalog=BILLS).ok()
    assert spans(sandbox)[0][0] <= moment(min(created)) < spans(sandbox)[0][1]


def test_an_end_date_in_the_future_changes_nothing(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-02-01", end_date="2099-01-01")
    sync(config, catalog=BILLS).ok()
    assert spans(sandbox)[-1][1] <= sandbox.clock.now() - LAG


def test_the_next_sync_reads_what_came_after_the_end_date(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-01-01")
    first = sync({**config, "end_date": "2026-02-15"}, catalog=BILLS).ok()
    assert records_by_id("bills", first) != truth(sandbox, "bills")
    second = sync(config, first.state, BILLS).ok()
    assert records_by_id("bills", first, second) == truth(sandbox, "bills")


@pytest.mark.parametrize(
    ("bookmark", "settings"),
    [
        ("2026-02-15T00:00:00Z", {"end_date": "2026-02-15"}),
        ("2026-02-16T00:00:00Z", {"end_date": "2026-02-15"}),
    ],
    ids=["at the end date", "after the end date"],
)
def test_nothing_is_asked_for_when_nothing_is_due(
    sandbox: Sandbox, bookmark: str, settings: Json
) -> None:
    result = sync(sandbox.config(**settings), state_of(bookmark), BILLS).ok()
    assert windows(sandbox) == []
    assert result.bookmark("bills")["replication_key_value"] == bookmark


def test_a_start_date_in_the_future_makes_nothing_due(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(start_date="2027-01-01"), catalog=BILLS).ok()
    assert windows(sandbox) == []
    assert result.records["bills"] == []


def test_rows_from_a_start_date_that_was_in_the_future_come_when_it_has_passed(
    sandbox: Sandbox,
) -> None:
    config = sandbox.config(start_date="2026-03-02")
    first = sync(config, catalog=BILLS).ok()
    sandbox.live_on(timedelta(days=3))
    sandbox.clock.advance(timedelta(minutes=10))
    second = sync(config, first.state, BILLS).ok()
    due = {
        key: row
        for key, row in truth(sandbox, "bills").items()
        if moment(row["UpdatedUtc"]) >= moment("2026-03-02")
    }
    assert due
    assert records_by_id("bills", second) == due


def test_the_bookmark_after_everything_is_when_it_was_asked_for_less_five_minutes(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.exports.force_status["Bill"] = "Processing"
    clock.after(3600, sandbox.exports.force_status.clear)
    asked = sandbox.clock.now()
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    bookmark = moment(result.bookmark("bills")["replication_key_value"])
    assert asked - LAG - timedelta(minutes=1) <= bookmark <= asked - LAG


def rows_around(sandbox: Sandbox, offsets: Sequence[timedelta]) -> list[str]:
    """Put bills that are updated at these distances from now; give their ids."""
    now = sandbox.clock.now().replace(microsecond=0)
    return [
        sandbox.put("Bill", sandbox.new_row("Bill", UpdatedUtc=utc_text(now + each)))[
            "Id"
        ]
        for each in offsets
    ]


def test_rows_that_are_younger_than_five_minutes_come_with_the_next_sync(
    sandbox: Sandbox,
) -> None:
    config = sandbox.config(start_date="2026-02-27")
    young = rows_around(sandbox, [timedelta(), -timedelta(minutes=4)])
    first = sync(config, catalog=BILLS).ok()
    assert not set(young) & set(records_by_id("bills", first))
    sandbox.clock.advance(timedelta(minutes=10))
    second = sync(config, first.state, BILLS).ok()
    assert set(young) <= set(records_by_id("bills", second))


def test_a_row_that_is_committed_late_comes_within_the_lookback(
    sandbox: Sandbox,
) -> None:
    config = sandbox.config(lookback_minutes=60)
    first = sync(config, catalog=BILLS).ok()
    late = rows_around(sandbox, [-timedelta(minutes=50)])
    sandbox.clock.advance(timedelta(minutes=10))
    second = sync(config, first.state, BILLS).ok()
    assert set(late) <= set(records_by_id("bills", second))


@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
def test_rows_on_a_bound_between_two_windows_are_read(
    sandbox: Sandbox, end: str
) -> None:
    sandbox.limits.interval_end = end  # type: ignore[assignment]
    bound = "2026-02-11T00:00:00Z"
    row = sandbox.put("Bill", sandbox.new_row("Bill", UpdatedUtc=bound))
    config = sandbox.config(start_date="2026-02-01", export_window_days=10)
    result = sync(config, catalog=BILLS).ok()
    assert windows(sandbox)[0] == ("2026-02-01T00:00:00Z", bound)
    assert row["Id"] in records_by_id("bills", result)


@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
def test_rows_on_the_bookmark_are_read_without_a_lookback(
    sandbox: Sandbox, end: str
) -> None:
    sandbox.limits.interval_end = end  # type: ignore[assignment]
    bound = "2026-02-11T00:00:00Z"
    row = sandbox.put("Bill", sandbox.new_row("Bill", UpdatedUtc=bound))
    config = sandbox.config(start_date="2026-02-01", lookback_minutes=0)
    first = sync({**config, "end_date": bound}, catalog=BILLS).ok()
    second = sync(config, first.state, BILLS).ok()
    assert row["Id"] in records_by_id("bills", first, second)


def test_an_interval_that_is_refused_without_a_span_is_cut_to_a_day_at_least(
    sandbox: Sandbox,
) -> None:
    refused = Status(400, "Invalid Filters.UpdatedUtc.")
    sandbox.faults.add("exports/add", refused, times=2)
    config = sandbox.config(start_date="2026-02-01", end_date="2026-02-17")
    sync(config, catalog=BILLS).ok()
    assert [(end - start).days for start, end in spans(sandbox)] == [4, 4, 8]
    sandbox.faults.add("exports/add", refused, times=None)
    failed = sync(config, catalog=BILLS)
    assert "Invalid Filters.UpdatedUtc." in str(failed.error)
